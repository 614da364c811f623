package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

var (
	_ stackful.Orphan = (*policy)(nil)
	_ stackful.Orphan = (*producer)(nil)
)

// Orphaned implements stackful.Orphan.
func (p *policy) Orphaned(*stackful.Stack) { (*Coroutine)(p).orphaned() }

// Orphaned implements stackful.Orphan.
func (p *producer) Orphaned(*stackful.Stack) {
	p.stopper = nil
	p.co.orphaned()
}

// orphanExits is how often an orphan is told to end. More than one deferred call
// may switch to somewhere and have to be resumed.
const orphanExits = 10

// orphaned ends c, whose goroutine has ended, in the root of the one that has taken
// its place. All that goes on there is c's doing.
func (c *Coroutine) orphaned() {
	o := currentOwner() // as it was on the ended goroutine
	if c.rare != nil {
		c.rare.heir = nil // a Kill was under way
		if c.rare.home != nil {
			c.rare.home.leave()
		}
	}
	o.drain() // all of these are orphans, or have not started
	for range orphanExits {
		if err := c.exit(); err != nil && !errors.Is(err, ErrRefusedExit) {
			o.report(c, err)
		}
		if c.Dead() {
			return
		}
	}
	o.report(c, ErrRefusedExit)
}

// exit is killed for a coroutine that may throw anything in here.
func (c *Coroutine) exit() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v}
		}
	}()
	return c.killed()
}
