package poller

import (
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// SetErrorHandler sets the function that is called for each task that has ended by a panic
// without a joiner, and returns the previous one, nil at first. nil means to print the
// panic and its stack to standard error. The main task of a Run is not reported: its error
// is Run's result.
//
// The handler runs on the goroutine of the task, outside of any task, and must not wait: a
// call that would wait panics, as in a function of Link. There is one handler for the whole
// process. SetErrorHandler may be called from any goroutine.
func SetErrorHandler(f func(t *Task, err *PanicError)) (old func(t *Task, err *PanicError)) {
	errorHandler.mu.Lock()
	defer errorHandler.mu.Unlock()
	old, errorHandler.f = errorHandler.f, f
	if f == nil {
		sched.SetErrorHandler(nil)
	} else {
		sched.SetErrorHandler(func(t *sched.Task, err *PanicError) { f((*Task)(t), err) })
	}
	return old
}

// errorHandler is what SetErrorHandler has set.
var errorHandler struct {
	mu runtimepatch.Mutex
	f  func(t *Task, err *PanicError)
}
