package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// startError is passed, in place of a value, to a coroutine that is to end with
// err without running its body.
type startError struct{ err any }

var _ stackful.Body = (*policy)(nil)

// Begin implements stackful.Body.
func (p *policy) Begin(v any) (run func(any) any, _ any) {
	c := (*Coroutine)(p)
	run, c.run = c.run, nil
	if c.extra != nil {
		v = c.traced(v)
	}
	if _, ok := v.(startError); ok {
		return nil, v
	}
	return run, v
}

// End implements stackful.Body.
func (p *policy) End(out any) (next *stackful.Stack, _ any) {
	c := (*Coroutine)(p)
	if t, ok := out.(startError); ok { // from Begin: a body has no such value
		return c.end(failure(t.err, nil))
	}
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

// PanicExit is for stackful, see stackful.Stack.SetData.
func (*policy) PanicExit() any { return ErrExit }

// PanicEnd ends the coroutine, whose body has panicked with v. The frames are still there, to be
// printed.
func (p *policy) PanicEnd(_ *stackful.Stack, v any) (next *stackful.Stack, out any) {
	c := (*Coroutine)(p)
	c.run = nil // it may not have been called
	if v == error(ErrExit) {
		return c.endPlain(v)
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
