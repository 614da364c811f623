package sched

import (
	"slices"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// An interruption is ErrKilled, or the error of a WithTimeout that has expired. It is
// raised as a panic in the task, by the call in which the task is parked or by its next
// call that parks, and nowhere else. Interrupted is the one flag that those calls test;
// MustRaise and Raise determine the pending one, if any.

// interrupt has the task raise its pending interruption: in the call in which it is parked,
// if this claims the wait, or else in its next call that parks.
func (k *Fiber) interrupt() {
	k.Interrupted = true
	switch {
	case k.shielded > 0:
	case k.carrier != 0:
		runtimepatch.Runtime.Finish(k.carrier)
	case k.W.Claim(ErrInterrupted):
		k.hub.MakeReady(k.Task)
	}
}

// MustRaise reports whether Raise, called on the running stack, would panic. It resets
// Interrupted if nothing is pending.
func (k *Fiber) MustRaise() bool { return k.mustRaiseAt(k.hub.root.stack.Running()) }

// mustRaiseAt is MustRaise for the stack at.
func (k *Fiber) mustRaiseAt(at *stackful.Stack) bool {
	h := k.hub
	switch {
	case k.misused:
		return true
	case k.shielded > 0:
		return false
	case k.killed, h.Ending.Dying && k.raised < MaxKillRaises:
		return true
	case len(h.Scopes.Overdue) > 0:
		return k.overdue(at) != nil
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

// forget disarms s, and takes it out of the list of overdue scopes.
func (s *Scope) forget() {
	h := s.hub
	h.Timers.Disarm(&s.Timer)
	if i := slices.Index(h.Scopes.Overdue, s); i >= 0 {
		h.Scopes.Overdue = slices.Delete(h.Scopes.Overdue, i, i+1)
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
