package sched

import (
	"os"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Fiber is a stack on which tasks run, one after the other, and all that the running
// task needs in order to park. A task has a fiber from its start to its end. So a Task,
// which users may hold for as long as they like, is small, and to start one is a switch to
// a stack that exists already.
//
// No reference to a fiber or its waiter outlives the wait or call that took it, so that the
// next task finds the fiber unused. The hub's goroutine alone uses it, except for W.State,
// and W.Err until the waiter is resumed, which belong to the claimant of the wait.
type Fiber struct {
	stack   stackful.Stack
	away    bool            // the task is parked on the stack at, not on stack: see away.go
	at      *stackful.Stack // a stack that the task itself has switched to; nil unless away
	carrier uintptr         // not 0: the task is parked in package runtime on that carrier, or ready after that
	hub     *Hub            // for ever: a fiber does not change hubs
	Task    *Task           // nil while idle
	since   int64           // Hub.now when it was parked, for Dump
	W       Waiter          // of the current wait; reset by Waiter.Begin
	Timer   Timer           // ends W's wait; armed only during one
	mail    Mail            // carries W's wake-up from another goroutine; one wait has one claimant, so one is enough
	next    *Fiber          // in Hub.Fibers.Idle, while idle

	Older, newer *Fiber // in Hub.Fibers.all

	labels asm.Labels         // of the task while it is parked, see labels.go
	marked *[]*stackful.Stack // what package coro was told of, see parkAway; nil until needed

	isOnce bool // the stack must end with the task, not be reused: see CoroutineMade

	// Interruptions: errors to be raised in the task by a call that parks.
	Interrupted bool  // one of the others may be set, or a Scope overdue: the one test on the way
	killed      bool  // raise ErrKilled
	misused     bool  // raise that something other than the hub has resumed the task
	shielded    int32 // nesting of Shield: nothing is raised while it is not 0
	raised      int32 // how often ErrKilled was raised, see MaxKillRaises
}

// MaxIdle is how many fibers without a task a hub keeps: enough for a burst of short tasks,
// and little memory on a hub that had many long ones.
const MaxIdle = 64

// start gives t, which has not run, a fiber. Without an idle one it allocates, for which
// the stack of a parking task would have to grow: so SwitchOut leaves that to the root
// stack. Only redirect, which cannot, does it on any stack.
func (h *Hub) start(t *Task) *Fiber {
	k := h.Fibers.Idle
	if k == nil {
		k = h.newFiber()
	} else {
		h.Fibers.Idle = k.next
		h.Fibers.N--
	}
	k.begin(t)
	return k
}

// fiberBatch is how many fibers are allocated at once, which costs less than
// allocating each: with the allocator's header, they fill one of its size classes.
const fiberBatch = 31

// newFiber makes a fiber without a task. Its stack gets memory when it is switched to first.
func (h *Hub) newFiber() *Fiber {
	if len(h.Fibers.slab) == 0 {
		h.Fibers.slab = new([fiberBatch]Fiber)[:]
	}
	k := &h.Fibers.slab[0]
	h.Fibers.slab = h.Fibers.slab[1:]
	k.hub = h
	k.stack.Init(fiberEntry)
	k.stack.SetData(k)
	k.W.Fiber = k
	k.W.Node.W = &k.W
	k.Timer.Owner = k
	k.mail.fiber = k
	if k.Older = h.Fibers.All; k.Older != nil {
		k.Older.newer = k
	}
	h.Fibers.All = k
	return k
}

// unlink takes k, whose stack is about to end, off the hub's list.
func (k *Fiber) unlink() {
	if k.newer == nil {
		k.hub.Fibers.All = k.Older
	} else {
		k.newer.Older = k.Older
	}
	if k.Older != nil {
		k.Older.newer = k.newer
	}
}

// begin gives k to t. All state that one task leaves in k and the next one reads is reset
// here: every other field is the same for all tasks of k, or is reset by Waiter.Begin, or
// is unset between waits (the timer, the mail, and the node). TestFiber_poisoned checks
// that.
func (k *Fiber) begin(t *Task) {
	k.Task, t.Fiber = t, k
	if k.away {
		k.away, k.at, k.carrier = false, nil, 0
		k.unmark()
	}
	k.Interrupted, k.killed, k.raised, k.shielded, k.misused = false, false, 0, 0, false
	biased.StoreRelease(&k.W.State, waiterIdle)
	if k.labels != nil {
		k.labels = nil
	}
}

// Expire ends the wait that the task is parked in, at its limit. It loses against a source
// that has claimed the waiter first, whose wake-up is on its way then.
func (k *Fiber) Expire(int64) {
	if k.W.Why == parkSleep {
		// A sleeper is in no queue, so only this goroutine can claim it: no atomic
		// read-modify-write is needed.
		if k.W.State.Load() != WaiterWaiting {
			return
		}
		biased.StoreRelease(&k.W.State, WaiterClaimed)
		k.W.Err = os.ErrDeadlineExceeded
		k.hub.MakeReady(k.Task)
	} else if k.W.Claim(os.ErrDeadlineExceeded) {
		k.hub.MakeReady(k.Task)
	}
}

// resumeStack is the stack to switch to in order to start or resume the task, at once.
func (k *Fiber) resumeStack() *stackful.Stack {
	switch {
	case !k.away:
		return &k.stack
	case k.carrier != 0:
		return k.backFromRuntime()
	}
	return k.at
}

// restsOn is the stack on which the parked task is suspended.
func (k *Fiber) restsOn() *stackful.Stack {
	if k.away {
		return k.at
	}
	return &k.stack
}

// fiberEntry is the body of every fiber's stack: it runs tasks until the fiber is ended. A
// task's successor that is new is started here, without a switch; a successor with a fiber
// is switched to. It returns the stack to go to when this one ends.
func fiberEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	k := s.Data().(*Fiber)
	h := k.hub
	for k.Task != nil {
		t := k.Task
		if h.IsPortable {
			t.More().goid.Store(asm.Goid())
			if h.Labelled {
				t.putOnLabels()
			}
		}
		t.run()
		k.Task = nil // from here on no task runs: the fiber acts for the hub
		if t == h.Ending.main {
			break
		}
		var to *stackful.Stack
		switch next := h.readyNow(); {
		case next == nil:
			to = h.scheduleOnRoot(nil)
		case next.Fiber != nil:
			h.noteRunning(next)
			to = next.Fiber.resumeStack()
		case k.isOnce:
			to = h.scheduleOnRoot(next)
		default:
			k.begin(next)
			h.noteRunning(next)
			continue
		}
		if k.isOnce || h.Fibers.N == MaxIdle {
			k.unlink()
			return to, nil
		}
		h.Fibers.N++
		k.next, h.Fibers.Idle = h.Fibers.Idle, k
		to.Switch(nil) // returns when begin has given k a task, or to end an idle fiber, without one
	}
	k.unlink()
	h.noteRunning(&h.root.task)
	return h.root.stack, nil
}

