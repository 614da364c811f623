package coro

import (
	"errors"
	"fmt"
)

// Throw resumes c with a panic: its pending Switch panics with err, runs the
// deferred calls on the way, and can be recovered from. Throw returns like
// Switch: when something switches back to the current coroutine.
//
// If c does not recover, it ends, and its parent gets a *PanicError that unwraps
// to err; with ErrExit, the parent's Switch returns err as its result. So if the
// parent is the current coroutine, c.Throw(ErrExit) returns ErrExit.
//
//   - c not started: its body never runs, it is dead, and the rest is as above.
//   - c dead: ErrExit is switched to its nearest living ancestor as a value, any
//     other error is thrown into that ancestor.
//   - c current: it panics here.
//
// Throw panics with ErrNilThrow if err is nil, and otherwise as Switch does.
// (Greenlet's throw without arguments is Throw(ErrExit).)
func (c *Coroutine) Throw(err error) any {
	if err == nil {
		misuse("Throw", ErrNilThrow)
	}
	c.check("Throw")
	c.refuseParked("Throw")
	switch {
	case !c.localStack().Started():
		c.noteThrowBeforeStart()
		return c.localStack().Switch(startError{err})
	case c.realStack().Done() && errors.Is(err, ErrExit):
		return c.localStack().Switch(err)
	case c.realStack().Done():
		return c.ancestor().Throw(err)
	case err == ErrExit && c.plain() && c.own.Discard():
		return c.discarded()
	}
	return c.localStack().SwitchPanic(err)
}

// plain reports whether nothing but the deferred calls of c's body can tell how it ends.
func (c *Coroutine) plain() bool {
	_, ok := c.own.Data().(*policy) // not a producer
	return ok && c.extra == nil && !c.standsIn
}

// discarded passes on that c, on whose stack nothing was to be run, has ended
// with ErrExit.
func (c *Coroutine) discarded() any {
	to := c.ancestor()
	to.refuseParked("Throw")
	if to == Current() {
		return error(ErrExit)
	}
	return to.localStack().Switch(error(ErrExit))
}

// Kill ends c: it throws ErrExit into it, with the current coroutine in the
// parent's place, so that Kill returns when c's deferred calls have run. A
// coroutine that has not started never runs. Kill of a dead one does nothing.
// Kill of the current one panics with ErrExit here.
//
// A coroutine may refuse: if it recovers ErrExit, or switches in a deferred
// call, Kill returns whenever something switches back here, with c still alive
// and its parent what it was. Ask Dead when it matters, or use TryKill. If c ends in another
// panic, Kill panics with its *PanicError.
//
// Kill panics with ErrRoot if c is a root, and otherwise as Switch does.
func (c *Coroutine) Kill() {
	c.check("Kill")
	c.refuseParked("Kill")
	self := Current()
	switch {
	case c.parent == nil:
		misuse("Kill", ErrRoot)
	case c.Dead():
		return
	case c == self:
		panic(ErrExit)
	case c.extra == nil && c.parent == self:
		c.Throw(ErrExit) // the parent is in its place already
	default:
		c.killFor(self)
	}
}

// TryKill is Kill that tells whether c has ended. It returns nil if c is dead; an error that
// errors.Is matches with ErrRefusedExit if c has recovered ErrExit, or has switched in a deferred
// call, and is alive; and the *PanicError if c ended in another panic. It panics as Kill does if it
// is called in a way that is refused.
func (c *Coroutine) TryKill() (err error) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case *PanicError:
			err = v
		default:
			panic(v) // thrown at the coroutine that kills
		}
	}()
	c.Kill()
	if !c.Dead() {
		return fmt.Errorf("%w: %v", ErrRefusedExit, c)
	}
	return nil
}

// killFor throws ErrExit into c with self, the current coroutine, as the parent.
func (c *Coroutine) killFor(self *Coroutine) {
	r := c.needExtra()
	before := r.killParent
	r.killParent = self
	defer func() {
		if c.realStack().Owned() && r.killParent == self { // else c has got another parent meanwhile, or has moved
			r.killParent = before
		}
	}()
	c.Throw(ErrExit)
}

// noteThrowBeforeStart marks c, which has not started, as about to end with an error, for the
// trace function to tell.
func (c *Coroutine) noteThrowBeforeStart() {
	if tracers.Load() != 0 {
		c.needExtra().throwBeforeStart = true
	}
}
