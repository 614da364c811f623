package stackful

import (
	"errors"
	"fmt"
)

// The ways of misuse that a caller can tell apart. Switch, SwitchRun, Yielded and
// the return of an entry function have no error result, so they panic with a
// *UsageError that errors.Is matches against one of these.
var (
	// ErrWrongGoroutine: the stack belongs to another goroutine. A stack may
	// be switched to only by the goroutine on which it was made.
	ErrWrongGoroutine = errors.New("stackful: stack belongs to another goroutine")

	// ErrDone: the stack's entry function has returned, or the stack was ended
	// by runtime.Goexit.
	ErrDone = errors.New("stackful: stack is done")

	// ErrForeignFrames: the goroutine is inside a callback from C, or was
	// made by C. C frames are on the thread's own stack, in last-in-first-out order,
	// so a Go stack must not be left while some of them would have to stay behind.
	ErrForeignFrames = errors.New("stackful: switch inside a callback from C")

	// ErrThreadLocked: the goroutine is locked to its thread, by runtime.LockOSThread,
	// and the backend is the portable one, whose stacks run on other threads. (The native
	// one keeps the thread.) It is locked inside a callback from C, too.
	ErrThreadLocked = errors.New("stackful: switch on a thread-locked goroutine in the portable backend")

	// ErrNotInitialized: the zero Stack was used before Init.
	ErrNotInitialized = errors.New("stackful: stack is not initialized")

	// ErrRunning: the stack is running, or a goroutine's own, and must not be.
	ErrRunning = errors.New("stackful: stack is running")

	// ErrNoResumer: Yielded was called on a stack without a resumer.
	ErrNoResumer = errors.New("stackful: stack that yields has no resumer")

	// ErrStarted: Init was called on a stack that is already in use.
	ErrStarted = errors.New("stackful: stack is already in use")
)

// A UsageError is the panic value of a refused operation. Nothing has changed
// when it is raised: the running stack goes on, the target is as it was.
type UsageError struct {
	Op  string // the refused operation, such as "Switch"
	Err error  // one of the package's Err values
}

func (e *UsageError) Error() string { return fmt.Sprintf("%v (in %s)", e.Err, e.Op) }

// Unwrap returns e.Err.
func (e *UsageError) Unwrap() error { return e.Err }

func misuse(op string, err error) { panic(&UsageError{Op: op, Err: err}) }
