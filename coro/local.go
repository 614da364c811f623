package coro

import "maps"

// A Local is a variable with one value per coroutine. The zero Local is ready to
// use; it is meant to be a package variable, and must not be copied.
//
//	var depth coro.Local[int]                         // each coroutine has its own
//	var user = coro.Local[string]{Inherit: true}      // starts with its creator's value
//
// A Local may be used on all goroutines: each coroutine, the root of each
// goroutine included, has its own value. The values go away with the coroutine.
type Local[T any] struct {
	// Inherit says that a new coroutine starts with the value that the
	// coroutine which creates it has at that moment. Later changes on one side
	// are not seen on the other. (This is what gevent does with context
	// variables when it spawns; its locals, and greenlet's contexts, are not
	// inherited.) It must not be changed once the Local has been used.
	Inherit bool

	// Init, if not nil, makes the value that Get returns, and stores, where
	// none was set; else this is T's zero value, and is not stored.
	Init func() T
}

// Locals is a set of values of Local variables. Every coroutine has one; it is
// empty at first but for what is inherited. Two coroutines of a goroutine may
// share one, see SetLocals. (This is greenlet's gr_context.)
//
// A Locals must be used by one goroutine only.
type Locals struct {
	own       map[any]any // *Local[T] to *T
	inherited map[any]any // the same for those with Inherit; never changed, only replaced
}

// Get returns the current coroutine's value.
func (l *Local[T]) Get() T { return l.GetOf(Current()) }

// Set changes the current coroutine's value.
func (l *Local[T]) Set(v T) { l.SetOf(Current(), v) }

// Lookup returns the current coroutine's value, and whether there is one. It
// does not call Init.
func (l *Local[T]) Lookup() (v T, ok bool) {
	if p := l.find(Current()); p != nil {
		return *p, true
	}
	return v, false
}

// Clear removes the current coroutine's value.
func (l *Local[T]) Clear() {
	if ls := Current().Locals(); l.Inherit {
		ls.inherited = maps.Clone(ls.inherited)
		delete(ls.inherited, l)
	} else {
		delete(ls.own, l)
	}
}

// GetOf returns the value of c, in whatever state c is. It panics with
// ErrWrongGoroutine if c belongs to another goroutine.
func (l *Local[T]) GetOf(c *Coroutine) T {
	c.check("GetOf")
	if p := l.find(c); p != nil {
		return *p
	}
	var v T
	if l.Init != nil {
		v = l.Init()
		l.SetOf(c, v)
	}
	return v
}

// SetOf changes the value of c, in whatever state c is; see GetOf.
func (l *Local[T]) SetOf(c *Coroutine, v T) {
	c.check("SetOf")
	ls := c.Locals()
	if !l.Inherit {
		if ls.own == nil {
			ls.own = make(map[any]any)
		}
		ls.own[l] = &v
		return
	}
	m := make(map[any]any, len(ls.inherited)+1)
	maps.Copy(m, ls.inherited)
	m[l] = &v
	ls.inherited = m
}

func (l *Local[T]) find(c *Coroutine) *T {
	if c.extra == nil || c.extra.locals == nil {
		return nil
	}
	m := c.extra.locals.own
	if l.Inherit {
		m = c.extra.locals.inherited
	}
	p, _ := m[l].(*T)
	return p
}

// Locals returns the values of c. What is set through it is set in c.
func (c *Coroutine) Locals() *Locals {
	c.check("Locals")
	if r := c.needExtra(); r.locals == nil {
		r.locals = new(Locals)
	}
	return c.extra.locals
}

// SetLocals replaces the values of c, in whatever state c is: with those of
// another coroutine, so that the two share their values from now on; with a
// Clone; or, if ls is nil, with none.
func (c *Coroutine) SetLocals(ls *Locals) {
	c.check("SetLocals")
	c.needExtra().locals = ls
}

// Clone returns a copy of ls. Values are copied by assignment.
func (ls *Locals) Clone() *Locals {
	return &Locals{own: maps.Clone(ls.own), inherited: ls.inherited}
}

// inherit gives c, which is new, the inheritable values of its creator.
func (c *Coroutine) inherit(from *Locals) {
	if len(from.inherited) > 0 {
		c.needExtra().locals = &Locals{inherited: from.inherited}
	}
}
