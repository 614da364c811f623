package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/parked"
)

// A task may switch to stacks of its own making, coroutines mostly, and park there. That
// stack, and those that wait for it, are part of the task then as much as the fiber's.

func init() {
	parked.On = func(s *stackful.Stack) bool {
		k, ok := s.Data().(*Fiber)
		return ok && k.hub.Current != k.Task
	}
	parked.Home = func() *stackful.Stack {
		h := Here()
		if h.Current == nil || h.Current.Fiber == nil {
			return h.root.stack
		}
		return &h.Current.Fiber.stack
	}
}

// parkAway is part of depart, for a task that parks on another stack than its own: nobody
// else may switch to that one now, nor to those that wait for it.
func (k *Fiber) parkAway(at *stackful.Stack) {
	k.away, k.at = true, at
	k.unwindPath(at, func(s *stackful.Stack) {
		if s != &k.stack && s != k.hub.root.stack {
			if k.marked == nil {
				k.marked = new([]*stackful.Stack)
			}
			*k.marked = append(*k.marked, s)
			parked.Mark(s, true)
		}
	})
	if len(k.hub.Scopes.Overdue) > 0 && k.overdue(at) != nil {
		k.interrupt() // of a scope that was opened in another task
	}
}

// switchedInAway is the rest of arrived.
func (k *Fiber) switchedInAway() {
	k.away, k.at = false, nil
	k.unmark()
	if k.hub.Current != k.Task {
		k.hub.intruded(k)
	}
}

// unmark undoes what parkAway has told package coro.
func (k *Fiber) unmark() {
	if k.marked == nil {
		return
	}
	for i, s := range *k.marked {
		parked.Mark(s, false)
		(*k.marked)[i] = nil
	}
	*k.marked = (*k.marked)[:0]
}

// intruded is called on a stack that the task on k is parked in, when something else than
// the hub has switched to it. Package coro refuses that; package stackful, which knows nothing of
// tasks, does not. The task goes on, with a panic in place of its wait. The one that has
// switched to here cannot: its own stack is suspended where nobody knows.
func (h *Hub) intruded(k *Fiber) {
	t, lost := k.Task, h.Current
	h.noteRunning(t)
	k.misused, k.Interrupted = true, true
	switch {
	case k.W.Claim(ErrInterrupted): // so that the caller cleans up before it panics
	case h.root.yielding == t:
		h.root.yielding = nil
	case h.root.next == t:
		h.root.next = nil
	case h.Ready.others != nil:
		h.Ready.Remove(t, t.prio.Level())
	default:
		h.Ready.ring.remove(t)
	}
	if lost == nil {
		return
	}
	h.Ending.stuck = append(h.Ending.stuck, lost)
	lost.More().err = &coro.PanicError{Value: ErrIntruded, Stack: []byte(h.Dump())}
	lost.End(failed)
	if lost == h.Ending.main {
		h.Ending.failure = ErrIntruded
	}
}

// unwindPath calls f for the stacks that a panic in the task on k goes through if nobody recovers
// it and it began on the stack at: that one first, the task's own last. Of a stack whose
// maker does not say where it ends (stackful.Policy) it is taken to be the task's own.
func (k *Fiber) unwindPath(at *stackful.Stack, f func(*stackful.Stack)) {
	// Somebody who ends an ancestor takes the place of its parent, which closes a circle:
	// that is seen by comparing with a stack on the way, each time twice as far on.
	var seen *stackful.Stack
	for n, next := 1, 1; at != seen; n++ {
		f(at)
		if at == &k.stack || at == k.hub.root.stack {
			return
		}
		if n == next {
			seen, next = at, 2*next
		}
		p, ok := at.Data().(stackful.Policy)
		if ok {
			at = p.GoexitTarget(at)
		}
		if !ok || at == nil {
			at = &k.stack
		}
	}
}
