package poller

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Run makes a hub on the calling goroutine, runs main as its first task, and the tasks that
// it starts, in turn, until main returns. Then the remaining tasks are killed, so that
// their deferred calls run, and the hub's connections and files are closed. Run blocks the
// goroutine that long; other goroutines are not affected, and each may have a Run of its
// own.
//
// It returns nil if main returned; the *PanicError if main panicked; ErrKilled if something
// killed main; a *DeadlockError, after the tasks were killed, if all of them wait for each
// other, and no other goroutine and no timer of the process could end that; ErrRunning,
// without calling main, if the goroutine is in Run already; or the system's error if a hub
// cannot be made; or, in a bubble of testing/synctest, an error, at once: a hub waits for
// the system, which is not the durable blocking that moves a bubble's clock, so no timer
// would ever fire (see Simulate for tests with a clock of their own). A task that could not
// be killed, because it recovers and parks for ever, is left behind with its stack; that is
// an error too.
//
// Not guaranteed: that a deadlock is noticed. It is not in the portable backend, in tests,
// with signal.Notify, and while a task waits in package runtime, for a channel or a
// sync.Mutex, as it can in a program that `stackful build` has built.
func Run(main func()) error { return Options{}.Run(main) }

// RunErr is Run for a main that returns an error: the result is main's error; if there is also one
// of Run, the two joined.
func RunErr(main func() error) error { return Options{}.RunErr(main) }

// Options are the settings of a Run. Run uses the zero Options.
type Options struct {
	// TimeSlice is how long a task may run before it yields to other ready tasks, see
	// Checkpoint. 0 stands for 10 ms; a negative one turns this off.
	TimeSlice time.Duration

	// MonitorAfter is how long a task may run without a switch before OnStall is called,
	// see Stall. 0 stands for a second; a negative one turns this off.
	MonitorAfter time.Duration

	// OnStall is called for tasks that have not switched for longer than MonitorAfter, and
	// again, while it lasts, whenever the time has doubled. It is called on a goroutine of
	// its own, while the task goes on; until it returns, the hub notices neither stalls nor
	// the ends of time slices. If it is nil, the stall is printed to standard error, with a
	// remedy.
	OnStall func(Stall)

	// Labels gives each task profiler labels of its own, those of runtime/pprof, under
	// which profiles list it: labels that pprof.Do or pprof.SetGoroutineLabels sets in a
	// task apply to that task while it runs, to its calls of Await, and to the tasks and
	// goroutines that it starts from then on. Without Labels they apply to everything that
	// runs on the goroutine.
	//
	// A task without such labels has the label "task" with its name if SetName has given it
	// one, as it has main. Other tasks do not inherit that. Between tasks the hub has the
	// labels with which Run was called; main inherits these.
	//
	// It makes a switch half as slow again (BenchmarkYieldLabels). Goroutine profiles show
	// parked tasks without labels. In the portable backend only a name that was set before
	// the task's start becomes a label. With a Go release that this package does not know,
	// Labels does nothing.
	Labels bool

	// RequireNative makes Run return an *UnsupportedError, without calling main, where the
	// portable backend runs: see stackful.Backend. Otherwise the first Run of the process
	// says so on standard error, unless build tag stackful_portable asks for that backend.
	RequireNative bool
}

// defaultMonitorAfter is what a MonitorAfter of 0 stands for.
const defaultMonitorAfter = time.Second

// Run is the function Run with options.
func (o Options) Run(main func()) error {
	if b := stackful.Backend(); !b.Native {
		if o.RequireNative {
			return fault.Unsupported("the native backend (" + b.Reason + ")")
		}
		tellPortable(b)
	}
	return o.forSched().Run(main)
}

// tellPortable says, once, that switches are slow here.
func tellPortable(b stackful.BackendInfo) {
	if !stackful.AskedPortable() {
		toldPortable.Do(func() {
			fmt.Fprintf(os.Stderr, "poller: tasks run on the portable backend (%s): a switch takes microseconds. See docs/stability.md; "+
				"Options.RequireNative makes this an error, build tag stackful_portable silences it\n", b.Reason)
		})
	}
}

var toldPortable sync.Once

// RunErr is the function RunErr with options.
func (o Options) RunErr(main func() error) error {
	if main == nil {
		fault.Usage("RunErr of a nil function")
	}
	var err error
	runErr := o.Run(func() { sched.NoteEntry(main); err = main() })
	switch {
	case runErr == nil:
		return err
	case err == nil:
		return runErr
	}
	return errors.Join(err, runErr)
}

// forSched converts o to the type of package sched.
func (o Options) forSched() sched.Options {
	report := o.OnStall
	if report == nil {
		report = func(s Stall) { fmt.Fprintln(os.Stderr, s) }
	}
	switch {
	case o.MonitorAfter == 0:
		o.MonitorAfter = defaultMonitorAfter
	case o.MonitorAfter < 0:
		o.MonitorAfter = 0
	}
	return sched.Options{
		TimeSlice:    o.TimeSlice,
		MonitorAfter: o.MonitorAfter,
		OnStall:      func(s sched.Stall) { report(Stall{(*Task)(s.Task), s.For, s.Stack}) },
		Labels:       o.Labels,
	}
}
