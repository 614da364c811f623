package sched

import (
	"os"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Fiber is a stack on which tasks run, one after the other, and what the task
// that runs on it needs in order to park. A task gets a fiber when it starts and
// gives it back when it ends. So a Task, which users may hold for as long as they
// like, is small, and starting one means to switch to a stack that is there.
//
// Nothing outside the package refers to a fiber, and no reference to its waiter
// outlives a wait, so that the next task finds it unused.
type Fiber struct {
	stack stackful.Stack
	away  bool            // the task is parked not on stack but
	at    *stackful.Stack // there, since it has switched to it itself
	hub   *Hub
	Task  *Task // nil while idle
	since int64 // the hub's time when it was parked
	W     Waiter
	Timer Timer  // ends w's wait
	mail  Mail   // brings w's wake-up from another goroutine
	next  *Fiber // in Hub.Fibers.idle, while there

	Older, newer *Fiber // in Hub.Fibers.all

	labels labels             // of the task while it is parked, see labels.go
	marked *[]*stackful.Stack // what package coro was told of, see parkAway; nil until needed

	isOnce bool // the stack must end with the task

	// Interruptions: what waits to be raised in the task.
	Interrupted bool  // look closer
	killed      bool  // raise ErrKilled
	misused     bool  // raise that something else than the hub has resumed the task
	shielded    int32 // raise nothing while it is not 0
	raised      int32 // how often ErrKilled was raised
}

// MaxIdle is how many fibers without a task a hub keeps.
const MaxIdle = 64

// start gives t, which has not run, a fiber. If there is no idle one, that is best left
// to home, since the stack of a task that parks has to grow for the allocator: only
// redirect does it there.
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

// begin gives k to t. It is where everything is reset that a task leaves in k and the
// next one reads: what is not here is the same for all tasks of k, or is reset by
// Waiter.Begin, or is nothing between waits (the timer, the mail, and k's place in a
// queue). TestFiber_poisoned holds that true.
func (k *Fiber) begin(t *Task) {
	k.Task, t.Fiber = t, k
	if k.away {
		k.away, k.at = false, nil
		k.unmark()
	}
	k.Interrupted, k.killed, k.raised, k.shielded, k.misused = false, false, 0, 0, false
	biased.StoreRelease(&k.W.State, waiterIdle)
	if k.labels != nil {
		k.labels = nil
	}
}

// Expire ends the wait that the task is parked in.
func (k *Fiber) Expire(int64) {
	if k.W.Why == parkSleep {
		// It is in no queue, so only this goroutine can end the wait.
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

// place is where the task is to be resumed, or started.
func (k *Fiber) resumeStack() *stackful.Stack {
	if k.away {
		return k.at
	}
	return &k.stack
}

// fiberEntry is the body of every fiber's stack.
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
		k.Task = nil
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
		to.Switch(nil)
	}
	k.unlink()
	h.noteRunning(&h.root.task)
	return h.root.stack, nil
}

// CoroutineMade is called by package coro when code of the task has asked for the
// running coroutine: what stands for it must end with the task.
func (k *Fiber) CoroutineMade() { k.isOnce = true }

// SwitchDone is part of stackful.Policy.
func (k *Fiber) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of a task that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy: Goexit goes on in the stack that
// called Run.
func (k *Fiber) GoexitTarget(*stackful.Stack) *stackful.Stack { return k.hub.root.stack }

// GoexitEnd is for a Goexit in which a deferred call has panicked: the task has ended by
// that panic, like any other, and nothing is left of the Goexit, which would end the goroutine.
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

// dismissIdle ends the stacks of fibers without a task. It is called at home.
func (h *Hub) dismissIdle() {
	for k := h.Fibers.Idle; k != nil; k = h.Fibers.Idle {
		h.Fibers.Idle = k.next
		h.Fibers.N--
		k.stack.Switch(nil)
	}
	h.Current = nil
}
