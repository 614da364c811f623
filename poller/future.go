package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Future is the result of a function that runs as a task of its own. Async makes it; the
// methods of the zero Future panic with a *UsageError.
type Future[T any] struct {
	task  *Task
	value T
	err   error
}

// Async starts f as a task, like Go, and returns its result to be.
func Async[T any](f func() (T, error)) *Future[T] {
	r := new(Future[T])
	r.task = Go(func() { sched.NoteEntry(f); r.value, r.err = f() })
	return r
}

// Get waits until f has ended and returns its results. If f did not return, the
// error is that of its task: a *PanicError, or ErrKilled.
//
// It may be called from any goroutine, and again.
func (r *Future[T]) Get() (T, error) {
	_, err := r.made("Get").JoinUntil(sched.Never)
	return r.result(err)
}

// GetTimeout is Get with a limit: the error is os.ErrDeadlineExceeded if f has not
// ended in time.
func (r *Future[T]) GetTimeout(d time.Duration) (T, error) {
	ended, err := r.made("GetTimeout").JoinUntil(sched.After(d))
	if !ended {
		var zero T
		return zero, err
	}
	return r.result(err)
}

func (r *Future[T]) result(err error) (T, error) {
	if err != nil {
		var zero T
		return zero, err
	}
	return r.value, r.err
}

// Ready reports whether Get would not wait.
func (r *Future[T]) Ready() bool { return r.made("Ready").Ended() }

// Err returns nil while f has not ended, and then Get's error.
func (r *Future[T]) Err() error {
	t := r.made("Err")
	if !t.Ended() {
		return nil
	}
	_, err := r.result(t.Error())
	return err
}

// made returns the task. The zero Future has none.
func (r *Future[T]) made(call string) *sched.Task {
	if r.task == nil {
		fault.Usage("Future." + call + " of the zero Future: it is the result of Async")
	}
	return r.task.sched()
}

// Task returns the task that f runs in.
func (r *Future[T]) Task() *Task { return r.task }
