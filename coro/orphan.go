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
func (p *producer) Orphaned(*stackful.Stack) { p.co.orphaned() }

// orphanExits is how often an orphan is told to end. More than one deferred call
// may switch to somewhere and have to be resumed.
const orphanExits = 10

// orphaned ends c, whose goroutine has ended, in the root of the one that has taken
// its place.
func (c *Coroutine) orphaned() {
	c.parked = 1
	c.mark(false) // its hub has ended too
	o := currentOwner()
	o.drain() // what waits for Reap is an orphan, or has not started
	for range orphanExits {
		if err := c.exit(); err != nil && !errors.Is(err, ErrRefusedExit) {
			o.report(c, err)
		}
		if c.Dead() {
			return
		}
	}
	if c.extra != nil && c.extra.collectHome != nil {
		c.extra.collectHome.leave() // it will not be told again
	}
	o.report(c, ErrRefusedExit)
}

// exit is killed for a coroutine that may throw anything into the root: nobody
// else is there to do it.
func (c *Coroutine) exit() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v}
		}
	}()
	return c.killed()
}
