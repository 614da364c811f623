package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// WithTimeout calls f and returns its error, unless f is still at it when d has
// passed: then a *TimeoutError is raised, as a panic, in the call that f is
// parked in, so that f's deferred calls run, and WithTimeout recovers the panic
// and returns the error. The *TimeoutError of another WithTimeout, further out, is
// not its business: scopes nest. It is gevent's Timeout. If the task has been killed
// while f ran, and the timeout came in f's deferred calls, the task is killed again when
// it next would park.
//
// Like Kill, it cannot interrupt f between two calls that park. If f recovers
// the panic, WithTimeout returns what f does. A d of zero or less is up at the
// first call that parks.
//
// If f leaves its stack for another coroutine, as yield in a sequence of coro.Pull
// does, the time runs on, but the error waits until f runs again and parks: it is raised
// nowhere else, least of all in the consumer. While f waits for a coroutine, as next
// does, what parks there is ended, and the panic comes up to f.
//
// Outside of any task, where nothing can be raised, it only calls f.
func WithTimeout(d time.Duration, f func() error) (err error) {
	if sched.CurrentTask() == nil {
		return f()
	}
	return sched.WithTimeout(d, &TimeoutError{d}, f)
}
