package sched

import (
	"errors"
	"fmt"
)

// What package poller exports, with these values.
var (
	ErrKilled    = errors.New("poller: task killed")
	ErrRunning   = errors.New("poller: Run inside Run on one goroutine")
	ErrGoexit    = errors.New("poller: task called runtime.Goexit")
	ErrEnded     = errors.New("poller: the hub's Run has ended")
	ErrSimulated = errors.New("poller: not in a simulation")
	ErrEndless   = errors.New("poller: the simulation does not end")
)

// ErrIntruded is the end of a task that has switched, by package stackful, to a stack in
// which another task is parked.
var ErrIntruded = errors.New("poller: the task has switched to the stack of a parked task, and nothing can resume it")

// errBubble is why there is no hub in a bubble of testing/synctest.
var errBubble = fmt.Errorf("poller: a hub cannot run in a testing/synctest bubble, whose clock stands still "+
	"while it waits for the system: use it outside, or Simulate (%w)", errors.ErrUnsupported)

// ErrInterrupted tells the code that parked a task that something waits to be
// raised in it: clean up, then call Task.Raise.
var ErrInterrupted = errors.New("poller: BUG: interruption not raised")

// NewDeadlockError returns the error of tasks that wait for each other. Package poller, whose
// exported type it has, sets it before anything is called.
var NewDeadlockError func(dump string) error
