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
// they know nothing of each other.
//
// When its time is up, a scope is overdue until its error has been raised or its function has
// returned. It is raised in a call that parks on a stack from which a panic, if nobody
// recovers it, comes to the scope's stack: on this stack itself, or on one that this one
// waits for. Anywhere else the panic would end what the scope has nothing to do with.
type Scope struct {
	hub       *Hub
	Task      *Task // that called
	stack     *stackful.Stack
	order     uint64 // of two scopes on one stack, the inner one has the greater
	Timer     Timer
	err       error // raised when the time is up
	wasRaised bool
	kills     int32 // how often the task had been killed before
}

// WithTimeout is WithTimeout with the error that is raised when the time is up.
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

// close ends s. Its stack may have been moved to another goroutine meanwhile.
func (s *Scope) close() {
	if Here() == s.hub {
		s.forget()
	} else {
		s.hub.Post(func(*Hub) { s.forget() })
	}
}

// killAgain sees to it that the error of s, raised in a deferred call, has not taken the place
// of ErrKilled: that is raised anew, by the next call that parks.
func (s *Scope) killAgain() {
	if k := s.Task.Fiber; k != nil && s.Task == CurrentTask() && k.raised > s.kills {
		k.killed, k.Interrupted = true, true
	}
}

// forget makes s neither due nor overdue.
func (s *Scope) forget() {
	h := s.hub
	h.Timers.Disarm(&s.Timer)
	if i := slices.Index(h.Scopes.Overdue, s); i >= 0 {
		h.Scopes.Overdue = slices.Delete(h.Scopes.Overdue, i, i+1)
	}
}

// Expire interrupts the task that is parked on s's stack or on one that this one
// waits for: mostly that which has called WithTimeout. If there is none, parkAway
// will find s, or MustRaise.
func (s *Scope) Expire(int64) {
	h := s.hub
	h.Scopes.Overdue = append(h.Scopes.Overdue, s)
	if k := s.Task.Fiber; k != nil {
		k.Interrupted = true // also if it runs
		if k.overdue(k.resumeStack()) == s {
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

// overdue returns the outermost overdue scope that a panic in the task on k would come
// to, if it began on the stack from; nil if there is none.
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
