package poller

import (
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Local is a variable with one value for each task. A new task inherits the current
// values of the task that starts it. Make it with NewLocal. Its methods are for tasks;
// outside of any, Get returns the zero value.
type Local[T any] struct{ _ byte }

// NewLocal returns a new variable, holding T's zero value in every task.
func NewLocal[T any]() *Local[T] { return new(Local[T]) }

// Get returns the running task's value.
func (l *Local[T]) Get() (v T) {
	if t := sched.CurrentTask(); t != nil {
		if x := t.Extra.Load(); x != nil {
			v, _ = x.Locals[l].(T)
		}
	}
	return v
}

// Set changes the running task's value. It panics outside of any task.
func (l *Local[T]) Set(v T) {
	t := sched.CurrentTask()
	if t == nil {
		fault.Usage("Local.Set outside of a task: there is nothing to set it for")
	}
	x := t.More()
	if x.Locals == nil {
		x.Locals = make(map[any]any)
	}
	x.Locals[l] = v
}
