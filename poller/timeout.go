package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// WithTimeout calls f and returns its error, unless f has not returned when d has passed:
// then a *TimeoutError is raised, as a panic, in the call that f is parked in, so that f's
// deferred calls run, and WithTimeout recovers the panic and returns the error. It does not
// recover the *TimeoutError of an enclosing WithTimeout: scopes nest. It is gevent's
// Timeout. If the task has been killed while f ran, and the timeout came in f's deferred
// calls, the task is killed again when it next would park.
//
// Like Kill, it cannot interrupt f between two calls that park. If f recovers the panic,
// WithTimeout returns f's error. A d of zero or less expires at the first call that parks.
//
// If f leaves its stack for another coroutine, as yield in a sequence of coro.Pull does,
// the time runs on, but the error waits until f runs again and parks: it is raised nowhere
// else, in particular not in the consumer. While f waits for a coroutine, as next does, the
// error is raised in the coroutine's call that parks, and reaches f as a panic.
//
// Outside of any task, where nothing can be raised, it only calls f.
func WithTimeout(d time.Duration, f func() error) (err error) {
	if sched.CurrentTask() == nil {
		return f()
	}
	return sched.WithTimeout(d, &TimeoutError{d}, f)
}
