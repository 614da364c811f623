// Package sim runs a test of the program that imports it in a simulation (poller.Simulate), if the process was started for
// that by
//
//	stackful test -sim ./pkg
//
// which links it to test binaries that know nothing of it. Each run of a test with a seed is a process of its own. In other
// processes it does nothing.
//
// The whole of the test is in the simulation, as its first task: its subtests, its cleanups, and its report. What TestMain
// and functions of init do is outside. The repository's docs/simulation.md says more.
package sim

import (
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"
	"unsafe" // for linkname, too

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/internal/simrun"
	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timeline"
	"github.com/stackful-go/stackful/poller/patch"
)

// A tests is testing.stackfulTests of the patched package testing.
type tests struct {
	version int
	Run     func(test func(), entry unsafe.Pointer, fail func(text string))
	Sub     func(entry unsafe.Pointer)
	Ended   func(failed, skipped bool, output string)
}

//go:linkname table testing.stackfulTable
var table *tests

const version = 1

// isSim tells the patched runtime, before any code runs, that this program can be the process of a simulation.
//
//go:linkname isSim runtime.stackfulIsSim
var isSim = true

func init() {
	text, ok := os.LookupEnv(simrun.Variable)
	if !ok {
		return
	}
	os.Unsetenv(simrun.Variable) // not for processes that the test starts
	if err := begin(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

// begin has package testing run its first test in a simulation.
func begin(text string) error {
	if err := patch.Require(); err != nil {
		return err
	}
	if table == nil || table.version != version {
		return fmt.Errorf("package testing is not patched, or by another version of stackful")
	}
	order, err := simrun.Parse(text)
	if err != nil {
		return err
	}
	if order.Date != 0 {
		sched.SetVirtualEpoch(time.Unix(order.Date, 0))
	}
	r := &run{seed: order.Seed, allowed: order.Allow, logFrom: order.LogFrom}
	if r.page, err = simrun.MapPage(order.Result); err != nil {
		return err
	}
	if order.Log != "" {
		if r.log, err = simrun.NewWriter(order.Log, order.MostLog); err != nil {
			return err
		}
	}
	if order.Timeline != "" {
		w, err := simrun.NewWriter(order.Timeline, order.MostLog)
		if err != nil {
			return err
		}
		r.timeline = timeline.New(w, 0)
		r.timeline.Title = fmt.Sprintf("seed %d", order.Seed)
	}
	table.Run, table.Sub, table.Ended = r.simulate, sched.SetEntry, r.ended
	runtimepatch.Install(func(h *runtimepatch.Hooks) { h.Quit = tellStacks })
	return nil
}

// tellStacks is what SIGQUIT does, which ends a run that takes too long. The runtime itself gives the goroutines of
// other threads some milliseconds to stop, and prints no stack of one that has not: on a busy machine that is the stack that
// is looked for. Where a goroutine cannot be preempted tellStacks waits for ever, and a second signal has the runtime end
// the process.
func tellStacks() {
	os.Stderr.WriteString("SIGQUIT: quit\n\n")
	pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
	os.Exit(2)
}

// A run is what this process is for. All but page belongs to the simulation's goroutine.
type run struct {
	seed     uint64
	allowed  []string // operations that are not refused
	page     *simrun.Page
	log      *simrun.Writer     // nil: there is none, any more
	logFrom  uint64             // the switch with which it begins
	timeline *timeline.Timeline // nil: there is none
	sim      *poller.Sim
	v        *sched.Virtual
	isOver   bool // the test has ended
}

// simulate is tests.Run. It does not return once the simulation has begun: what its tasks were doing when the test ended
// they do for ever, as goroutines at the end of a program. So the deferred calls of those that are left do not run.
func (r *run) simulate(test func(), entry unsafe.Pointer, fail func(text string)) {
	err := poller.Simulate(r.seed, func(s *poller.Sim) {
		r.sim, r.v = s, sched.VirtualHere()
		sched.SetEntry(entry)
		r.v.MainEndsAsGo()
		s.Allow(r.allowed...)
		r.observe(fail)
		r.page.State = simrun.Running
		defer func() {
			if r.isOver { // it has returned, or called FailNow or SkipNow
				halt()
			}
		}()
		test()
	})
	fail(fmt.Sprintf("the simulation could not begin: %v", err))
}

// halt stops the simulation, and its goroutine.
func halt() {
	runtimepatch.Block()
	select {}
}

// observe has the course of the simulation written down.
func (r *run) observe(fail func(text string)) {
	r.v.Observer = sched.VirtualObserver{
		Switches: r.note,
		Failed: func(err error) {
			r.note()
			r.page.SetText(err.Error())
			r.page.State = simrun.Broken
			text, _, _ := strings.Cut(err.Error(), "\n")
			r.v.Tell("the simulation ends: %s", text)
			r.endTimeline()
			runtimepatch.Block()
			fail(err.Error())
			select {}
		},
	}
	if r.log != nil {
		r.setTrace()
	}
	switch {
	case r.timeline != nil:
		r.v.Observe(func(h *sched.Hub, steps []sched.Step) {
			if r.timeline != nil {
				r.timeline.Write(h, steps, 0)
				r.timeline.Flush()
			}
		})
	case r.log != nil:
		r.v.Observe(nil)
	}
}

// setTrace turns the log on when it is to begin, and off when it is full: to make the text takes longer than all else.
func (r *run) setTrace() {
	switch {
	case r.log.Err() != nil:
		r.log = nil
		r.sim.SetTrace(nil)
	case uint64(r.v.Switches) >= r.logFrom && r.v.Trace.W == nil:
		r.sim.SetTrace(r.log)
		if r.logFrom > 0 {
			r.v.TellTasks()
		}
	}
}

// note writes down how far the simulation has come.
func (r *run) note() {
	if r.log != nil {
		r.setTrace()
	}
	r.page.Hash, r.page.Switches, r.page.Passed = r.v.Trace.Hash, uint64(r.v.Switches), int64(r.v.Passed())
}

// ended is tests.Ended.
func (r *run) ended(failed, skipped bool, output string) {
	r.note()
	r.page.Failed, r.page.Skipped, r.page.Left = failed, skipped, uint32(r.v.OtherTasks())
	r.page.SetText(output)
	r.page.State = simrun.Ended
	r.v.Tell("the test ends")
	r.v.TellTasks()
	r.sim.SetTrace(nil)
	r.endTimeline()
	r.v.Observer = sched.VirtualObserver{}
	r.isOver = true
}

// endTimeline completes the timeline.
func (r *run) endTimeline() {
	if r.timeline != nil {
		r.timeline.End(0)
		r.timeline = nil
	}
}
