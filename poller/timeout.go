package poller

import (
	"slices"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// A scope is one WithTimeout in progress. It belongs to the stack that it was called
// on, which may be one that the task has switched to itself, such as that of a
// sequence: then scopes of several stacks are open at once, and end in any order. So
// they know nothing of each other.
//
// When its time is up, a scope is overdue until its error has been raised or its function has
// returned. It is raised in a call that parks on a stack from which a panic, if nobody
// recovers it, comes to the scope's stack: on this stack itself, or on one that this one
// waits for. Anywhere else the panic would end what the scope has nothing to do with.
type scope struct {
	hub       *hub
	task      *Task // that called
	stack     *stackful.Stack
	order     uint64 // of two scopes on one stack, the inner one has the greater
	timer     timer
	err       error // raised when the time is up
	wasRaised bool
	kills     int32 // how often the task had been killed before
}

// withTimeout is WithTimeout with the error that is raised when the time is up.
func withTimeout(d time.Duration, late error, f func() error) (err error) {
	t := currentTask()
	if t == nil {
		return f()
	}
	h := t.hub
	h.scopes.lastOrder++
	s := &scope{hub: h, task: t, stack: h.root.stack.Running(), order: h.scopes.lastOrder, err: late, kills: t.work.raised}
	s.timer.owner = s
	if d <= 0 {
		h.scopes.overdue = append(h.scopes.overdue, s)
		t.work.interrupted = true
	} else {
		h.timers.arm(&s.timer, after(d))
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
func (s *scope) close() {
	if currentHub() == s.hub {
		s.forget()
	} else {
		s.hub.postCall(func(*hub) { s.forget() })
	}
}

// killAgain sees to it that the error of s, raised in a deferred call, has not taken the place
// of ErrKilled: that is raised anew, by the next call that parks.
func (s *scope) killAgain() {
	if k := s.task.work; k != nil && s.task == currentTask() && k.raised > s.kills {
		k.killed, k.interrupted = true, true
	}
}

// forget makes s neither due nor overdue.
func (s *scope) forget() {
	h := s.hub
	h.timers.disarm(&s.timer)
	if i := slices.Index(h.scopes.overdue, s); i >= 0 {
		h.scopes.overdue = slices.Delete(h.scopes.overdue, i, i+1)
	}
}

// expire interrupts the task that is parked on s's stack or on one that this one
// waits for: mostly that which has called WithTimeout. If there is none, parkAway
// will find s, or mustRaise.
func (s *scope) expire(int64) {
	h := s.hub
	h.scopes.overdue = append(h.scopes.overdue, s)
	if k := s.task.work; k != nil {
		k.interrupted = true // also if it runs
		if k.overdue(k.place()) == s {
			k.interrupt()
			return
		}
	}
	for k := h.fibers.all; k != nil; k = k.older {
		if k.task != nil && k.away && k.overdue(k.at) == s {
			k.interrupt()
			return
		}
	}
}

// overdue returns the outermost overdue scope that a panic in the task on k would come
// to, if it began on the stack from; nil if there is none.
func (k *worker) overdue(from *stackful.Stack) (due *scope) {
	k.wayOut(from, func(at *stackful.Stack) {
		first := true
		for _, s := range k.hub.scopes.overdue {
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
