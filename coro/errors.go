package coro

import (
	"errors"
	"fmt"
	"io"
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
	// a value.
	ErrReentered = errors.New("coro: generator is already running")

	// ErrMisplacedYield: yield was called outside of the generator or sequence that it was
	// given to: in another coroutine, or after the end. errors.Is matches it with ErrReentered,
	// too.
	ErrMisplacedYield error = misplacedYield{}

	// ErrNotYielded: while next, stop, or a method of a Generator waited for the sequence,
	// something else switched to the waiting coroutine. The sequence is still where it was,
	// without a waiter.
	ErrNotYielded = errors.New("coro: switched to while waiting for a generator")

	// ErrRefusedExit: a coroutine recovered from ErrExit and went on.
	ErrRefusedExit = errors.New("coro: coroutine did not end when it was told to")
)

// misplacedYield is the type of ErrMisplacedYield.
type misplacedYield struct{}

func (misplacedYield) Error() string {
	return "coro: yield outside of its generator: call it only in the function that it was given to, in that function's own coroutine, before it returns"
}

func (misplacedYield) Is(target error) bool { return target == ErrReentered }

func misuse(op string, err error) { panic(&stackful.UsageError{Op: op, Err: err}) }

// A PanicError is what an uncaught panic in a coroutine becomes in its parent:
// the parent's pending Switch panics with it. On its way up through several
// coroutines it stays the same PanicError.
type PanicError struct {
	Value any    // the panic value
	Stack []byte // the text of the coroutine's stack when it panicked; empty if it had not started
	In    string // what panicked, such as "task accept"; "" stands for a coroutine
}

func newPanicError(v any) *PanicError { return &PanicError{Value: v, Stack: debug.Stack()} }

// Error returns what panicked, and the panic value. For a coroutine the stack follows, as it
// is Go that prints the text if nobody recovers the panic in the parent. That of a task of package
// poller is one line: it is an error, returned by Join, and %+v has the stack.
func (e *PanicError) Error() string {
	if e.In == "" {
		return e.long()
	}
	return e.line()
}

func (e *PanicError) line() string {
	if e.In == "" {
		return fmt.Sprintf("coro: panic in a coroutine: %v", e.Value)
	}
	return fmt.Sprintf("poller: panic in %s: %v", e.In, e.Value)
}

func (e *PanicError) long() string {
	if len(e.Stack) == 0 {
		return e.line()
	}
	return e.line() + "\n\n" + string(e.Stack)
}

// Format implements fmt.Formatter: %+v has the stack, all else formats Error.
func (e *PanicError) Format(s fmt.State, verb rune) {
	if verb == 'v' && s.Flag('+') {
		io.WriteString(s, e.long())
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), e.Error())
}

// Unwrap returns the panic value if it is an error, else nil.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
