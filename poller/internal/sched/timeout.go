package sched

import (
	"slices"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// A Scope is one WithTimeout in progress. It belongs to the stack that it was called
// on, which may be one that the task has switched to itself, such as that of a
// sequence: then scopes of several stacks are open at once, and end in any order. So
// they are independent of each other.
//
// An expired scope is overdue until its error has been raised or its function has
// returned. The error is raised in a call that parks on a stack from which an unrecovered
// panic reaches the scope's stack (unwindPath): on that stack itself, or on one that it
// waits for. Anywhere else the panic would unwind frames that the scope does not enclose.
type Scope struct {
	hub       *Hub
	Task      *Task           // that called WithTimeout; the stack may run in another task later
	stack     *stackful.Stack // that WithTimeout was called on
	order     uint64          // of two scopes on one stack, the inner one has the greater
	Timer     Timer
	err       error // raised when the scope is overdue
	wasRaised bool
	kills     int32 // Fiber.raised at the start, see killAgain
}

// WithTimeout is WithTimeout of package poller, whose error, of a type that it exports, is
// late.
func WithTimeout(d time.Duration, late error, f func() error) (err error) {
	t := CurrentTask()
	if t == nil {
		return f()
	}
	h := t.Hub
	h.Scopes.lastOrder++
	s := &Scope{hub: h, Task: t, stack: h.root.stack.Running(), order: h.Scopes.lastOrder, err: late, kills: t.Fiber.raised}
	s.Timer.Owner = s
	if d <= 0 {
		h.Scopes.Overdue = append(h.Scopes.Overdue, s)
		t.Fiber.Interrupted = true
	} else {
		h.Timers.Arm(&s.Timer, After(d))
	}
	defer func() {
		s.close()
		if !s.wasRaised {
			return
		}
		if v := recover(); isRaised(v, s.err) {
			err = s.err
			s.killAgain()
		} else if v != nil {
			panic(v)
		}
	}()
	return f()
}

// close ends s, when its function has ended. The stack may have been moved to another
// goroutine meanwhile; the timer and the list of scopes stay with the hub.
func (s *Scope) close() {
	if Here() == s.hub {
		s.forget()
	} else {
		s.hub.Post(func(*Hub) { s.forget() })
	}
}

// killAgain has ErrKilled raised again, by the next call that parks, if it was raised in the
// function of s: the error of s, raised in a deferred call, has replaced that panic.
func (s *Scope) killAgain() {
	if k := s.Task.Fiber; k != nil && s.Task == CurrentTask() && k.raised > s.kills {
		k.killed, k.Interrupted = true, true
	}
}

// forget disarms s, and takes it out of the list of overdue scopes.
func (s *Scope) forget() {
	h := s.hub
	h.Timers.Disarm(&s.Timer)
	if i := slices.Index(h.Scopes.Overdue, s); i >= 0 {
		h.Scopes.Overdue = slices.Delete(h.Scopes.Overdue, i, i+1)
	}
}

// Expire interrupts the task that is parked on s's stack or on one that s's stack waits
// for: mostly the task that has called WithTimeout. If there is none now, parkAway or
// MustRaise finds s in Overdue later.
func (s *Scope) Expire(int64) {
	h := s.hub
	h.Scopes.Overdue = append(h.Scopes.Overdue, s)
	if k := s.Task.Fiber; k != nil {
		k.Interrupted = true // also if it is not parked
		if k.overdue(k.restsOn()) == s {
			k.interrupt()
			return
		}
	}
	for k := h.Fibers.All; k != nil; k = k.Older {
		if k.Task != nil && k.away && k.overdue(k.at) == s {
			k.interrupt()
			return
		}
	}
}

// overdue returns the outermost overdue scope that a panic in the task on k would reach
// if it began on the stack from; nil if there is none.
func (k *Fiber) overdue(from *stackful.Stack) (due *Scope) {
	k.unwindPath(from, func(at *stackful.Stack) {
		first := true
		for _, s := range k.hub.Scopes.Overdue {
			if s.stack == at && (first || s.order < due.order) {
				due, first = s, false
			}
		}
	})
	return due
}

// isRaised reports whether the panic value v is err, or err that came up through
// a coroutine of the task.
func isRaised(v any, err error) bool {
	if p, ok := v.(*coro.PanicError); ok {
		v = p.Value
	}
	return v == any(err)
}
