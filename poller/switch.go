package poller

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Parking is written out where it is done: k is the worker of the running task, and
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

// depart chooses who runs while the running task, on k, is parked, and returns
// its stack; nil if it is the running task itself.
func (h *hub) depart(k *worker) *stackful.Stack {
	// Who is next comes first: to find out where that one goes on is what the
	// processor waits for.
	var next *Task
	if h.tick--; h.tick != 0 && !h.ready.noDirect && h.ready.n != 0 {
		next = h.ready.ring.take()
	}
	k.since = h.now
	h.stats.parks[k.w.why]++
	if at := h.root.stack.Running(); at != &k.stack {
		k.parkAway(at)
	} else if k.away {
		k.away, k.at = false, nil
	}
	if next == nil {
		return h.leaveToHome(nil)
	}
	to := next.work
	if to == nil {
		if next.ended.Load() || h.fibers.idle == nil {
			return h.leaveToHome(next)
		}
		to = h.start(next)
	}
	h.resumes(next)
	switch {
	case to == k:
		return nil
	case to.away:
		return to.at
	}
	return &to.stack
}

// leaveToHome leaves it to home, whose stack is returned, to find out who runs next:
// first, if it is not nil, which was taken out of the ready queue, or somebody else.
// For what home does then, such as a system call, a parked task's stack would have to
// be larger than for anything that the task does itself.
func (h *hub) leaveToHome(first *Task) *stackful.Stack {
	if h.labelled {
		h.takeOffLabels()
	}
	h.current = nil
	h.root.next, h.root.needSchedule = first, true
	return h.root.stack
}

// resumes notes that next, which has a worker or is home, runs now.
func (h *hub) resumes(next *Task) {
	h.current = next
	biased.StoreReleasePointer(&h.shown, next)
	h.spent = 0
	if h.due.Load() != h.calm {
		h.resetDue()
	}
	biased.StoreRelease64(&h.turns, h.turns.Load()+1)
}

// arrived is called when the task on k has been resumed.
func (h *hub) arrived(k *worker) {
	if k.away || h.current != k.task {
		k.arrivedAway()
	}
}

// yield lets every other ready task run first.
func (h *hub) yield(why parkReason) {
	k := h.current.work
	k.w.why = why
	h.ready.push(k.task)
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
}

// readyNow takes the next task to resume out of the ready queue, unless home is to
// find out who that is: then it returns nil.
func (h *hub) readyNow() *Task {
	if h.tick--; h.tick != 0 && !h.ready.noDirect && h.ready.n != 0 {
		if t := h.ready.ring.take(); !t.ended.Load() {
			return t
		}
	}
	return nil
}

// ioBudget is how many I/O calls in a row may succeed without waiting before
// the task gives way.
const ioBudget = 64

// succeeded counts an I/O call that did not wait, and makes the task give way
// when it has had its share, of calls or of time.
func (h *hub) succeeded() {
	h.spent++
	if h.spent < ioBudget && h.due.Load() == 0 || h.current == nil {
		return
	}
	if h.due.Load() != 0 {
		h.giveWay()
		return
	}
	h.stats.budgets++
	h.giveAll(parkYield) // an interruption waits for the next call that parks: the data must not get lost
}

// giveAll lets every other task run first that is ready, or made so by what
// descriptors, timers and other goroutines have to say now.
func (h *hub) giveAll(why parkReason) {
	k := h.current.work
	k.w.why = why
	h.root.yielding = k.task
	h.tick = 1 // depart leaves it to home
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
}
