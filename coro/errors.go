package coro

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/stackful-go/stackful"
)

// ErrExit ends a coroutine quietly: thrown into one, it runs the deferred calls
// on its way out, and where any other panic would be raised in the parent,
// ErrExit itself becomes the result of the parent's pending Switch. So does any
// error for which errors.Is(err, ErrExit) holds. It is greenlet's GreenletExit.
var ErrExit = errors.New("coro: coroutine exit")

// The ways of misuse. Where there is no error result, the panic value is a
// *stackful.UsageError that errors.Is matches against one of these.
var (
	ErrWrongGoroutine = stackful.ErrWrongGoroutine // the coroutine belongs to another goroutine
	ErrForeignFrames  = stackful.ErrForeignFrames  // switch inside a callback from C
	ErrRunning        = stackful.ErrRunning        // the coroutine is the current one
	ErrDone           = stackful.ErrDone           // the coroutine is dead

	ErrParentCycle = errors.New("coro: cyclic parent chain")
	ErrRoot        = errors.New("coro: not possible for the root coroutine of a goroutine")
	ErrNoParent    = errors.New("coro: a parent is needed")
	ErrNoBody      = errors.New("coro: a body function is needed")
	ErrNilThrow    = errors.New("coro: an error to throw is needed")

	// ErrParked: a task of package poller is parked in the coroutine, or in one whose end would
	// come to it. Only the task goes on there, when its wait is over. To end it, kill the task.
	ErrParked = errors.New("coro: a task is parked in the coroutine")

	// ErrReentered: next, or Send, was called while the sequence was computing
	// a value; or yield was called outside of a call to next or Send.
	ErrReentered = errors.New("coro: generator is already running")

	// ErrNotYielded: while next, stop, or a method of a Generator waited for the sequence,
	// something else switched to the waiting coroutine. The sequence is still where it was,
	// without a waiter.
	ErrNotYielded = errors.New("coro: switched to while waiting for a generator")

	// ErrRefusedExit: a coroutine recovered from ErrExit and went on.
	ErrRefusedExit = errors.New("coro: coroutine did not end when it was told to")
)

func misuse(op string, err error) { panic(&stackful.UsageError{Op: op, Err: err}) }

// A PanicError is what an uncaught panic in a coroutine becomes in its parent:
// the parent's pending Switch panics with it. On its way up through several
// coroutines it stays the same PanicError.
type PanicError struct {
	Value any    // the panic value
	Stack []byte // the text of the coroutine's stack when it panicked; empty if it had not started
}

func newPanicError(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }

// Error returns the panic value and the stack of the coroutine that panicked.
func (e *PanicError) Error() string {
	if len(e.Stack) == 0 {
		return fmt.Sprintf("coro: panic in a coroutine: %v", e.Value)
	}
	return fmt.Sprintf("coro: panic in a coroutine: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the panic value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
