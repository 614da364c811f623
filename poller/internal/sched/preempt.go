package sched

import "github.com/stackful-go/stackful/poller/internal/fault"

// Checkpoint is poller.Checkpoint.
func Checkpoint() {
	if h := Here(); h != nil && h.Current != nil {
		h.CheckPreempt()
		if k := h.Current.Fiber; k.Interrupted {
			k.Task.Raise()
		}
	}
}

// CheckPreempt yields if the running task has been asked to. Every call that could wait
// begins with it, so that tasks that never have to wait yield too. h may be nil.
func (h *Hub) CheckPreempt() {
	if h != nil && h.PreemptRequest.Load() != 0 {
		h.preempt()
	}
}

// preempt answers the request. An interruption that comes meanwhile is raised by the next
// call that parks, as the caller may have results that a panic would lose.
func (h *Hub) preempt() {
	why := h.PreemptRequest.Load()
	if why == preemptRandom && (h.Current == nil || !h.Virtual.preempts()) {
		return
	}
	h.resetPreempt()
	if h.Current == nil {
		return
	}
	if why == PreemptSlice {
		h.Stats.slices++
		h.YieldAll(parkSlice)
	} else if h.Ready.Len() > 0 {
		h.Yield(parkSlice)
	}
}

// SetPriority is Task.SetPriority of package poller.
func (t *Task) SetPriority(p Priority) *Task {
	h := t.Hub
	switch {
	case p < PriorityLowest || p > PriorityHighest:
		fault.Usage("Task.SetPriority: no such priority; they are PriorityLowest to PriorityHighest")
	case Here() != h:
		fault.Usage("Task.SetPriority on another goroutine than the task's: call it there by Hub.Go")
	case p == t.prio:
		return t
	}
	h.Ready.usePriorities()
	h.preemptForWakers()
	isReady := h.Ready.Remove(t, t.prio.Level())
	t.prio = p
	if isReady {
		h.MakeReady(t)
	} else if t == h.Current {
		h.requestForPriority()
	}
	return t
}
