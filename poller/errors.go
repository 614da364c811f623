package poller

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A PanicError is the error of Join for a task that has panicked. It is the same type as in
// package coro. Its Error is one line; formatted by %+v it has the stack of the task when it
// panicked.
type PanicError = coro.PanicError

// A UsageError is the panic value of a call that breaks the rules of this package. Its Text
// names the call, and what to do. Nothing has changed when it is raised.
type UsageError = fault.UsageError

var (
	// ErrKilled is the error of a task that was ended by Kill, or by the end of Run: it is
	// the panic that runs the task's deferred calls, and then the result of its Err and
	// Join.
	ErrKilled = sched.ErrKilled

	// ErrDeadlock matches every *DeadlockError, by errors.Is.
	ErrDeadlock = errors.New("poller: tasks would wait for ever")

	// ErrRunning is the result of a Run on a goroutine that is in Run already.
	ErrRunning = sched.ErrRunning

	// ErrGoexit is the error of a task that called runtime.Goexit, or a testing.T's
	// FailNow: the goroutine's other tasks are killed, and then the goroutine ends.
	ErrGoexit = sched.ErrGoexit
)

// A DeadlockError is the error of a Join that can never return, since all tasks wait for
// each other and nothing else can wake one; and of a Run whose tasks all wait in such a way.
// errors.Is matches it with ErrDeadlock.
type DeadlockError struct {
	Dump string // the tasks, with the reason of each wait
}

func (e *DeadlockError) Error() string { return ErrDeadlock.Error() + "\n" + e.Dump }

// Is reports whether target is ErrDeadlock.
func (e *DeadlockError) Is(target error) bool { return target == ErrDeadlock }

// A TimeoutError is the error of a WithTimeout whose limit has expired. It is a net.Error,
// and errors.Is matches it with os.ErrDeadlineExceeded.
type TimeoutError struct {
	Duration time.Duration // the time that was allowed
}

func (e *TimeoutError) Error() string { return fmt.Sprintf("poller: not done within %v", e.Duration) }

// Timeout returns true.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary returns true.
func (e *TimeoutError) Temporary() bool { return true }

// Is reports whether target is os.ErrDeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// An UnsupportedError is the error of an operation that needs a feature which the platform
// lacks. errors.Is matches it with errors.ErrUnsupported.
type UnsupportedError struct {
	GOOS, GOARCH, GoVersion string
	Needs                   string // the missing feature
}

func init() {
	sched.NewDeadlockError = func(dump string) error { return &DeadlockError{Dump: dump} }
	fault.Unsupported = func(needs string) error {
		return &UnsupportedError{runtime.GOOS, runtime.GOARCH, runtime.Version(), needs}
	}
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("poller: %s is not available on %s/%s (%s)", e.Needs, e.GOOS, e.GOARCH, e.GoVersion)
}

// Is reports whether target is errors.ErrUnsupported.
func (e *UnsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }
