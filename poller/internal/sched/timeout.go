package sched

import (
	"time"

	"github.com/stackful-go/stackful/coro"
)

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

// isRaised reports whether the panic value v is err, or err that came up through
// a coroutine of the task.
func isRaised(v any, err error) bool {
	if p, ok := v.(*coro.PanicError); ok {
		v = p.Value
	}
	return v == any(err)
}
