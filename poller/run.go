package poller

import (
	"errors"
	"fmt"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/parked"
)

// Run makes a hub on the calling goroutine, runs main as its first task, and the
// tasks that it starts, in turn, until main returns. Then the remaining tasks
// are killed, so that their deferred calls run, and what was opened on the hub
// is closed. Run blocks the goroutine that long; other goroutines are not
// affected, and each may have a Run of its own.
//
// It returns nil if main returned; the *PanicError if main panicked; ErrKilled
// if something killed main; ErrRunning, without calling main, if the goroutine
// is in Run already; or what the system said when it refused to make a hub; or, in a
// bubble of testing/synctest, an error that says so, at once: a hub waits for the system,
// which is not the durable blocking that moves a bubble's clock, so no timer would ever
// fire (see Simulate for tests with a clock of their own). A task that could not be killed, because it recovers and parks for ever, is left
// behind with its stack; that is an error too.
func Run(main func()) error { return Options{}.Run(main) }

// Options are what can be chosen for a Run. The zero Options is what Run uses.
type Options struct {
	// TimeSlice is how long a task may run before it gives way to others that are
	// ready, see Checkpoint. 0 stands for 10 ms; a negative one turns this off.
	TimeSlice time.Duration

	// MonitorAfter, if it is positive, is how long a task may run without a switch
	// before OnStall is told, see Stall.
	MonitorAfter time.Duration

	// OnStall is told of tasks that have not switched for longer than MonitorAfter.
	// It is called on a goroutine of its own, while the task goes on; until it
	// returns, neither stalls nor time slices are watched for. If it is nil, the stall
	// is printed to standard error.
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
}

// Run is the function Run with options.
func (o Options) Run(main func()) error {
	if currentHub() != nil {
		return ErrRunning
	}
	if asm.InBubble() {
		return errBubble
	}
	if !stackful.Backend().Native && asm.LockedToThread() {
		return fmt.Errorf("poller: Run: %w", stackful.ErrThreadLocked)
	}
	h, err := newHub()
	if err != nil {
		return err
	}
	return h.run(o, main)
}

// run is Run on the hub h, which is new and its own.
func (h *hub) run(o Options, main func()) error {
	coro.Current() // so that there is something to mark
	h.root.stack = stackful.Current()
	h.root.task.work = &worker{hub: h, away: true, at: h.root.stack, task: &h.root.task}
	h.root.task.hub = h
	setHub(h)
	h.waitHook = stackful.SetWaitHook(h.passOver)
	onHub(h, true)
	parked.Mark(h.root.stack, true) // only who leaves a task's stack by parking comes back here
	defer h.shutdown()              // deferred, since a Goexit in a task goes on here
	if o.Labels && knowsLabels {
		h.useLabels()
	}
	h.ending.main = h.newTask(main).SetName("main")
	h.ready.push(h.ending.main)
	h.watch(o)
	h.runFromHome()
	if h.ending.failure != nil {
		return h.ending.failure
	}
	h.shutdown()
	err := h.ending.main.error()
	if n := len(h.ending.stuck); n > 0 {
		err = errors.Join(err, fmt.Errorf("poller: %d tasks could not be killed, the first is %s", n, h.ending.stuck[0].Name()))
	}
	return err
}

// runFromHome switches from the stack that called Run to the next task, as often as
// tasks ask for it. It returns when one of them switches back for another reason, or
// the hub is dying and none is ready.
func (h *hub) runFromHome() {
	for h.root.needSchedule = true; h.root.needSchedule; {
		if to := h.choose(); to != h.root.stack {
			to.Switch(nil)
		}
	}
	if h.labelled {
		h.takeOffLabels()
	}
}

// choose finds out who runs next, as home has been asked to, and returns the stack:
// home's if its part is over.
func (h *hub) choose() *stackful.Stack {
	h.root.needSchedule = false
	t := h.next()
	if t == &h.root.task {
		return h.root.stack
	}
	if t.work == nil {
		h.start(t)
	}
	if h.labelled && !h.isPortable {
		t.putOnLabels()
	}
	h.resumes(t)
	return t.work.place()
}

// shutdown ends everything that belongs to the hub. A Goexit in a task that is
// being killed goes on in here; then the deferred call does the rest.
func (h *hub) shutdown() {
	if currentHub() != h {
		return
	}
	done := false
	defer func() {
		if !done {
			h.shutdown()
		}
	}()
	h.current = nil
	h.ending.dying = true
	h.ending.failure = nil
	for idle := int64(0); h.tasks.live > 0; {
		turns := h.turns.Load()
		h.readMail()
		h.killAll()
		h.runFromHome()
		switch {
		case h.turns.Load() != turns:
			idle = 0
		case idle == 0:
			idle = nanotime()
		default:
			h.poll(int64(time.Millisecond)) // what is to come can come from other goroutines only
		}
		h.leaveStuck(idle != 0 && nanotime()-idle > graceTime)
	}
	h.dismissIdle()
	h.watcher.stop()
	h.closeDescriptors()
	for m := h.wake.mail.close(); m != nil; m = m.next {
		if m.call != nil {
			m.call(h)
		}
	}
	h.io.sel.Close()
	onHub(h, false)
	stackful.SetWaitHook(h.waitHook)
	parked.Mark(h.root.stack, false)
	setHub(nil)
	done = true
}

func (h *hub) killAll() {
	for _, t := range h.allTasks() {
		if t.work == nil || t.work.raised < patience {
			t.kill()
		}
	}
}

// graceTime, in nanoseconds, is how long the end of Run waits for tasks that neither are
// ready nor can be interrupted: they were woken by another goroutine that has not come to
// say so yet, or wait for the lock of a Cond, which a task of another hub may have. It waits
// no longer, since a task that has left its stack by a switch of its own may never come back.
const graceTime = int64(time.Second)

// leaveStuck gives up the tasks that have parked again and again; or all, if none of
// them can go on.
func (h *hub) leaveStuck(all bool) {
	for _, t := range h.allTasks() {
		if k := t.work; k != nil && (all || k.raised >= patience) {
			h.ending.stuck = append(h.ending.stuck, t)
			h.timers.disarm(&k.timer)
			k.unmark()
			t.end(wasKilled)
		}
	}
}
