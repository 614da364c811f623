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

// orphanExits is how often ErrExit is thrown at an orphan. More than one deferred call
// may switch away and have to be resumed.
const orphanExits = 10

// orphaned ends c, whose goroutine has ended, in the root of the goroutine that has
// taken its place.
func (c *Coroutine) orphaned() {
	c.parked = 1
	c.mark(false) // its hub has ended too
	o := currentOwner()
	o.drain() // the coroutines that wait for Reap are orphans, or have not started
	for range orphanExits {
		if err := c.exit(); err != nil && !errors.Is(err, ErrRefusedExit) {
			o.report(c, err)
		}
		if c.Dead() {
			return
		}
	}
	if c.extra != nil && c.extra.collectHome != nil {
		c.extra.collectHome.leave() // it will not be notified again
	}
	o.report(c, ErrRefusedExit)
}

// exit is killed, but returns any panic as an error: here the root has no code that could
// recover from one.
func (c *Coroutine) exit() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v}
		}
	}()
	return c.TryKill()
}
