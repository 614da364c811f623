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
	"github.com/stackful-go/stackful/poller/patch"
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
// Not guaranteed: that a deadlock is noticed. It is not in the portable backend, in tests, and
// with signal.Notify. In a program that `stackful build` has built, waits for channels and in
// package sync count, too; tasks that wait in package sync are left behind then.
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

	// Preempt has tasks preempted, as goroutines are: a task whose time slice is over yields at the
	// next safe point even if it calls nothing, and one yields at once when a task of higher priority (see
	// Task.SetPriority) becomes ready. It needs a program that `stackful build` has built; Run returns
	// patch.ErrNotPatched in others. Tasks may then be interleaved anywhere in their own code: what they share needs
	// locks, as between goroutines; a sync.Mutex parks. Calls of this package are not interrupted.
	// The race detector reports no race between two tasks of a Run, as it takes the order in which they run for one that
	// the program has made. See docs/preemption.md.
	Preempt bool

	// AdoptGo has a go statement that a task executes start a task of the same hub in place of a
	// goroutine: so code that was not written for tasks, such as the server of net/http, runs
	// on the one goroutine, too. It needs a program that `stackful build` has built: in others Run returns the
	// error of patch.Require, without calling main.
	//
	// Such a task is one as Go starts it, but that it ends as a goroutine does: a panic that it does
	// not recover ends the program, and runtime.Goexit ends it alone, and not the Run. When main returns it is
	// killed as the others are. Its panic is not one for the function of SetErrorHandler. Dump says where the
	// go statement is. runtime.Gosched lets other tasks run, too. Not guaranteed: where tasks wait in the runtime, the
	// one that was woken last runs next, as with Go's scheduler, and the others in the order in which they became ready.
	//
	// Still goroutines are those that packages runtime, runtime/... and os/signal start, and package net for C's
	// resolver, as they block their thread; those whose go statement is not executed by a task, as in
	// functions of time.AfterFunc and context.AfterFunc, which have goroutines of their own, in those of Await, and in
	// C's callbacks; and those in a bubble of testing/synctest.
	AdoptGo bool

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
	if o.Preempt || o.AdoptGo {
		if err := patch.Require(); err != nil {
			return fmt.Errorf("poller: Options.Preempt and AdoptGo: %w", err)
		}
	}
	return o.forSched().Run(main)
}

// tellPortable says, once, that switches are slow here.
func tellPortable(b stackful.BackendInfo) {
	if !stackful.AskedPortable() {
		toldPortable.Do(func() {
			fmt.Fprintf(os.Stderr, "poller: tasks run on the portable backend (%s): a switch is one of goroutines. See docs/stability.md; "+
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
		Preempt:      o.Preempt,
		AdoptGo:      o.AdoptGo,
	}
}
