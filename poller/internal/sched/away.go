package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/parked"
)

// A task may switch to stacks of its own making, coroutines mostly, and park there. Then it
// is away: it must be resumed on that stack, and that stack and those that wait for it, up
// to the fiber's, must not be switched to by others. Package coro is told of them by
// parked.Mark and refuses; package stackful knows nothing of tasks and does not, so the hub
// detects that afterwards (intruded).

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

// parkAway is the part of SwitchOut for a task that parks on the stack at, which is not its
// fiber's: it marks at, and the stacks that wait for it, as parked.
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
		k.interrupt() // for a scope that was opened on this stack in another task
	}
}

// switchedInAway is the uncommon part of SwitchedIn: the task was parked away, or something
// other than the hub has switched to it.
func (k *Fiber) switchedInAway() {
	k.away, k.at = false, nil
	k.unmark()
	if k.hub.Current != k.Task {
		k.hub.intruded(k)
	}
}

// unmark takes back the marks of parkAway.
func (k *Fiber) unmark() {
	if k.marked == nil {
		return
	}
	for i, s := range *k.marked {
		parked.Mark(s, false)
		(*k.marked)[i] = nil // do not keep the stack alive
	}
	*k.marked = (*k.marked)[:0]
}

// intruded is called on a stack that the task on k is parked on, when something other than
// the hub has switched to it. The parked task goes on, with a panic in place of its wait.
// The intruder, which was the current task, cannot be resumed, since its own stack is
// suspended in a switch that the hub has no record of: it ends with ErrIntruded.
func (h *Hub) intruded(k *Fiber) {
	t, lost := k.Task, h.Current
	h.noteRunning(t)
	k.misused, k.Interrupted = true, true
	switch {
	// The task is waiting, or ready in one of the places that hold ready tasks: take it out,
	// since it runs already.
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
	lost.More().err = &coro.PanicError{Value: ErrIntruded, Stack: []byte(h.Dump()), In: lost.text()}
	lost.End(failed)
	if lost == h.Ending.main {
		h.Ending.failure = ErrIntruded
	}
}

// unwindPath calls f for the stacks that a panic in the task on k passes if it begins on the
// stack at and is not recovered: at first, the fiber's own last. Each stack's Policy names
// the next one; a stack without a Policy is taken to lead to the fiber's own.
func (k *Fiber) unwindPath(at *stackful.Stack, f func(*stackful.Stack)) {
	// A coroutine that ends an ancestor takes the place of the ancestor's parent, which
	// closes a circle. Brent's algorithm detects it: compare with a stack of the path that
	// is replaced after 1, 2, 4, … steps.
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
