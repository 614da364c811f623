package sched

import (
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/parked"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/mailbox"
	"github.com/stackful-go/stackful/poller/internal/timers"
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
	stack     stackful.Stack
	away      bool            // the task is parked on the stack at, not on stack: see away.go
	at        *stackful.Stack // a stack that the task itself has switched to; nil unless away
	carrier   uintptr         // not 0: the task is parked in package runtime on that carrier, or ready after that
	preempted bool            // the task was preempted, on that carrier: see preemption.go
	hub       *Hub            // for ever: a fiber does not change hubs
	Task      *Task           // nil while idle
	since     int64           // Hub.now when it was parked, for Dump
	W         Waiter          // of the current wait; reset by Waiter.Begin
	Timer     timers.Timer    // ends W's wait; armed only during one
	mail      mailbox.Mail    // carries W's wake-up from another goroutine; one wait has one claimant, so one is enough
	next      *Fiber          // in Hub.Fibers.Idle, while idle

	Older, newer *Fiber // in Hub.Fibers.all

	labels     asm.Labels         // of the task while it is parked, if it is labelled and they are not its name's, see labels.go
	nameLabels asm.Labels         // Extra.nameLabels of the task, if it is labelled
	marked     *[]*stackful.Stack // the stacks that were reported to package coro, see parkAway; nil until needed

	isOnce bool // the stack must end with the task, not be reused: see CoroutineMade

	// Interruptions: errors to be raised in the task by a call that parks.
	Interrupted bool  // one of the others may be set, or a Scope overdue: the one test on the way
	killed      bool  // raise ErrKilled
	misused     bool  // raise that something other than the hub has resumed the task
	shielded    int32 // nesting of Shield: nothing is raised while it is not 0
	raised      int32 // how often ErrKilled was raised, see MaxKillRaises

	entry uintptr // the code of the task's function, see place.go
	lock  *Holder // of the lock that the task waits for with ParkMutex, see holder.go
}

// MaxIdle is how many fibers without a task a hub keeps: enough for a burst of short tasks,
// and little memory on a hub that had many long ones.
const MaxIdle = 64

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
		k.away, k.at, k.carrier, k.preempted = false, nil, 0, false
		k.unmark()
	}
	k.Interrupted, k.killed, k.raised, k.shielded, k.misused = false, false, 0, 0, false
	biased.StoreRelease(&k.W.State, waiterIdle)
	k.entry = codeOf(t.fn)
	if k.lock != nil {
		k.lock = nil
	}
	if k.hub.Labelled {
		k.beginLabels(t)
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

// Deliver makes the task ready, whose waiter a claimant on another goroutine has claimed.
func (k *Fiber) Deliver() { k.hub.MakeReady(k.Task) }

// backFromRuntime returns the stack of the task on k, which was parked in the runtime and is ready.
// The caller switches to it at once.
func (k *Fiber) backFromRuntime() *stackful.Stack {
	runtimepatch.Runtime.Expose(k.carrier)
	return k.leaveCarrier()
}

// leaveCarrier forgets that the task on k rests on a carrier, and returns its stack, which is to run.
func (k *Fiber) leaveCarrier() *stackful.Stack {
	at := k.at
	k.carrier, k.away, k.at = 0, false, nil
	k.unmark()
	return at
}

// beginLabels gives k the labels of t, which is about to start on it.
func (k *Fiber) beginLabels(t *Task) {
	k.labels, k.nameLabels = nil, nil
	if x := t.Extra.Load(); x != nil {
		k.labels, x.labels = x.labels, nil
		k.nameLabels = x.nameLabels
	}
}

// restsOn is the stack on which the parked task is suspended.
func (k *Fiber) restsOn() *stackful.Stack {
	if k.away {
		return k.at
	}
	return &k.stack
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

// unmark takes back the marks of parkAway.
func (k *Fiber) unmark() {
	if k.marked != nil {
		k.unmarkAll()
	}
}

func (k *Fiber) unmarkAll() {
	for i, s := range *k.marked {
		parked.Mark(s, false)
		(*k.marked)[i] = nil // do not keep the stack alive
	}
	*k.marked = (*k.marked)[:0]
}

// unwindPath calls f for the stacks that a panic in the task on k passes if it begins on the
// stack at and is not recovered: at first, the fiber's own last. Each stack's Policy names
// the next one; a stack without a Policy is taken to lead to the fiber's own.
func (k *Fiber) unwindPath(at *stackful.Stack, f func(*stackful.Stack)) {
	// A coroutine that ends an ancestor takes the place of the ancestor's parent, which
	// closes a circle. Brent's algorithm detects it: compare with a stack of the path that
	// is replaced after 1, 2, 4, … steps.
	var seen *stackful.Stack
	for n, next := 1, 1; at != seen; n++ {
		f(at)
		if at == &k.stack || at == k.hub.root.stack {
			return
		}
		if n == next {
			seen, next = at, 2*next
		}
		p, ok := at.Data().(stackful.Policy)
		if ok {
			at = p.GoexitTarget(at)
		}
		if !ok || at == nil {
			at = &k.stack
		}
	}
}

// IsWaitingInRuntime reports whether the task on k is parked in package runtime, and not ready.
func (k *Fiber) IsWaitingInRuntime() bool {
	return k.carrier != 0 && runtimepatch.Runtime.Waits(k.carrier)
}

// A Holder is the task that holds a lock, for Dump: nil if the lock is free, or held by a goroutine
// that is in no task, or by readers. The lock's own lock guards Set. Others read it without that
// lock, which they would take from the hub that it is biased to; so what they read may be stale.
type Holder struct{ task atomic.Pointer[Task] }

// Set makes t the holder.
func (l *Holder) Set(t *Task) { biased.StoreReleasePointer(&l.task, t) }

// codeOf returns the address of the code of f, a function of any type; 0 for nil.
func codeOf[F any](f F) uintptr {
	closure := *(**uintptr)(unsafe.Pointer(&f))
	if closure == nil {
		return 0
	}
	return *closure
}

// backFromPreemption has resumePreempted resume the task on k, which was preempted. It returns its stack.
func (k *Fiber) backFromPreemption() *stackful.Stack {
	k.hub.preemption.resume, k.preempted = k.carrier, false
	return k.leaveCarrier()
}
