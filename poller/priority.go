package poller

import (
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Priority determines which of the ready tasks runs first. The names and the number of
// them are libev's, which gevent uses.
type Priority int8

// The priorities. Tasks start with PriorityNormal.
const (
	PriorityLowest  Priority = -2
	PriorityLow     Priority = -1
	PriorityNormal  Priority = 0
	PriorityHigh    Priority = 1
	PriorityHighest Priority = 2
)

// SetPriority changes t's priority, and returns t. Of the ready tasks, one of the highest
// priority is switched to; tasks of one priority run in the order in which they became
// ready. A task that is ready and of lower priority runs nevertheless after at most 32
// tasks of higher priority for each task that is before it in its own: it is delayed, never
// starved.
//
// When a task of higher priority becomes ready, the running task yields to it in its next
// call that could wait, and in Checkpoint.
//
// It must be called on the goroutine of t's hub; it panics elsewhere, and if p is
// not between PriorityLowest and PriorityHighest.
func (t *Task) SetPriority(p Priority) *Task {
	return (*Task)(t.sched().SetPriority(sched.Priority(p)))
}

// Priority returns t's priority. It must be called on the goroutine of t's hub.
func (t *Task) Priority() Priority { return Priority(t.sched().Priority()) }