// CoroutineMade is called by package coro when code of the task has asked for the
// running coroutine. The coroutine is tied to the stack and must end with the task, so the
// stack cannot be reused for another one.
func (k *Fiber) CoroutineMade() { k.isOnce = true }

// SwitchDone is part of stackful.Policy: code outside the hub has switched to the stack of
// a fiber that has ended.
func (k *Fiber) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of a task that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy: Goexit goes on in the stack that
// called Run.
func (k *Fiber) GoexitTarget(*stackful.Stack) *stackful.Stack { return k.hub.root.stack }

// GoexitEnd is part of stackful.Policy, for a Goexit in which a deferred call has panicked:
// the task has failed by that panic, and the Goexit, which would end the goroutine with all
// its tasks, must not go on.
func (k *Fiber) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	h, t := k.hub, k.Task
	if t == nil || t.how != failed {
		return nil, nil, false
	}
	k.Task = nil
	k.unlink()
	if t == h.Ending.main {
		h.noteRunning(&h.root.task)
		return h.root.stack, nil, true
	}
	return h.scheduleOnRoot(nil), nil, true
}

// dismissIdle ends the stacks of fibers without a task. It is called on the root stack, to
// which each of them switches back.
func (h *Hub) dismissIdle() {
	for k := h.Fibers.Idle; k != nil; k = h.Fibers.Idle {
		h.Fibers.Idle = k.next
		h.Fibers.N--
		k.stack.Switch(nil)
	}
	h.Current = nil
}
