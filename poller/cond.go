package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A Cond is where tasks wait for a change of what L guards. Make it with NewCond.
// It must not be copied after first use.
type Cond struct {
	L     sync.Locker // held by those who look at the condition; a *Mutex, say
	mu    biased.Lock
	queue waitQueue // ok of a node: it was signalled
}

// NewCond returns a Cond with the locker l.
func NewCond(l sync.Locker) *Cond { return &Cond{L: l} }

// Wait unlocks L, waits to be woken, and locks L again. L must be locked. However
// Wait ends, L is locked then: also if the task is interrupted, by Kill or WithTimeout,
// while it waits to be woken or to lock L. The interruption is raised when L is
// locked, so that a deferred Unlock is right. If the task had been woken by Signal before,
// another one is woken in its place.
//
// L.Lock may be a function of the user's that waits in other ways: nothing is raised
// in the task until it has returned.
func (c *Cond) Wait() { c.wait(noInstant) }

// WaitTimeout is Wait with a limit. It reports whether it was woken in time. L is
// locked again in any case, for which it waits beyond the limit if it must.
func (c *Cond) WaitTimeout(d time.Duration) bool { return c.wait(after(d)) }

func (c *Cond) wait(at int64) bool {
	h := currentHub()
	n := new(waitNode)    // not the waiter's own, since L may be a user's, and wait
	c.mu.Lock(h.lockID()) // before L is unlocked, so that no Signal is missed
	c.queue.push(n)
	c.mu.Unlock(h.lockID())
	c.unlockL(h, n)
	err := c.park(h, n, at)
	if h == nil || h.current == nil {
		c.L.Lock()
		raise(h, err)
		return err == nil
	}
	k := h.current.work
	k.shield(c.L.Lock)
	if k.interrupted && k.mustRaise() {
		if err == nil {
			c.Signal()
		}
		k.task.raise()
	}
	return err == nil
}

// unlockL unlocks L, and takes n out of the queue if L panics.
func (c *Cond) unlockL(h *hub, n *waitNode) {
	done := false
	defer func() {
		if done {
			return
		}
		c.mu.Lock(h.lockID())
		c.queue.remove(n)
		signalled := n.ok
		c.mu.Unlock(h.lockID())
		if signalled {
			c.Signal()
		}
	}()
	c.L.Unlock()
	done = true
}

// park waits until n is signalled.
func (c *Cond) park(h *hub, n *waitNode, at int64) error {
	c.mu.Lock(h.lockID())
	if n.ok {
		c.mu.Unlock(h.lockID())
		return nil
	}
	n.w = beginWait(h, parkCond)
	return parkQueued(h, &c.mu, n, at)
}

// Signal wakes who has waited longest.
func (c *Cond) Signal() {
	here := currentHub()
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	c.wake(here)
}

// Broadcast wakes all who wait.
func (c *Cond) Broadcast() {
	here := currentHub()
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	for c.wake(here) {
	}
}

// wake wakes the first who waits. It reports whether there was one.
func (c *Cond) wake(here *hub) bool {
	for c.queue.head != nil {
		n := c.queue.pop()
		if n.w == nil { // it has not begun to wait, and will look
			n.ok = true
			return true
		}
		if n.w.claim(nil) {
			n.w.resume(here)
			return true
		}
	}
	return false
}
