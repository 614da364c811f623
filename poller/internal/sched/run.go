package sched

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/parked"
)

// Options are poller.Options. If MonitorAfter is positive, OnStall must not be nil.
type Options struct {
	TimeSlice    time.Duration
	MonitorAfter time.Duration
	OnStall      func(Stall)
	Labels       bool
	Preempt      bool // only if RuntimePatched
	AdoptGo      bool
}

// Run is Options.Run of package poller.
func (o Options) Run(main func()) error {
	if Here() != nil {
		return ErrRunning
	}
	if asm.InBubble() {
		return errBubble
	}
	if !stackful.Backend().Native && asm.LockedToThread() {
		return fmt.Errorf("poller: Run: %w", stackful.ErrThreadLocked)
	}
	h, err := New()
	if err != nil {
		return err
	}
	h.rt.Adopts = o.AdoptGo
	return h.RunTasks(o, main)
}

// RunTasks is Run on the hub h, which is new and belongs to no goroutine yet.
func (h *Hub) RunTasks(o Options, main func()) error {
	if o.Preempt {
		h.usePreemption(o.TimeSlice)
	}
	h.attach()
	defer h.shutdown() // deferred, since a Goexit in a task goes on here
	h.startMain(o, main)
	h.rootLoop()
	if h.Ending.failure != nil {
		if h.Virtual != nil {
			h.Virtual.failed(h.Ending.failure)
		}
		return h.Ending.failure
	}
	h.shutdown()
	err := h.Ending.main.Error()
	if h.Virtual != nil { // goroutines do not end with the main one, and some wait for ever
		h.Ending.stuck = slices.DeleteFunc(h.Ending.stuck, (*Task).isGo)
	}
	if n := len(h.Ending.stuck); n > 0 {
		err = errors.Join(err, fmt.Errorf("poller: %d tasks could not be killed, the first is %s", n, h.Ending.stuck[0].Name()))
	}
	return err
}

// attach makes h the calling goroutine's hub. The stack that calls it is the root stack.
func (h *Hub) attach() {
	coro.Current() // makes the root stack a coroutine, which parked.Mark needs
	h.root.stack = stackful.Current()
	h.root.task.Fiber = &Fiber{hub: h, away: true, at: h.root.stack, Task: &h.root.task}
	h.root.task.Hub = h
	setHere(h)
	h.enlist()
	h.beginRuntime()
	parked.Mark(h.root.stack, true) // only the hub's own switches may lead back here
}

// startMain makes main the first task, and ready.
func (h *Hub) startMain(o Options, main func()) {
	if o.Labels && asm.KnowsLabels {
		h.useLabels()
	}
	h.Ending.main = h.NewTask(main).SetName("main")
	h.Ready.Push(h.Ending.main)
	h.watch(o)
}

// watch starts the watcher of h, as o says.
func (h *Hub) watch(o Options) {
	h.Watcher.start(sampled{&h.Turns, &h.Wake.Waiting, &h.PreemptRequest, h.preemptIdle}, o.TimeSlice, o.MonitorAfter, h.askPreempt(),
		func(turn uint64, d time.Duration) (blocked bool) { return h.reportStall(o.OnStall, turn, d) })
}

// shutdown kills all tasks, runs them to their end, and releases everything that belongs to
// the hub. It does nothing at a second call. A Goexit in a task that is being killed goes
// on in here; then the deferred call does the rest.
func (h *Hub) shutdown() {
	if Here() != h {
		return
	}
	done := false
	defer func() {
		if !done {
			h.shutdown()
		}
	}()
	h.Current = nil
	h.Ending.Dying = true
	h.Ending.failure = nil
	for idle := int64(0); h.Tasks.Live > 0; {
		turns := h.Turns.Load()
		h.ReadMail()
		h.killAll()
		h.rootLoop()
		switch {
		case h.Turns.Load() != turns:
			idle = 0
		case idle == 0:
			idle = Nanotime()
		default:
			h.Poll(int64(time.Millisecond)) // only another goroutine can make a task ready now
		}
		h.leaveStuck(idle != 0 && (h.Virtual != nil || Nanotime()-idle > graceTime))
	}
	h.dismissIdle()
	h.Watcher.stop()
	h.preemption.stop()
	h.delist()
	h.closeDescriptors()
	for m := h.Wake.Mail.Close(); m != nil; m = m.Next {
		if p, ok := m.Owner.(*posted); ok {
			p.Deliver()
		}
	}
	h.endRuntime() // before its descriptor is closed
	h.IO.Sel.Close()
	parked.Mark(h.root.stack, false)
	setHere(nil)
	done = true
}

// killAll kills the tasks that have not ended, but for those that have parked again
// MaxKillRaises times.
func (h *Hub) killAll() {
	for _, t := range h.AllTasks() {
		if t.Fiber == nil || t.Fiber.raised < MaxKillRaises {
			t.KillLocal()
		}
	}
}

// graceTime, in nanoseconds, is how long the end of Run waits for tasks that neither are
// ready nor can be interrupted: a task whose claimant on another goroutine has not posted
// the wake-up yet, or that waits for the lock of a Cond, which a task of another hub may
// hold. It waits no longer, since a task that has left its stack by a switch of its own may
// never come back.
const graceTime = int64(time.Second)

// leaveStuck records as stuck the tasks that have parked again in spite of MaxKillRaises
// kills; or all, if none of them can go on. Their deferred calls do not run.
func (h *Hub) leaveStuck(all bool) {
	for _, t := range h.AllTasks() {
		if k := t.Fiber; k != nil && (all || k.raised >= MaxKillRaises) {
			h.Ending.stuck = append(h.Ending.stuck, t)
			h.Timers.Disarm(&k.Timer)
			k.unmark()
			t.End(WasKilled)
		}
	}
}
