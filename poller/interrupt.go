package poller

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"
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
	if k.w.claim(errInterrupted) {
		k.hub.makeReady(k.task)
	}
}

// mustRaise reports whether raise will panic.
func (k *worker) mustRaise() bool {
	if k.killed {
		return true
	}
	for s := k.scope; s != nil; s = s.outer {
		if s.isDue {
			return true
		}
	}
	return k.hub.dying && k.raised < patience
}

// patience is how often a task that goes on parking while its hub is dying has
// ErrKilled raised before it is left behind.
const patience = 100

// raise panics with what waits to be raised in t, the running task: ErrKilled,
// or else the outermost WithTimeout whose time is up. It returns if there is
// nothing.
func (t *Task) raise() {
	k := t.work
	if k.killed || t.hub.dying {
		k.killed = false
		k.interrupted = k.scope != nil || t.hub.dying
		k.raised++
		panic(ErrKilled)
	}
	var due *scope
	for s := k.scope; s != nil; s = s.outer {
		if s.isDue {
			due = s
		}
	}
	if due == nil {
		k.interrupted = false
		return
	}
	due.isDue = false
	due.wasRaised = true
	panic(due.err)
}

// raiseInterruption panics in the running task with what errInterrupted has
// announced.
func raiseInterruption(h *hub) {
	if h.current == nil {
		usage("a function called by Link must not wait")
	}
	h.current.raise()
	bug("interrupted without a reason")
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
		if p, ok := err.(*PanicError); ok {
			if errors.Is(p, ErrKilled) {
				return ErrKilled // it came up through a coroutine of the task
			}
			return p
		}
		if errors.Is(err, ErrKilled) {
			return ErrKilled
		}
	}
	return &PanicError{Value: v, Stack: debug.Stack()}
}

// errorHandler is what SetErrorHandler sets.
var errorHandler atomic.Pointer[func(t *Task, err *PanicError)]

// SetErrorHandler sets the function that is told of each task that ended by a
// panic while nobody was waiting for it, and returns the one set before, nil at
// first. nil means to print the panic and its stack to standard error. The main
// task of a Run is not reported: its error is Run's result.
//
// The handler runs on the goroutine of the task, and must not park. There is one
// for the whole process. SetErrorHandler may be called from any goroutine.
func SetErrorHandler(f func(t *Task, err *PanicError)) (old func(t *Task, err *PanicError)) {
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
	if p, ok := x.err.(*PanicError); ok && t != t.hub.main && t.joiners.head == nil && !x.watched && x.remote.Load() == nil {
		handleError(t, p)
	}
}

func handleError(t *Task, p *PanicError) {
	if f := errorHandler.Load(); f != nil {
		(*f)(t, p)
		return
	}
	fmt.Fprintf(os.Stderr, "poller: %s ended: %v\n", t.Name(), p)
}

// A scope is one WithTimeout in progress.
type scope struct {
	outer     *scope
	worker    *worker
	timer     timer
	err       *TimeoutError
	isDue     bool
	wasRaised bool
}

func (s *scope) expire(int64) {
	s.isDue = true
	s.worker.interrupt()
}

// WithTimeout calls f and returns its error, unless f is still at it when d has
// passed: then a *TimeoutError is raised, as a panic, in the call that f is
// parked in, so that f's deferred calls run, and WithTimeout recovers the panic
// and returns the error. The *TimeoutError of another WithTimeout, further out, is
// not its business: scopes nest. It is gevent's Timeout.
//
// Like Kill, it cannot interrupt f between two calls that park. If f recovers
// the panic, WithTimeout returns what f does. A d of zero or less is up at the
// first call that parks.
//
// Outside of any task, where nothing can be raised, it only calls f.
func WithTimeout(d time.Duration, f func() error) (err error) {
	t := currentTask()
	if t == nil {
		return f()
	}
	h, k := t.hub, t.work
	s := &scope{outer: k.scope, worker: k, err: &TimeoutError{d}}
	s.timer.owner = s
	k.scope = s
	if d <= 0 {
		s.isDue = true
		k.interrupted = true
	} else {
		h.timers.arm(&s.timer, after(d))
	}
	defer func() {
		h.timers.disarm(&s.timer)
		k.scope = s.outer
		if !s.wasRaised {
			return
		}
		if v := recover(); isRaised(v, s.err) {
			err = s.err
		} else if v != nil {
			panic(v)
		}
	}()
	return f()
}

// isRaised reports whether the panic value v is err, or err that came up through
// a coroutine of the task.
func isRaised(v any, err *TimeoutError) bool {
	switch v := v.(type) {
	case *TimeoutError:
		return v == err
	case *PanicError:
		inner, _ := v.Value.(*TimeoutError)
		return inner == err
	}
	return false
}
