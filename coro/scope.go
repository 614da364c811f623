package coro

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// A Scope ends the coroutines that were made in it, however far they got:
//
//	scope := coro.NewScope()
//	defer scope.Close()
//	c := scope.New(body)
//
// It is the way to make sure that the deferred calls of coroutines run and their
// stacks are given back now; see New for what the garbage collector does, and when
// it cannot. It does not slow down New or Switch.
//
// A Scope belongs to the goroutine that made it: use on another one panics with
// ErrWrongGoroutine.
type Scope struct {
	root  *Coroutine
	live  []*Coroutine // in order of creation; may hold dead ones
	limit int
}

// NewScope returns an empty Scope.
func NewScope() *Scope { return &Scope{root: Current().Root(), limit: 16} }

// New is package function New, in the scope.
func (s *Scope) New(run func(v any) any) *Coroutine {
	c := New(run)
	s.Add(c)
	return c
}

// Add puts c into the scope, in whatever state it is.
func (s *Scope) Add(c *Coroutine) {
	s.root.check("Scope.Add")
	c.check("Scope.Add")
	if len(s.live) >= s.limit {
		s.sweep()
	}
	s.live = append(s.live, c)
}

func (s *Scope) sweep() {
	kept := s.live[:0]
	for _, c := range s.live {
		if !c.Dead() {
			kept = append(kept, c)
		}
	}
	clear(s.live[len(kept):])
	s.live = kept
	s.limit = 16 + 2*len(kept)
}

// Close kills the coroutines in the scope that are not dead, the youngest first.
// A coroutine that is closing the scope itself is left alone, and so is one that
// has been moved to another goroutine. Close returns when
// all have ended or refused to, with their errors joined: the *PanicError of
// each that ended in a panic, ErrRefusedExit for each that is still alive. It
// leaves the scope empty and ready for use.
func (s *Scope) Close() error {
	s.root.check("Scope.Close")
	var errs []error
	self := Current()
	for len(s.live) > 0 {
		last := len(s.live) - 1
		c := s.live[last]
		s.live[last] = nil
		s.live = s.live[:last]
		if c != self && c.realStack().Owned() { // else it has been moved
			errs = append(errs, c.TryKill())
		}
	}
	return errors.Join(errs...)
}

// KillOnCollect arranges for c to be killed once handle is unreachable: soon
// after, at the next call of New or Reap on c's goroutine. Errors go to the
// function set by SetUnhandled.
//
// handle is whatever the users of c hold on to, such as a struct of which c is a
// field. c's own frames must not refer to it, or it never is unreachable; as
// they always refer to c, handle cannot be c itself (that panics).
//
// While c is in use, see Reap, it is left alone.
//
// If c's goroutine ends before, c is killed whether handle is reachable or not; see
// New.
func KillOnCollect[T any](handle *T, c *Coroutine) {
	c.check("KillOnCollect")
	r := c.needExtra()
	if r.collectHome == nil {
		r.collectHome = &collectHome{owner: currentOwner()}
	}
	runtime.AddCleanup(handle, r.collectHome.abandon, c)
}

// abandon queues c for Reap.
func (o *ownerState) abandon(c *Coroutine) {
	if c.Dead() {
		return
	}
	a := &o.abandoned
	a.Lock()
	a.list = append(a.list, c)
	a.some.Store(true)
	a.Unlock()
	slowNew.Add(1)
}

// Reap kills the coroutines of this goroutine whose handles were collected, see
// KillOnCollect, and returns how many it tried to kill. New calls it. It is cheap
// if there are none. Those in use are left for a later call: the current coroutine and those
// that its end would come to, a generator that a caller waits for, and a coroutine in
// which a task of package poller is parked.
func Reap() int {
	o := owners.Get()
	if o == nil || !o.abandoned.some.Load() {
		return 0
	}
	n := 0
	inUse := map[*Coroutine]bool{}
	for c := Current(); c != nil && !inUse[c]; c = c.waiting() {
		inUse[c] = true
	}
	for _, c := range o.drain() {
		if !c.realStack().Owned() {
			continue // it moved, and is queued where it is
		}
		if inUse[c] || c.isInUse() {
			o.abandon(c) // later
			continue
		}
		n++
		if err := c.TryKill(); err != nil {
			o.report(c, err)
		}
	}
	return n
}

// isInUse reports whether c is waited for, other than by the chain of the current
// coroutine: by a task that is parked in it, or by a caller of next or Send.
func (c *Coroutine) isInUse() bool {
	if m, ok := c.localStack().Data().(maker); ok && m.base().state == active {
		if waiter := m.base().co.own.Resumer(); waiter != nil && !waiter.Done() {
			return true
		}
	}
	return c.parked > 0
}

// waiting returns the coroutine that c's end would come to, nil for a root.
func (c *Coroutine) waiting() *Coroutine {
	if c.parent == nil {
		return nil
	}
	if m, ok := c.localStack().Data().(maker); ok {
		return of(m.base().endReceiver())
	}
	return c.target()
}

// SetUnhandled makes f be called with the errors of coroutines that are ended
// without a caller: by Reap, and when their goroutine has ended (see New),
// on another goroutine then. It returns the function that was set before, nil if
// none was. Without one they are printed on standard error. It applies to the
// coroutines of the calling goroutine. (This is Python's unraisable hook.)
func SetUnhandled(f func(c *Coroutine, err error)) (old func(c *Coroutine, err error)) {
	o := currentOwner()
	old, o.unhandled = o.unhandled, f
	return old
}

func (o *ownerState) report(c *Coroutine, err error) {
	if o.unhandled != nil {
		o.unhandled(c, err)
		return
	}
	fmt.Fprintf(os.Stderr, "%v was ended and nobody heard: %v\n", c, err)
}
