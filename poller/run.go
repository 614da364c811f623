package poller

import (
	"fmt"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Run makes a hub on the calling goroutine, runs main as its first task, and the tasks that
// it starts, in turn, until main returns. Then the remaining tasks are killed, so that
// their deferred calls run, and the hub's connections and files are closed. Run blocks the
// goroutine that long; other goroutines are not affected, and each may have a Run of its
// own.
//
// It returns nil if main returned; the *PanicError if main panicked; ErrKilled if something
// killed main; ErrRunning, without calling main, if the goroutine is in Run already; or the
// system's error if a hub cannot be made; or, in a bubble of testing/synctest, an error, at
// once: a hub waits for the system, which is not the durable blocking that moves a bubble's
// clock, so no timer would ever fire (see Simulate for tests with a clock of their own). A
// task that could not be killed, because it recovers and parks for ever, is left behind
// with its stack; that is an error too.
func Run(main func()) error { return Options{}.Run(main) }

// Options are the settings of a Run. Run uses the zero Options.
type Options struct {
	// TimeSlice is how long a task may run before it yields to other ready tasks, see
	// Checkpoint. 0 stands for 10 ms; a negative one turns this off.
	TimeSlice time.Duration

	// MonitorAfter, if it is positive, is how long a task may run without a switch before
	// OnStall is called, see Stall.
	MonitorAfter time.Duration

	// OnStall is called for tasks that have not switched for longer than MonitorAfter. It
	// is called on a goroutine of its own, while the task goes on; until it returns, the
	// hub notices neither stalls nor the ends of time slices. If it is nil, the stall is
	// printed to standard error.
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
}

// Run is the function Run with options.
func (o Options) Run(main func()) error { return o.forSched().Run(main) }

// forSched converts o to the type of package sched.
func (o Options) forSched() sched.Options {
	report := o.OnStall
	if report == nil {
		report = func(s Stall) { fmt.Fprintln(os.Stderr, s) }
	}
	return sched.Options{
		TimeSlice:    o.TimeSlice,
		MonitorAfter: o.MonitorAfter,
		OnStall:      func(s sched.Stall) { report(Stall{(*Task)(s.Task), s.For, s.Stack}) },
		Labels:       o.Labels,
	}
}
