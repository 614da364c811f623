package poller

import (
	"context"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Await runs f on another goroutine and waits for its result: the task parks, and the other
// tasks go on. It is for calls that would block the goroutine, as gevent's threadpool is. A
// panic in f is raised here, as a *PanicError.
//
// If the task is interrupted, by Kill or WithTimeout, it does not wait any longer; f runs
// to its end, unless it has not begun, and its result is dropped. See AwaitContext for an f
// that can be cancelled. Where 4,096 calls that were given up are still running, Await
// returns an error and does not call f.
//
// f must not use objects of the task's goroutine, such as its tasks. Calls beyond the
// limit, see SetAwaitLimit, are queued; so an f must not wait for another call of Await. In
// a goroutine without a hub, Await is f(). In a simulation the task calls f itself, see
// Simulate.
func Await[T any](f func() (T, error)) (T, error) { return sched.Await(f) }

// AwaitContext is Await for an f that takes a context: it is done when ctx is, and
// also when the task is interrupted, so that f can end early. If ctx is done before
// f has begun, f is not called, and the error is context.Cause(ctx).
func AwaitContext[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	return sched.AwaitContext(ctx, f)
}

// SetAwaitLimit sets how many calls of Await run at the same time in the process, 256 at
// first, and returns the old limit. Further calls are queued: at most one for each task,
// since a task waits for its call, and an interrupted task withdraws a call that has not
// begun. A call that has begun does not count toward the limit after the interruption.
// SetAwaitLimit may be called from any goroutine.
func SetAwaitLimit(n int) (old int) { return sched.SetAwaitLimit(n) }
