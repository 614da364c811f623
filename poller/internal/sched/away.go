package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/parked"
)

// A task may switch to stacks of its own making, coroutines mostly, and park there. Then it
// is away: it must be resumed on that stack, and neither that stack nor its resumers, up to
// the fiber's, may be switched to by others. Package coro is told of them by parked.Mark
// and refuses; package stackful knows nothing of tasks and does not, so the hub detects
// that afterwards (intruded).

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
// fiber's: it marks at, and at's resumers, as parked.
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
