package poller

import (
	"context"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Task is a function that runs on a stack of its own, in turn with the other
// tasks of its goroutine. It is gevent's Greenlet.
//
// All methods may be called from any goroutine, except those that say otherwise.
type Task sched.Task

// sched returns t as package sched's type.
func (t *Task) sched() *sched.Task { return (*sched.Task)(t) }

// Go makes f a task of the calling goroutine's hub, at the end of the run queue: tasks
// start in the order of their Go calls. Go does not switch.
//
// A panic in f that f does not recover ends the task, not the process: it becomes the
// PanicError that Join returns, and is reported by the error handler (see SetErrorHandler)
// if the task has no joiner at that moment. A runtime.Goexit in f ends the goroutine, as it
// would without tasks: the other tasks are killed, and Run's caller exits.
//
// It panics outside of Run, where no hub could run f: see Hub.Go, and GoErr for a function
// that returns an error.
func Go(f func()) *Task { return (*Task)(sched.Go(f)) }

// GoErr is Go for a function that returns an error, which becomes the task's: Join and Err
// return it. It is not reported by the error handler, as a panic is.
func GoErr(f func() error) *Task { return (*Task)(sched.GoErr(f)) }

// GoAfter is Go for a task that starts when d has passed. A Kill before that prevents the
// start.
func GoAfter(d time.Duration, f func()) *Task { return (*Task)(sched.GoAfter(d, f)) }

// Current returns the running task, nil outside of any.
func Current() *Task { return (*Task)(sched.CurrentTask()) }

// Done returns a channel that is closed when t has ended. It is for goroutines
// without tasks, and for select; a task would block its whole goroutine by
// receiving from it.
func (t *Task) Done() <-chan struct{} { return t.sched().Done() }

// Ended reports whether t has ended.
func (t *Task) Ended() bool { return t.sched().Ended() }

// Err returns nil while t has not ended, and then Join's result.
func (t *Task) Err() error { return t.sched().Err() }

// Name returns the name that SetName has set, or else "task-" and a number that no other
// task of its Run has.
func (t *Task) Name() string { return t.sched().Name() }

// SetName gives t a name, for Dump and reports. It returns t. It must be called on
// the goroutine of t's hub.
func (t *Task) SetName(name string) *Task { return (*Task)(t.sched().SetName(name)) }

// Link has f called when t has ended, or at once if it has: in the order of the Link calls,
// before t's joiners go on. It is greenlet.link of gevent.
//
// f is called on the goroutine of t's hub, outside of any task, with t, and must not wait:
// a call of this package that would wait panics, and names the function. A panic in f is
// reported by the error handler, see SetErrorHandler. Link must be called on the same
// goroutine, and panics elsewhere.
func (t *Task) Link(f func(t *Task)) { t.sched().Link(func(t *sched.Task) { f((*Task)(t)) }) }

// Join waits until t has ended, and returns t's error: nil if its function has
// returned, ErrKilled, a *PanicError, or ErrGoexit. It returns a *DeadlockError
// if t can never end because it waits, itself or through others, for the
// calling task.
//
// In a task, Join parks it; elsewhere it blocks the goroutine.
func (t *Task) Join() error { return t.sched().Join() }

// JoinTimeout is Join with a limit: it returns os.ErrDeadlineExceeded if t has not ended
// when d has passed. With a d of zero or less it does not wait.
func (t *Task) JoinTimeout(d time.Duration) error { return t.sched().JoinTimeout(d) }

// Kill ends t: ErrKilled is raised, as a panic, in the call that t is parked in,
// so that its deferred calls run. A task that has not started never will. Kill
// waits until t has ended, and does nothing if it has already; see KillTimeout for one that tells.
//
// A task that is not parked has ErrKilled raised when it next would park. A task that
// recovers the panic goes on; Kill goes on waiting, and may be called again by others. Kill
// of the calling task panics with ErrKilled at once.
//
// It may be called from any goroutine.
func (t *Task) Kill() { t.sched().Kill() }

// KillTimeout is Kill with a limit: it returns nil if t has ended, by the kill or otherwise, and
// os.ErrDeadlineExceeded if it has not when d has passed, as one that recovers the panic; or a
// *DeadlockError if t can never end because it waits for the calling task.
func (t *Task) KillTimeout(d time.Duration) error { return t.sched().KillTimeout(d) }

// KillNoWait is Kill without waiting. (Of the calling task, it is Kill.)
func (t *Task) KillNoWait() { t.sched().KillNoWait() }

// Context returns a context that is done when the task is killed, or ends. Its
// cause is then ErrKilled, or the task's error. It must be called in a task of the
// same goroutine; the context may be used anywhere.
func (t *Task) Context() context.Context { return t.sched().Context() }
