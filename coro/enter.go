package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// startError is passed, in place of a value, to a coroutine that is to end with
// err without running its body.
type startError struct{ err any }

// enter is the entry function of every coroutine's stack.
func enter(s *stackful.Stack, v any) (next *stackful.Stack, out any) {
	c := of(s)
	run := c.run
	c.run = nil
	if c.extra != nil {
		v = c.traced(v)
	}
	if t, ok := v.(startError); ok {
		return c.end(failure(t.err, nil))
	}
	returned := false
	defer func() {
		if !returned {
			if stackful.RecoverOnly(ErrExit) {
				next, out = c.endPlain(ErrExit)
				return
			}
			// A panic, or Goexit, which does not use the result of this function but
			// that of GoexitEnd. In a Goexit recover returns nil, or what a deferred
			// call of the body has panicked with.
			next, out = c.died(recover())
		}
	}()
	out = run(v)
	returned = true
	return c.endPlain(out)
}

// endPlain is end for most: out is not to be raised.
func (c *Coroutine) endPlain(out any) (*stackful.Stack, any) {
	to := c.ancestor()
	if c.extra != nil || to.guarded {
		return c.end(out)
	}
	return to.stack, out
}

// died is called while the panic with v is going on in c, whose frames are still
// there to be printed. v is nil in a Goexit.
func (c *Coroutine) died(v any) (next *stackful.Stack, out any) {
	if v == nil {
		return c.end(failure(nil, nil))
	}
	out = failure(v, newPanicError)
	if r, ok := out.(raise); ok {
		c.needExtra().died = r.err
	}
	return c.end(out)
}

// failure returns what a coroutine that ended with the panic value v passes on:
// exits go as values, everything else is raised.
func failure(v any, wrap func(any) *PanicError) any {
	switch err := v.(type) {
	case *PanicError:
		return raise{err}
	case error:
		if errors.Is(err, ErrExit) {
			return err
		}
	}
	if wrap == nil {
		return raise{&PanicError{Value: v}}
	}
	return raise{wrap(v)}
}

// raise is a result that is raised in the parent.
type raise struct{ err *PanicError }

// target returns the coroutine that c's end goes to.
func (c *Coroutine) target() *Coroutine {
	if killParent := c.killReceiver(); killParent != nil {
		return of(killParent)
	}
	return c.ancestor()
}

// end returns what enter returns when c ends with out.
func (c *Coroutine) end(out any) (*stackful.Stack, any) {
	to := c.target()
	r, ok := out.(raise)
	switch {
	case to.guarded && to.isParked():
		return c.endRefused()
	case !ok:
		return to.localStack(), out
	case !to.Started():
		to.noteThrowBeforeStart()
		return to.localStack(), startError{r.err}
	}
	return to.localStack(), stackful.OnTop(func() any {
		if c.extra != nil {
			c.extra.died = nil // it was no Goexit
		}
		panic(r.err)
	})
}

// policy is a Coroutine as its stack's stackful.Policy: what greenlet says
// about dead coroutines.
type policy Coroutine

var _ stackful.Policy = (*policy)(nil)

// Remade says that a root has nothing of its own to be kept for, see stackful.Stack.SetData. For
// one that has, see extra.
func (*policy) Remade() {}

// SwitchDone passes a switch to the dead s on to its nearest living ancestor.
func (p *policy) SwitchDone(_ *stackful.Stack, v any, top stackful.OnTop) any {
	a := (*Coroutine)(p).ancestor()
	a.refuseParked("Switch")
	if top != nil {
		return a.localStack().SwitchRun(top)
	}
	return a.localStack().Switch(v)
}

// GoexitTarget says that Goexit goes on in the parent, as a panic does.
func (p *policy) GoexitTarget(*stackful.Stack) *stackful.Stack {
	return (*Coroutine)(p).target().localStack()
}

// GoexitEnd is for a Goexit in which a deferred call of the body has panicked: the parent
// gets the panic, which replaces a Goexit in any goroutine.
func (p *policy) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	c := (*Coroutine)(p)
	if c.extra != nil && c.extra.died != nil {
		next, out = c.end(raise{c.extra.died.(*PanicError)})
		return next, out, true
	}
	if to := c.target(); to.guarded && to.isParked() {
		next, out = c.endRefused()
		return next, out, true
	}
	return nil, nil, false
}
