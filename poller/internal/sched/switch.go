package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Parking is written out where it is done: k is the fiber of the running task, and
//
//	if to := h.SwitchOut(k); to != nil {
//		to.Switch(nil)
//		h.SwitchedIn(k)
//	}
//
// returns when the task has been taken out of the run queue and resumed. It is not a
// function, because each return after a switch is mispredicted by the CPU unless the
// previous task had parked through the same calls: the number of calls between the
// user's code and Switch is most of the cost of a switch.

// SwitchOut parks the running task, on k: it chooses the task to run in its place and
// returns that task's stack, to which the caller must switch. It returns nil if the
// choice is the running task itself, which is ready again; then it simply goes on.
//
// The caller has made the wait known (a queue, a timer, or the run queue itself), or the
// task never runs again.
func (h *Hub) SwitchOut(k *Fiber) *stackful.Stack {
	// Load the next task first: its fiber and stack are out of the caches as a rule, and
	// that latency is the critical path of a switch.
	var next *Task
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		next = h.Ready.ring.take()
	}
	k.since = h.now // of the last poll: a clock reading here would cost more than the switch
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
		// It was killed while it was ready, or has not started. A new fiber is made on the
		// root stack only: the allocator may need more stack than a parked task should keep.
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
		return to.resumeStack()
	}
	return &to.stack
}

// scheduleOnRoot leaves the choice of the next task to the root loop and returns the root
// stack. first, if it is not nil, has been taken out of the run queue already; the loop
// runs it unless it has ended. The loop polls and allocates, for which a parked task's
// stack would have to be larger than for anything that the task does itself.
func (h *Hub) scheduleOnRoot(first *Task) *stackful.Stack {
	if h.Labelled {
		h.takeOffLabels()
	}
	h.Current = nil
	h.root.next, h.root.needSchedule = first, true
	return h.root.stack
}

// noteRunning records that next, which has a fiber or stands for the root stack, runs from
// now on. Its plain release stores are all that other goroutines may read of a running hub:
// the watcher and Stats tolerate a stale value.
func (h *Hub) noteRunning(next *Task) {
	h.Current = next
	biased.StoreReleasePointer(&h.shown, next)
	h.ioCount = 0
	if h.PreemptRequest.Load() != h.preemptIdle {
		h.resetPreempt()
	}
	biased.StoreRelease64(&h.Turns, h.Turns.Load()+1)
}

// SwitchedIn must be called by the task on k when its Switch returns. The test is all that
// the common case costs: the task was parked on its own stack and the hub has resumed it.
func (h *Hub) SwitchedIn(k *Fiber) {
	if k.away || h.Current != k.Task {
		k.switchedInAway()
	}
}

// Yield puts the running task at the end of the run queue and parks it: every task that is
// ready now runs first, or fewer if priorities say so. Descriptors and timers are polled
// only when their turn has come.
func (h *Hub) Yield(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.Ready.Push(k.Task)
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}

// readyNow takes the next task out of the run queue, for a fiber whose task has ended. It
// returns nil if the choice is the root loop's, for the reasons that SwitchOut has.
func (h *Hub) readyNow() *Task {
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		if t := h.Ready.ring.take(); !t.HasEnded.Load() {
			return t
		}
	}
	return nil
}

// YieldAll polls descriptors, timers and mail, and lets every task run first that is ready
// then. The task is in root.yielding, not in the run queue, until the root loop has polled.
func (h *Hub) YieldAll(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.root.yielding = k.Task
	h.tick = 1 // so that SwitchOut leaves the choice to the root loop
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}

// resetPreempt withdraws the request to the running task. The watcher is asleep while there
// is one, see tick: so the store comes before the load of Asleep, as in tick the store of
// Asleep before the load of PreemptRequest, and one side sees the other's.
func (h *Hub) resetPreempt() {
	h.PreemptRequest.Swap(h.preemptIdle) // not Store: see biased.StoreSeqCst
	h.Watcher.wake()
}
