package coro

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// Detach takes c, which is suspended or not started, away from its goroutine, the
// calling one, so that another goroutine can Attach it. (Greenlets cannot leave
// their thread.) Until then c belongs to no goroutine, and every method but Started,
// Dead, Active, String, Stack and Attach panics with ErrWrongGoroutine.
//
// c leaves the tree: its parent is forgotten, and a Kill that is under way no
// longer gets its end. Its children stay behind. As long as c is elsewhere the
// root of their goroutine stands for it: Parent says so, and what they return or
// panic with goes there. A generator forgets its resumer.
//
// What is on c's stack goes along, and its Local values. If these are shared with
// a coroutine that stays (see SetLocals), the two goroutines must not use them at
// once. A Scope that c was made in leaves it alone while it is elsewhere; an
// object that c was tied to by KillOnCollect still decides about it.
//
// A detached coroutine that is never attached stays suspended for ever.
//
// Detach does not switch. It panics, having changed nothing, with a
// *stackful.UsageError: ErrWrongGoroutine if c is not the calling goroutine's,
// ErrDone if c is dead, ErrRunning if it is the current coroutine, ErrRoot if it
// is a root, ErrReentered if it is a generator (or the sequence of a Pull) that
// a caller waits for, ErrParked if a task of package poller is parked in it. See also Stack.Detach in package stackful for what the
// code on c must not have done.
func (c *Coroutine) Detach() {
	c.check("Detach")
	c.refuseParked("Detach")
	switch {
	case c.parent == nil:
		misuse("Detach", ErrRoot)
	case c.Dead():
		misuse("Detach", ErrDone)
	case c.localStack() == stackful.Current():
		misuse("Detach", ErrRunning)
	}
	if m, ok := c.localStack().Data().(maker); ok {
		p := m.base()
		if !p.idle() {
			misuse("Detach", ErrReentered)
		}
		p.stopper = nil
	}
	c.parent = nil
	if r := c.extra; r != nil {
		r.killParent = nil
		if r.collectHome != nil {
			r.collectHome.leave()
		}
	}
	if c.localStack() != &c.own {
		delete(currentOwner().foreign, c.localStack())
	}
	c.localStack().Detach() // the last: from here on it may be another's
}

// Attach makes the detached c a coroutine of the calling goroutine, as a child of
// the current coroutine. Coroutines of this goroutine that c left behind when it
// was detached here are its children again, but for an ancestor of the current
// one: that stays a child of the root.
//
// Attach does not switch. It panics with ErrWrongGoroutine if c is not detached:
// of several goroutines that try, one succeeds.
func (c *Coroutine) Attach() {
	c.realStack().Attach()
	self := Current()
	// While c was elsewhere no chain of parents led through it. One that does
	// now, from the current coroutine, would be closed by the next line.
	for a := self; a.parent != nil; {
		p := a.effectiveParent()
		if p == c {
			a.parent = a.Root()
		}
		a = p
	}
	c.parent = self
	if c.extra != nil && c.extra.collectHome != nil {
		c.extra.collectHome.enter(currentOwner(), c)
	}
	if c.localStack() != &c.own {
		if _, ok := c.localStack().Data().(*standIn); !ok {
			o := currentOwner()
			o.sweepForeign()
			o.foreign[c.localStack()] = c
		}
	}
}

// effectiveParent returns the parent of c as its goroutine sees it: the root stands for a
// parent that is elsewhere, whose own parent is not for this goroutine to read.
// It is nil for a root.
func (c *Coroutine) effectiveParent() *Coroutine {
	p := c.parent
	if root := c.localStack().Root(); p != nil && p.localStack().Root() != root {
		return of(root)
	}
	return p
}

// receiver returns the stack that gets, in the place of s, what c ends with: s itself if
// it is a stack of c's goroutine, which is running; the root if s is elsewhere; nil if there
// is no s, or it has ended here. An end must go only to a stack that this or ancestor has
// returned: a refused end is a panic that no frame can recover from.
func (c *Coroutine) receiver(s *stackful.Stack) *stackful.Stack {
	switch {
	case s == nil:
		return nil
	case !s.SameOwner(c.localStack()):
		return c.localStack().Root()
	case s.Done():
		return nil
	}
	return s
}

// killParent is receiver for the coroutine that kills c, nil if none does.
func (c *Coroutine) killReceiver() *stackful.Stack {
	if c.extra == nil || c.extra.killParent == nil {
		return nil
	}
	return c.receiver(c.extra.killParent.localStack())
}

// A collectHome says which goroutine a coroutine belongs to that was given to KillOnCollect,
// for the cleanup, which runs on another one.
type collectHome struct {
	mu        runtimepatch.Mutex
	owner     *ownerState // nil while c is detached
	abandoned bool
}

// leave is called when c is detached.
func (h *collectHome) leave() {
	h.mu.Lock()
	h.owner = nil
	h.mu.Unlock()
}

// enter is called when c is attached to the goroutine of o.
func (h *collectHome) enter(o *ownerState, c *Coroutine) {
	h.mu.Lock()
	h.owner = o
	if h.abandoned {
		o.abandon(c)
	}
	h.mu.Unlock()
}

// abandon queues c for Reap, now or when c is attached. It is called by the
// garbage collector.
func (h *collectHome) abandon(c *Coroutine) {
	h.mu.Lock()
	h.abandoned = true
	if h.owner != nil {
		h.owner.abandon(c)
	}
	h.mu.Unlock()
}
