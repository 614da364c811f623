package cli

import (
	"errors"
	"fmt"
)

// Exit codes.
const (
	ExitFailed      = 1
	ExitUsage       = 2
	ExitInterrupted = 130 // as shells have it for ctrl-C
)

// ErrReported is a failure that has been told already: the program prints no more, and
// exits with ExitFailed.
var ErrReported = errors.New("failed")

// ExitedWith is a failure that a child process has told of already, and its exit code,
// which becomes the program's.
type ExitedWith int

func (e ExitedWith) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// A usageError is a call that the program does not understand.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Usagef returns the error for a call that a subcommand does not understand: the program
// prints it with a reference to the help text, and exits with ExitUsage.
func Usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }
