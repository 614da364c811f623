package sched

import (
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Priority is poller.Priority.
type Priority int8

// The priorities, as in package poller.
const (
	PriorityLowest  Priority = -2
	PriorityLow     Priority = -1
	PriorityNormal  Priority = 0
	PriorityHigh    Priority = 1
	PriorityHighest Priority = 2
)

// Priorities is the number of priorities, levelNormal the Level of the normal one.
const (
	Priorities  = int(PriorityHighest-PriorityLowest) + 1
	levelNormal = int(PriorityNormal - PriorityLowest)
)

// Level returns p as an index, from 0 for the lowest.
func (p Priority) Level() int { return int(p - PriorityLowest) }

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
	isReady := h.Ready.Remove(t, t.prio.Level())
	t.prio = p
	if isReady {
		h.MakeReady(t)
	} else if t == h.Current {
		biased.StoreRelease(&h.PreemptRequest, preemptPriority) // a ready task may have a higher one now
	}
	return t
}

// Priority is Task.Priority of package poller.
func (t *Task) Priority() Priority { return t.prio }
