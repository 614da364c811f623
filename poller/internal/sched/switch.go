package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Parking is written out where it is done: k is the fiber of the running task, and
//
//	if to := h.depart(k); to != nil {
//		to.Switch(nil)
//		h.arrived(k)
//	}
//
// returns when the task is taken out of the ready queue. That is so because each
// return after a switch is one that the CPU predicts wrongly, unless the task that
// was left had parked the same way: calls between the user's code and Switch are what
// a switch costs.

// SwitchOut chooses who runs while the running task, on k, is parked, and returns
// its stack; nil if it is the running task itself.
func (h *Hub) SwitchOut(k *Fiber) *stackful.Stack {
	// Who is next comes first: to find out where that one goes on is what the
	// processor waits for.
	var next *Task
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		next = h.Ready.ring.take()
	}
	k.since = h.now
	h.Stats.parks[k.W.Why]++
	if at := h.root.stack.Running(); at != &k.stack {
		k.parkAway(at)
	} else if k.away {
		k.away, k.at = false, nil
	}
	if next == nil {
		return h.scheduleOnRoot(nil)
	}
	to := next.Fiber
	if to == nil {
		if next.HasEnded.Load() || h.Fibers.Idle == nil {
			return h.scheduleOnRoot(next)
		}
		to = h.start(next)
	}
	h.noteRunning(next)
	switch {
	case to == k:
		return nil
	case to.away:
		return to.at
	}
	return &to.stack
}

// scheduleOnRoot leaves it to home, whose stack is returned, to find out who runs next:
// first, if it is not nil, which was taken out of the ready queue, or somebody else.
// For what home does then, such as a system call, a parked task's stack would have to
// be larger than for anything that the task does itself.
func (h *Hub) scheduleOnRoot(first *Task) *stackful.Stack {
	if h.Labelled {
		h.takeOffLabels()
	}
	h.Current = nil
	h.root.next, h.root.needSchedule = first, true
	return h.root.stack
}

// resumes notes that next, which has a fiber or is home, runs now.
func (h *Hub) noteRunning(next *Task) {
	h.Current = next
	biased.StoreReleasePointer(&h.shown, next)
	h.ioCount = 0
	if h.PreemptRequest.Load() != h.preemptIdle {
		h.resetPreempt()
	}
	biased.StoreRelease64(&h.Turns, h.Turns.Load()+1)
}

// SwitchedIn is called when the task on k has been resumed.
func (h *Hub) SwitchedIn(k *Fiber) {
	if k.away || h.Current != k.Task {
		k.switchedInAway()
	}
}

// Yield lets every other ready task run first.
func (h *Hub) Yield(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.Ready.Push(k.Task)
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}

// readyNow takes the next task to resume out of the ready queue, unless home is to
// find out who that is: then it returns nil.
func (h *Hub) readyNow() *Task {
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		if t := h.Ready.ring.take(); !t.HasEnded.Load() {
			return t
		}
	}
	return nil
}

// IoBudget is how many I/O calls in a row may succeed without waiting before
// the task gives way.
const IoBudget = 64

// ChargeIO counts an I/O call that did not wait, and makes the task give way
// when it has had its share, of calls or of time.
func (h *Hub) ChargeIO() {
	h.ioCount++
	if h.ioCount < IoBudget && h.PreemptRequest.Load() == 0 || h.Current == nil {
		return
	}
	if h.PreemptRequest.Load() != 0 {
		h.preempt()
		return
	}
	h.Stats.budgets++
	h.YieldAll(ParkYield) // an interruption waits for the next call that parks: the data must not get lost
}

// YieldAll lets every other task run first that is ready, or made so by what
// descriptors, timers and other goroutines have to say now.
func (h *Hub) YieldAll(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.root.yielding = k.Task
	h.tick = 1 // depart leaves it to home
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}
