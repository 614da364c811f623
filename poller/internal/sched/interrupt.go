package sched

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// An interruption is ErrKilled, or the error of a WithTimeout that has expired. It is raised
// as a panic in the task, by the call in which the task is parked or by its next call that
// parks, and nowhere else. Interrupted is the one flag that those calls test; MustRaise and
// Raise find out what is pending, which may be nothing.

// Kill is Task.Kill of package poller.
func (t *Task) Kill() {
	t.KillNoWait()
	t.JoinUntil(Never)
}

// KillTimeout is Task.KillTimeout of package poller.
func (t *Task) KillTimeout(d time.Duration) error {
	t.KillNoWait()
	if ended, err := t.JoinUntil(After(d)); !ended {
		return err
	}
	return nil
}

// KillNoWait is Task.KillNoWait of package poller.
func (t *Task) KillNoWait() {
	h := Here()
	switch {
	case t.HasEnded.Load():
	case h != t.Hub:
		t.Hub.Post(func(*Hub) { t.KillLocal() })
	case t == h.Current:
		panic(ErrKilled)
	default:
		t.KillLocal()
	}
}

// KillLocal kills t. It must be called on the goroutine of t's hub, not in t itself.
func (t *Task) KillLocal() {
	switch {
	case t.HasEnded.Load():
	case !t.started:
		t.End(WasKilled)
	default:
		t.Fiber.killed = true
		if x := t.Extra.Load(); x != nil && x.cancel != nil {
			x.cancel(ErrKilled)
		}
		t.Fiber.interrupt()
	}
}

// interrupt has the task raise its pending interruption: in the call in which it is parked,
// if this claims the wait, or else in its next call that parks.
func (k *Fiber) interrupt() {
	k.Interrupted = true
	if k.shielded == 0 && k.W.Claim(ErrInterrupted) {
		k.hub.MakeReady(k.Task)
	}
}

// MustRaise reports whether Raise, called on the running stack, would panic. It resets
// Interrupted if nothing is pending.
func (k *Fiber) MustRaise() bool {
	h := k.hub
	switch {
	case k.misused:
		return true
	case k.shielded > 0:
		return false
	case k.killed, h.Ending.Dying && k.raised < MaxKillRaises:
		return true
	case len(h.Scopes.Overdue) > 0:
		return k.overdue(h.root.stack.Running()) != nil
	}
	k.Interrupted = h.Ending.Dying
	return false
}

// MaxKillRaises is how often a task that goes on parking while its hub is dying has
// ErrKilled raised before shutdown abandons it.
const MaxKillRaises = 100

// Raise panics with the pending interruption of t, the running task: ErrKilled,
// or else the error of the outermost WithTimeout that has expired. It returns if none is
// pending, or if the task is shielded.
func (t *Task) Raise() {
	k, h := t.Fiber, t.Hub
	if k.misused {
		k.misused = false
		fault.Usage("a parked task was switched to by something other than its hub")
	}
	if k.shielded > 0 {
		return
	}
	if k.killed || h.Ending.Dying {
		k.killed = false
		k.Interrupted = h.Ending.Dying || len(h.Scopes.Overdue) > 0
		k.raised++
		panic(ErrKilled)
	}
	s := k.overdue(h.root.stack.Running())
	if s == nil {
		k.Interrupted = len(h.Scopes.Overdue) > 0
		return
	}
	s.forget()
	s.wasRaised = true
	panic(s.err)
}

// Shield calls f, during which nothing is raised in the task on k: an interruption that
// comes meanwhile is raised by the first call that parks afterwards. f must not wait for an
// event that only the end of the task can cause.
func (k *Fiber) Shield(f func()) {
	k.shielded++
	defer func() { k.shielded-- }()
	f()
}

// raiseNow panics in the running task with the interruption that ErrInterrupted has
// announced; outside of any task, with the misuse that MayBlock reports.
func raiseNow(h *Hub) {
	MayBlock(h)
	h.Current.Raise()
	fault.Bug("interrupted without a reason")
}

// fail ends t, which has panicked with v: killed if v is ErrKilled, else failed.
func (t *Task) fail(v any) {
	if err := t.failure(v); err != ErrKilled {
		t.More().err = err
		t.End(failed)
	} else {
		t.End(WasKilled)
	}
}

// failure turns the panic value that has ended t into its error. It must be
// called while the panicking frames are still on the stack, which it records.
func (t *Task) failure(v any) error {
	if err, ok := v.(error); ok {
		if p, ok := err.(*coro.PanicError); ok {
			if errors.Is(p, ErrKilled) {
				return ErrKilled // it came up through a coroutine of the task
			}
			if p.In == "" {
				p.In = "a coroutine of " + t.text()
			}
			return p
		}
		if errors.Is(err, ErrKilled) {
			return ErrKilled
		}
	}
	return &coro.PanicError{Value: v, Stack: debug.Stack(), In: t.text()}
}

// text returns the name of t for a message.
func (t *Task) text() string {
	name := t.Name()
	if strings.HasPrefix(name, "task-") {
		return name
	}
	return "task " + name
}

// errorHandler is the handler of the process, nil for the default.
var errorHandler atomic.Pointer[func(t *Task, err *coro.PanicError)]

// SetErrorHandler is poller.SetErrorHandler.
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

// report passes t's panic to the error handler unless the error has another reader: a
// joiner, a Group, or Run for the main task.
func (t *Task) report() {
	x := t.Extra.Load()
	if p, ok := x.err.(*coro.PanicError); ok && t != t.Hub.Ending.main && t.Joiners.Head == nil && !x.Watched && x.Remote.Load() == nil {
		handleError(t, p)
	}
}

// handleError calls the error handler, outside of any task, or prints the panic.
func handleError(t *Task, p *coro.PanicError) {
	if f := errorHandler.Load(); f != nil {
		t.Hub.callOut(func() { (*f)(t, p) })
		return
	}
	fmt.Fprintf(os.Stderr, "%+v\n", p)
}
