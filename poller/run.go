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

// Run makes a hub on the calling goroutine, runs main as its first task, and the
// tasks that it starts, in turn, until main returns. Then the remaining tasks
// are killed, so that their deferred calls run, and what was opened on the hub
// is closed. Run blocks the goroutine that long; other goroutines are not
// affected, and each may have a Run of its own.
//
// It returns nil if main returned; the *PanicError if main panicked; ErrKilled
// if something killed main; a *DeadlockError, after the tasks were killed, if all of them wait for
// each other, and no other goroutine and no timer of the process could end that (not guaranteed:
// in the portable backend, in tests and with signal.Notify it is not noticed); ErrRunning, without calling main, if the goroutine
// is in Run already; or what the system said when it refused to make a hub; or, in a
// bubble of testing/synctest, an error that says so, at once: a hub waits for the system,
// which is not the durable blocking that moves a bubble's clock, so no timer would ever
// fire (see Simulate for tests with a clock of their own). A task that could not be killed, because it recovers and parks for ever, is left
// behind with its stack; that is an error too.
func Run(main func()) error { return Options{}.Run(main) }

// RunErr is Run for a main that returns an error: the result is main's error; if there is also one
// of Run, the two joined.
func RunErr(main func() error) error { return Options{}.RunErr(main) }

// Options are what can be chosen for a Run. The zero Options is what Run uses.
type Options struct {
	// TimeSlice is how long a task may run before it gives way to others that are
	// ready, see Checkpoint. 0 stands for 10 ms; a negative one turns this off.
	TimeSlice time.Duration

	// MonitorAfter is how long a task may run without a switch before OnStall is told,
	// see Stall. 0 stands for a second; a negative one turns this off.
	MonitorAfter time.Duration

	// OnStall is told of tasks that have not switched for longer than MonitorAfter, and
	// again, while it lasts, whenever the time has doubled. It is called on a goroutine of
	// its own, while the task goes on; until it returns, neither stalls nor time slices are
	// watched for. If it is nil, the stall is printed to standard error, with what to do.
	OnStall func(Stall)

	// Labels gives each task profiler labels of its own, those of runtime/pprof, under
	// which profiles show what it does: what pprof.Do or pprof.SetGoroutineLabels
	// sets in a task holds for that task while it runs, for what it has Await do, and
	// for the tasks and goroutines that it starts from then on. Without Labels it holds
	// for whatever runs on the goroutine.
	//
	// A task that has none in this way has the label "task" with its name if SetName
	// has given it one, which main has. Others do not inherit that. What the hub does
	// between tasks is under the labels with which Run was called; main inherits these.
	//
	// It makes a switch half as slow again (BenchmarkYieldLabels). Goroutine profiles
	// show parked tasks without labels. In the portable backend a name counts when the
	// task starts, not later. With a Go release that this package does not know, Labels
	// does nothing.
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
	runErr := o.Run(func() { err = main() })
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
