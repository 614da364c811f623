package poller

import (
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Call runs f as a task of the hub and returns its results: Hub.Go that waits. It parks the task
// that calls it, and blocks a goroutine that is in no task. If f does not return, the error is
// that of its task: a *PanicError, or ErrKilled. It is ErrEnded if the hub's Run is over, or
// ends before f has started.
//
// If the caller is interrupted, by Kill or WithTimeout, f goes on, and its results are dropped.
func Call[T any](to Hub, f func() (T, error)) (T, error) {
	if to.h == nil {
		fault.Usage("Call on the zero Hub: a Hub is the result of Here, in a task")
	}
	if f == nil {
		fault.Usage("Call of a nil function")
	}
	// The results are written by the hub's goroutine, and published by done.
	var r struct {
		done  Event
		value T
		err   error
	}
	if !to.h.CallFrom(func() { sched.NoteEntry(f); r.value, r.err = f() }, func(err error) {
		if err != nil { // f has not returned
			r.err = err
		}
		r.done.Set()
	}) {
		return r.value, ErrEnded
	}
	r.done.Wait()
	return r.value, r.err
}
