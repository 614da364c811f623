package poller

import (
	"errors"
	"fmt"
)

var (
	// ErrKilled is how a task ends that Kill, or the end of Run, has ended: it
	// is the panic that runs the task's deferred calls, and then the result of
	// its Err and Join.
	ErrKilled = errors.New("poller: task killed")

	// ErrRunning is the result of a Run on a goroutine that is in Run already.
	ErrRunning = errors.New("poller: Run inside Run on one goroutine")

	// ErrGoexit is how a task ends that called runtime.Goexit, or a testing.T's
	// FailNow: the goroutine's other tasks are killed, and then the goroutine ends.
	ErrGoexit = errors.New("poller: task called runtime.Goexit")

	// ErrEnded is the result of Hub.Go when the Run is over.
	ErrEnded = errors.New("poller: the hub's Run has ended")

	// ErrSimulated is what a simulation refuses with: what was asked for would make it
	// depend on the world outside.
	ErrSimulated = errors.New("poller: not in a simulation")

	// ErrEndless is the result of a Simulate that has made too many switches.
	ErrEndless = errors.New("poller: the simulation does not end")
)

// errIntruded is the end of a task that has switched, by package stackful, to a stack in
// which another task is parked.
var errIntruded = errors.New("poller: the task has switched to the stack of a parked task, and nothing can resume it")

// errBubble is why there is no hub in a bubble of testing/synctest.
var errBubble = fmt.Errorf("poller: a hub cannot run in a testing/synctest bubble, whose clock stands still "+
	"while it waits for the system: use it outside, or Simulate (%w)", errors.ErrUnsupported)

// errInterrupted tells the code that parked a task that something waits to be
// raised in it: clean up, then call Task.raise.
var errInterrupted = errors.New("poller: BUG: interruption not raised")

// newDeadlockError returns the error of tasks that wait for each other. Package poller, whose
// exported type it has, sets it before anything is called.
var newDeadlockError func(dump string) error
