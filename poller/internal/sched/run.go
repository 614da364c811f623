package sched

import (
	"errors"
	"fmt"
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
	return h.RunTasks(o, main)
}

// RunTasks is Run on the hub h, which is new and its own.
func (h *Hub) RunTasks(o Options, main func()) error {
	coro.Current() // so that there is something to mark
	h.root.stack = stackful.Current()
	h.root.task.Fiber = &Fiber{hub: h, away: true, at: h.root.stack, Task: &h.root.task}
	h.root.task.Hub = h
	setHere(h)
	h.waitHook = stackful.SetWaitHook(h.redirect)
	OnHub(h, true)
	parked.Mark(h.root.stack, true) // only who leaves a task's stack by parking comes back here
	defer h.shutdown()              // deferred, since a Goexit in a task goes on here
	if o.Labels && KnowsLabels {
		h.useLabels()
	}
	h.Ending.main = h.NewTask(main).SetName("main")
	h.Ready.Push(h.Ending.main)
	h.watch(o)
	h.rootLoop()
	if h.Ending.failure != nil {
		return h.Ending.failure
	}
	h.shutdown()
	err := h.Ending.main.Error()
	if n := len(h.Ending.stuck); n > 0 {
		err = errors.Join(err, fmt.Errorf("poller: %d tasks could not be killed, the first is %s", n, h.Ending.stuck[0].Name()))
	}
	return err
}

// rootLoop switches from the stack that called Run to the next task, as often as
// tasks ask for it. It returns when one of them switches back for another reason, or
// the hub is dying and none is ready.
func (h *Hub) rootLoop() {
	for h.root.needSchedule = true; h.root.needSchedule; {
		if to := h.choose(); to != h.root.stack {
			to.Switch(nil)
		}
	}
	if h.Labelled {
		h.takeOffLabels()
	}
}

// choose finds out who runs next, as home has been asked to, and returns the stack:
// home's if its part is over.
func (h *Hub) choose() *stackful.Stack {
	h.root.needSchedule = false
	t := h.next()
	if t == &h.root.task {
		return h.root.stack
	}
	if t.Fiber == nil {
		h.start(t)
	}
	if h.Labelled && !h.IsPortable {
		t.putOnLabels()
	}
	h.noteRunning(t)
	return t.Fiber.resumeStack()
}

// shutdown ends everything that belongs to the hub. A Goexit in a task that is
// being killed goes on in here; then the deferred call does the rest.
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
			h.Poll(int64(time.Millisecond)) // what is to come can come from other goroutines only
		}
		h.leaveStuck(idle != 0 && Nanotime()-idle > graceTime)
	}
	h.dismissIdle()
	h.Watcher.stop()
	h.closeDescriptors()
	for m := h.Wake.Mail.Close(); m != nil; m = m.Next {
		if m.Call != nil {
			m.Call(h)
		}
	}
	h.IO.Sel.Close()
	OnHub(h, false)
	stackful.SetWaitHook(h.waitHook)
	parked.Mark(h.root.stack, false)
	setHere(nil)
	done = true
}

func (h *Hub) killAll() {
	for _, t := range h.AllTasks() {
		if t.Fiber == nil || t.Fiber.raised < MaxKillRaises {
			t.KillLocal()
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
