package coro

import (
	"sync/atomic"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

// A Coroutine is a function with a stack of its own that can be left in the
// middle, from any depth of calls, and resumed later. It is greenlet's greenlet.
//
// Every goroutine that uses this package has a tree of coroutines. Its root
// stands for the goroutine itself: it has no parent and does not end while the
// goroutine lives. Every other coroutine has a parent, which receives what the
// coroutine returns and what it panics with.
//
// A Coroutine belongs to the goroutine that made it, until it is moved to another
// one by Detach and Attach. All methods but Started, Dead, Active, String, Stack
// and Attach panic with ErrWrongGoroutine on any other goroutine.
//
// A Coroutine must not be copied; its address is its identity.
type Coroutine struct {
	_ noCopy

	// stack is what Switch switches to: the stack that c runs on, or, if guarded is set, one
	// that refuses, see guard. All other code has the stack by localStack or realStack.
	stack *stackful.Stack

	// own is the stack of a coroutine made by New.
	own stackful.Stack

	// elsewhere says that stack is not own. Switch tests it so that the processor, which
	// predicts a branch, need not wait for the load of stack.
	elsewhere bool

	// standsIn says that c stands for a stack that was not made here. It never changes.
	standsIn bool

	// guarded says that a task may be parked here, see isParked: it is set for a task's own
	// stack, and while parked is not 0.
	guarded bool

	// parked is the number of tasks that are parked in c, or in a coroutine whose end would
	// come to c.
	parked int32

	// parent is nil for roots only.
	parent *Coroutine

	// run is the body; nil once it has been called, so that what it captures
	// can be collected.
	run func(v any) any

	// extra is what few coroutines have; nil until needed.
	extra *extra
}

// noCopy makes go vet refuse copies of what it is a field of.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// extra is the part of a Coroutine that most coroutines do not need.
type extra struct {
	name        string
	killParent  *Coroutine // takes the parent's place while Kill is under way
	probe       *probe     // of Frames, on top of the suspended frames
	locals      *Locals
	created     []uintptr    // the callers of New, if Track was on
	collectHome *collectHome // if it was given to KillOnCollect

	labels   asm.Labels // see SetLabels; if labelled
	labelled bool

	throwBeforeStart bool // Throw is ending it before its start; kept only while tracing
	hookDied         any  // what the trace function panicked with before the start
	died             any  // what is raised in the parent, if the end is a Goexit, see GoexitEnd
}

func (c *Coroutine) needExtra() *extra {
	if c.extra == nil {
		c.extra = new(extra)
		if c.parent == nil {
			currentOwner() // there is one: then a root lasts as long as the goroutine
		}
	}
	return c.extra
}

// slowNew is not 0 while New has more to do than usual: coroutines are tracked, or
// some are to be killed because their handles were collected.
var slowNew atomic.Int32

// New returns a coroutine that will run run on a stack of its own, not started.
// Its parent is the current coroutine. The first Switch starts it: that Switch's
// value is run's argument. What run returns becomes the result of the parent's
// pending Switch.
//
// New does not switch. The exception is greenlet's: coroutines of this goroutine
// whose handle was collected (see KillOnCollect) are ended now. New panics with
// ErrNoBody if run is nil.
//
// A coroutine that is never started costs nothing but its memory. One that is
// left suspended keeps its stack, and all that its frames refer to, as long as its
// goroutine lives: the stack itself refers to the Coroutine, so the garbage
// collector cannot tell that it will not be resumed. Kill it, or make it in a
// Scope, or see KillOnCollect.
//
// When a goroutine has ended, its suspended coroutines are ended too, referred to
// or not: when the garbage collector has run twice another goroutine takes the place
// of the ended one, as the goroutine of its root, and kills them one after the
// other, in any order. What they end with, if it is not ErrExit, goes to the function
// set by SetUnhandled on the ended goroutine, and so does ErrRefusedExit for one
// that is still suspended after ErrExit was thrown at it ten times; it then stays so
// for ever. A deferred call that blocks keeps the others of that goroutine waiting. To
// have it done before the goroutine ends, or in order, use a Scope.
//
// Not guaranteed: how soon. In the portable backend (see package stackful) it takes
// a dump of all goroutines to find out, which is made if no coroutine of the
// goroutine was switched to between two collections, and takes at most a hundredth of
// the time; and, among more than 2,000 goroutines, only if half of all are
// suspended coroutines of such goroutines.
func New(run func(v any) any) *Coroutine {
	if run == nil {
		misuse("New", ErrNoBody)
	}
	c := new(Coroutine)
	c.init(nil, (*policy)(c), run, Current())
	if slowNew.Load() != 0 {
		c.initSlow()
	}
	return c
}

// NewChildOf is New with another parent than the current coroutine: for a script that starts
// another one and is not to receive what that returns. A coroutine that ends goes to its parent,
// wherever that stands: so one whose parent waits in a Switch for something else resumes that
// Switch with its result. See the package's text on parents.
//
// It panics with ErrNoBody if run is nil, with ErrNoParent if parent is nil, and with
// ErrWrongGoroutine if parent belongs to another goroutine. Values of Local that are inherited
// are those of the current coroutine, as with New.
func NewChildOf(parent *Coroutine, run func(v any) any) *Coroutine {
	switch {
	case run == nil:
		misuse("NewChildOf", ErrNoBody)
	case parent == nil:
		misuse("NewChildOf", ErrNoParent)
	case !parent.realStack().Owned():
		misuse("NewChildOf", ErrWrongGoroutine)
	}
	c := New(run)
	c.parent = parent
	return c
}

func (c *Coroutine) init(entry stackful.Entry, data any, run func(v any) any, parent *Coroutine) {
	c.run = run
	c.parent = parent
	c.stack = &c.own
	c.own.Init(entry)
	c.own.SetData(data)
	if parent.extra != nil && parent.extra.locals != nil {
		c.inherit(parent.extra.locals)
	}
}

// initSlow does what New does only while slowNew is set.
func (c *Coroutine) initSlow() {
	track(c)
	Reap()
}

// Current returns the running coroutine. It is never nil. On a goroutine that
// has no coroutines yet, and outside of any, it is the goroutine's root.
//
// Inside a bare stackful.Stack it is a Coroutine that stands for this stack,
// with the root as its parent. It can be switched to and thrown at; its end is
// decided by the stack's entry function.
func Current() *Coroutine { return of(stackful.Current()) }

// of returns the coroutine that stands for s.
func of(s *stackful.Stack) *Coroutine {
	if p, ok := s.Data().(*policy); ok {
		return (*Coroutine)(p)
	}
	return ofForeign(s)
}

// Switch suspends the current coroutine and resumes c, or starts it. v becomes
// the result of the Switch that is pending in c, or the argument of its body.
// Switch returns when something switches back: another Switch, with its value,
// or a child that ended, with its result. If it is resumed by Throw, or a child
// ended in a panic, Switch panics.
//
// A v that is no pointer is allocated, as for any interface. Coroutines of one goroutine never run
// at the same time, so what costs nothing is a variable that both sides hold: one stores the
// value there, and switches with nil, or with a pointer to it. (See the example of messages; a
// Generator is the typed form of this for one that yields.)
//
// Switch to the current coroutine returns v at once. Switch to a dead one goes
// to its nearest living ancestor instead, starting it if need be; if that is the
// current one, it returns v at once.
//
// It panics with a *stackful.UsageError, having changed nothing, if c belongs
// to another goroutine (ErrWrongGoroutine), if a task of package poller is parked
// in it (ErrParked), or inside a callback from C (ErrForeignFrames).
func (c *Coroutine) Switch(v any) any {
	s := &c.own
	if c.elsewhere {
		s = c.stack
	}
	return s.Switch(v)
}

// Stack returns the stack that c runs on, for use with package stackful.
func (c *Coroutine) Stack() *stackful.Stack { return c.realStack() }

// Parent returns the coroutine that receives what c returns or panics with; nil
// if c is a root. While c is being killed this is the coroutine that called
// Kill. If the parent is dead when c ends, its nearest living ancestor receives.
// The root stands for a parent that was moved to another goroutine, see Detach.
func (c *Coroutine) Parent() *Coroutine {
	c.check("Parent")
	if r := c.extra; r != nil && r.killParent != nil {
		if r.killParent.localStack().SameOwner(c.localStack()) {
			return r.killParent
		}
		return of(c.localStack().Root())
	}
	return c.effectiveParent()
}

// SetParent makes p the parent of c, whatever the states of the two are. It
// returns an error, having changed nothing: ErrParentCycle if c is p or an
// ancestor of p, ErrWrongGoroutine if c or p belongs to another goroutine,
// ErrRoot if c is a root, ErrNoParent if p is nil.
//
// Called while c is being killed, it also undoes Kill's temporary parent: c's
// end goes to p, as in greenlet.
func (c *Coroutine) SetParent(p *Coroutine) error {
	switch {
	case p == nil:
		return ErrNoParent
	case !c.realStack().Owned() || !p.realStack().Owned():
		return ErrWrongGoroutine
	case c.parent == nil:
		return ErrRoot
	}
	for a := p; a != nil; a = a.effectiveParent() {
		if a == c {
			return ErrParentCycle
		}
	}
	c.parent = p
	if c.extra != nil {
		c.extra.killParent = nil
	}
	return nil
}

// Root returns the root of the tree that c is in: the coroutine that stands for
// c's goroutine itself.
func (c *Coroutine) Root() *Coroutine {
	c.check("Root")
	return of(c.localStack().Root())
}

// Started reports whether c was ever switched to. A coroutine that was ended
// before its start counts as started. Any goroutine may ask.
func (c *Coroutine) Started() bool { return c.realStack().Started() }

// Dead reports whether c has ended. Any goroutine may ask.
func (c *Coroutine) Dead() bool { return c.realStack().Done() }

// Active reports whether c was started and has not ended. Any goroutine may ask.
func (c *Coroutine) Active() bool { return c.Started() && !c.Dead() }

// ancestor returns the nearest living ancestor of c, whose goroutine is running.
func (c *Coroutine) ancestor() *Coroutine {
	if p := c.parent; !p.guarded && p.stack.SameOwner(c.realStack()) && !p.stack.Done() {
		return p
	}
	p := c.effectiveParent()
	for p.localStack().Done() {
		p = p.effectiveParent() // ends at the root at the latest, which is never done
	}
	return p
}

func (c *Coroutine) check(op string) {
	if !c.realStack().Owned() {
		misuse(op, ErrWrongGoroutine)
	}
}
