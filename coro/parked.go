package coro

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/parked"
)

func init() {
	parked.Mark = func(s *stackful.Stack, more bool) {
		switch d := s.Data().(type) {
		case *policy:
			(*Coroutine)(d).mark(more)
		case *standIn:
			(*Coroutine)(d).mark(more)
		case holder:
			d.coroutine().mark(more)
		}
	}
}

// mark counts a task that is parked in c, or in a coroutine whose end would come to c; more
// says whether it has parked or gone on.
func (c *Coroutine) mark(more bool) {
	if more {
		c.parked++
	} else {
		c.parked--
	}
	if c.guarded = c.parked > 0; c.guarded {
		c.stack, c.elsewhere = guardHere(), true
	} else {
		c.stack, c.elsewhere = c.realStack(), c.standsIn
	}
}

// localStack returns the stack that c runs on. It is for c's goroutine only.
func (c *Coroutine) localStack() *stackful.Stack {
	if c.guarded {
		return c.realStack()
	}
	return c.stack
}

// realStack returns the stack that c runs on, on any goroutine.
func (c *Coroutine) realStack() *stackful.Stack {
	if !c.standsIn {
		return &c.own
	}
	return c.representedStack()
}

// representedStack is realStack of a Coroutine that stands for a stack; apart, so that realStack is inlined.
//
//go:noinline
func (c *Coroutine) representedStack() *stackful.Stack {
	if s, ok := c.own.Data().(*stackful.Stack); ok {
		return s
	}
	return c.own.Data().(*taskGuard).s
}

// A guard, as the data of a stack that has ended, refuses switches to it: so Switch needs
// to know nothing of guards.
type guard struct{}

// guardHere returns the guard's stack of the calling goroutine.
func guardHere() *stackful.Stack {
	o := currentOwner()
	if o.guard == nil {
		o.guard = new(stackful.Stack)
		o.guard.InitDone(guard{})
	}
	return o.guard
}

// SwitchDone implements stackful.Policy.
func (guard) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	misuse("Switch", ErrParked)
	return nil
}

// GoexitTarget implements stackful.Policy.
func (guard) GoexitTarget(*stackful.Stack) *stackful.Stack { return nil }

// A taskGuard is the data of the own stack, which is not used otherwise, of a Coroutine
// that stands for a stack of package poller's: it refuses while the task is parked.
type taskGuard struct {
	c *Coroutine
	s *stackful.Stack // that c stands for
}

func (c *Coroutine) guardTask(s *stackful.Stack) {
	c.guarded, c.stack = true, &c.own
	c.own.InitDone(&taskGuard{c, s})
}

// SwitchDone implements stackful.Policy.
func (g *taskGuard) SwitchDone(_ *stackful.Stack, v any, _ stackful.OnTop) any {
	g.c.refuseParked("Switch")
	return g.s.Switch(v)
}

// GoexitTarget implements stackful.Policy.
func (g *taskGuard) GoexitTarget(*stackful.Stack) *stackful.Stack { return nil }

// isParked reports whether a task is parked in c, which is guarded and of this goroutine, so
// that only the task's hub may resume it.
func (c *Coroutine) isParked() bool {
	return c.parked > 0 || c.standsIn && parked.On(c.realStack())
}

// refuseParked panics if a task is parked in c.
func (c *Coroutine) refuseParked(op string) {
	if c.guarded && c.isParked() {
		misuse(op, ErrParked)
	}
}

// endRefused returns where c's end goes when it must not go to the coroutine that would
// receive it: to the running task's own stack, with a panic that says so.
func (c *Coroutine) endRefused() (*stackful.Stack, any) {
	err := &PanicError{Value: &stackful.UsageError{Op: "return", Err: ErrParked}}
	return parked.Home(), stackful.OnTop(func() any { panic(err) })
}
