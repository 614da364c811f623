package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// stillborn is passed, in place of a value, to a coroutine that is to end with
// err without running its body.
type stillborn struct{ err any }

// enter is the entry function of every coroutine's stack.
func enter(s *stackful.Stack, v any) (next *stackful.Stack, out any) {
	c := of(s)
	run := c.run
	c.run = nil
	if c.rare != nil {
		v = c.traced(v)
	}
	if t, ok := v.(stillborn); ok {
		return c.end(failure(t.err, nil))
	}
	returned := false
	defer func() {
		if !returned {
			if stackful.RecoverOnly(ErrExit) {
				next, out = c.end(ErrExit)
				return
			}
			// A panic, or Goexit: then recover returns nil, and what is
			// computed here is not used.
			next, out = c.died(recover())
		}
	}()
	out = run(v)
	returned = true
	if c.rare != nil {
		return c.end(out)
	}
	return c.ancestor().stack, out
}

// died is called while the panic with v is going on in c, whose frames are still
// there to be printed. v is nil in a Goexit.
func (c *Coroutine) died(v any) (next *stackful.Stack, out any) {
	if v == nil {
		return c.end(failure(nil, nil))
	}
	return c.end(failure(v, newPanicError))
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

// end returns what enter returns when c ends with out.
func (c *Coroutine) end(out any) (*stackful.Stack, any) {
	to := c.ancestor()
	if c.rare != nil && c.rare.heir != nil && !c.rare.heir.Dead() {
		to = c.rare.heir
	}
	r, ok := out.(raise)
	switch {
	case !ok:
		return to.stack, out
	case !to.Started():
		to.doom()
		return to.stack, stillborn{r.err}
	}
	return to.stack, stackful.OnTop(func() any { panic(r.err) })
}

// policy is a Coroutine as its stack's stackful.Policy: what greenlet says
// about dead coroutines.
type policy Coroutine

var _ stackful.Policy = (*policy)(nil)

// SwitchDone sends what was meant for the dead s to its nearest living ancestor.
func (p *policy) SwitchDone(_ *stackful.Stack, v any, top stackful.OnTop) any {
	a := (*Coroutine)(p).ancestor()
	if top != nil {
		return a.stack.SwitchRun(top)
	}
	return a.stack.Switch(v)
}

// GoexitTarget says that Goexit goes on in the parent, as a panic does.
func (p *policy) GoexitTarget(*stackful.Stack) *stackful.Stack {
	to, _ := (*Coroutine)(p).end(nil)
	return to
}
