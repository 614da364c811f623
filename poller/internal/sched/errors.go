package sched

import (
	"errors"
	"fmt"
)

// The errors that package poller exports under the same names.
var (
	ErrKilled    = errors.New("poller: task killed")
	ErrRunning   = errors.New("poller: Run inside Run on one goroutine")
	ErrGoexit    = errors.New("poller: task called runtime.Goexit")
	ErrEnded     = errors.New("poller: the hub's Run has ended")
	ErrSimulated = errors.New("poller: not in a simulation")
	ErrEndless   = errors.New("poller: the simulation does not end")
)

// ErrIntruded is the error of a task that has switched, by package stackful, to a stack on
// which another task is parked, see away.go.
var ErrIntruded = errors.New("poller: the task has switched to the stack of a parked task, and nothing can resume it")

// errBubble is returned where a hub would be needed in a bubble of testing/synctest.
var errBubble = fmt.Errorf("poller: a hub cannot run in a testing/synctest bubble, whose clock stands still "+
	"while it waits for the system: use it outside, or Simulate (%w)", errors.ErrUnsupported)

// ErrInterrupted is the result of a wait that an interruption has ended. It never reaches
// users: the code that parked the task must clean up and then call Raise, which panics with
// the interruption.
var ErrInterrupted = errors.New("poller: BUG: interruption not raised")

// NewDeadlockError returns the error of tasks that wait for each other. Its type is one that
// package poller exports, whose init sets the variable.
var NewDeadlockError func(dump string) error
