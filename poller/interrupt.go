package poller

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Kill ends t: ErrKilled is raised, as a panic, in the call that t is parked in,
// so that its deferred calls run. A task that has not started never will. Kill
// waits until t has ended, and does nothing if it has already.
//
// A task that is not parked has ErrKilled raised when it next would park. One
// that recovers the panic goes on; Kill goes on waiting, and may be called again
// by others. Kill of the calling task panics with ErrKilled at once.
//
// It may be called from any goroutine.
func (t *Task) Kill() {
	t.KillNoWait()
	t.join(noInstant)
}

// KillNoWait is Kill without waiting. (Of the calling task, it is Kill.)
func (t *Task) KillNoWait() {
	h := currentHub()
	switch {
	case t.ended.Load():
	case h != t.hub:
		t.hub.postCall(func(*hub) { t.kill() })
	case t == h.current:
		panic(ErrKilled)
	default:
		t.kill()
	}
}

// kill is called on the task's goroutine, outside of it.
func (t *Task) kill() {
	switch {
	case t.ended.Load():
	case !t.started:
		t.end(wasKilled)
	default:
		t.work.killed = true
		if x := t.extra.Load(); x != nil && x.cancel != nil {
			x.cancel(ErrKilled)
		}
		t.work.interrupt()
	}
}

// interrupt makes the task raise what waits for it: in the call where it is
// parked, or else when it next would park.
func (k *worker) interrupt() {
	k.interrupted = true
	if k.shielded == 0 && k.w.claim(errInterrupted) {
		k.hub.makeReady(k.task)
	}
}

// mustRaise reports whether raise, called on the running stack, will panic.
func (k *worker) mustRaise() bool {
	h := k.hub
	switch {
	case k.misused:
		return true
	case k.shielded > 0:
		return false
	case k.killed, h.ending.dying && k.raised < patience:
		return true
	case len(h.scopes.overdue) > 0:
		return k.overdue(h.root.stack.Running()) != nil
	}
	k.interrupted = h.ending.dying
	return false
}

// patience is how often a task that goes on parking while its hub is dying has
// ErrKilled raised before it is left behind.
const patience = 100

// raise panics with what waits to be raised in t, the running task: ErrKilled,
// or else the outermost WithTimeout whose time is up. It returns if there is
// nothing.
func (t *Task) raise() {
	k, h := t.work, t.hub
	if k.misused {
		k.misused = false
		fault.Usage("a parked task was switched to by something other than its hub")
	}
	if k.shielded > 0 {
		return
	}
	if k.killed || h.ending.dying {
		k.killed = false
		k.interrupted = h.ending.dying || len(h.scopes.overdue) > 0
		k.raised++
		panic(ErrKilled)
	}
	s := k.overdue(h.root.stack.Running())
	if s == nil {
		k.interrupted = len(h.scopes.overdue) > 0
		return
	}
	s.forget()
	s.wasRaised = true
	panic(s.err)
}

// shield calls f, during which nothing is raised in the task on k: what comes
// meanwhile is raised by the next call that parks. f must not wait for something that
// only the end of the task can bring.
func (k *worker) shield(f func()) {
	k.shielded++
	defer func() { k.shielded-- }()
	f()
}

// raiseInterruption panics in the running task with what errInterrupted has
// announced.
func raiseInterruption(h *hub) {
	mayBlock(h)
	h.current.raise()
	fault.Bug("interrupted without a reason")
}

// fail ends t, which has panicked with v.
func (t *Task) fail(v any) {
	if err := failure(v); err != ErrKilled {
		t.more().err = err
		t.end(failed)
	} else {
		t.end(wasKilled)
	}
}

// failure turns the panic value that has ended a task into its error. It is
// called while the frames that panicked are still there.
func failure(v any) error {
	if err, ok := v.(error); ok {
		if p, ok := err.(*coro.PanicError); ok {
			if errors.Is(p, ErrKilled) {
				return ErrKilled // it came up through a coroutine of the task
			}
			return p
		}
		if errors.Is(err, ErrKilled) {
			return ErrKilled
		}
	}
	return &coro.PanicError{Value: v, Stack: debug.Stack()}
}

// errorHandler is what SetErrorHandler sets.
var errorHandler atomic.Pointer[func(t *Task, err *coro.PanicError)]

// SetErrorHandler sets the function that is told of each task that ended by a
// panic while nobody was waiting for it, and returns the one set before, nil at
// first. nil means to print the panic and its stack to standard error. The main
// task of a Run is not reported: its error is Run's result.
//
// The handler runs on the goroutine of the task, outside of any task, and must not
// wait: a call that would, panics, as in a function of Link. There is one handler for
// the whole process. SetErrorHandler may be called from any goroutine.
func SetErrorHandler(f func(t *Task, err *coro.PanicError)) (old func(t *Task, err *coro.PanicError)) {
	p := &f
	if f == nil {
		p = nil
	}
	if p := errorHandler.Swap(p); p != nil {
		return *p
	}
	return nil
}

// report tells the error handler of t's panic if nobody else gets to know.
func (t *Task) report() {
	x := t.extra.Load()
	if p, ok := x.err.(*coro.PanicError); ok && t != t.hub.ending.main && t.joiners.head == nil && !x.watched && x.remote.Load() == nil {
		handleError(t, p)
	}
}

func handleError(t *Task, p *coro.PanicError) {
	if f := errorHandler.Load(); f != nil {
		t.hub.callOut(func() { (*f)(t, p) })
		return
	}
	fmt.Fprintf(os.Stderr, "poller: %s ended: %v\n", t.Name(), p)
}
