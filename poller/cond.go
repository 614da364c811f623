package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Cond is a queue of tasks that wait for a change of the state that L guards. Make it
// with NewCond, or set L. It must not be copied after first use.
type Cond struct {
	L     sync.Locker // guards the condition; a *Mutex, for example
	mu    biased.Lock
	queue sched.Queue // ok of a node: it was signalled
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
func (c *Cond) Wait() { c.wait(sched.Never) }

// WaitTimeout is Wait with a limit. It reports whether it was woken in time. L is
// locked again in any case, for which it waits beyond the limit if it must.
func (c *Cond) WaitTimeout(d time.Duration) bool { return c.wait(sched.After(d)) }

func (c *Cond) wait(at int64) bool {
	if c.L == nil {
		fault.Usage("Cond.Wait without a locker: make the Cond with NewCond, or set L")
	}
	h := sched.Here()
	n := new(sched.Node)  // not the waiter's own, which L.Unlock or L.Lock may need: L may be a user's, and wait
	c.mu.Lock(h.LockID()) // before L is unlocked, so that no Signal is missed
	c.queue.Push(n)
	c.mu.Unlock(h.LockID())
	c.unlockL(h, n)
	err := c.park(h, n, at)
	if h == nil || h.Current == nil {
		c.L.Lock()
		sched.Raise(h, err)
		return err == nil
	}
	k := h.Current.Fiber
	k.Shield(c.L.Lock)
	if k.Interrupted && k.MustRaise() {
		if err == nil {
			c.Signal()
		}
		k.Task.Raise()
	}
	return err == nil
}

// unlockL unlocks L, and takes n out of the queue if L panics.
func (c *Cond) unlockL(h *sched.Hub, n *sched.Node) {
	done := false
	defer func() {
		if done {
			return
		}
		c.mu.Lock(h.LockID())
		c.queue.Remove(n)
		signalled := n.Ok
		c.mu.Unlock(h.LockID())
		if signalled {
			c.Signal()
		}
	}()
	c.L.Unlock()
	done = true
}

// park parks the caller until n is signalled, or the instant at.
func (c *Cond) park(h *sched.Hub, n *sched.Node, at int64) error {
	c.mu.Lock(h.LockID())
	if n.Ok {
		c.mu.Unlock(h.LockID())
		return nil
	}
	n.W = sched.BeginWait(h, sched.ParkCond)
	return sched.ParkQueued(h, &c.mu, n, at)
}

// Signal wakes the longest waiter.
func (c *Cond) Signal() {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	c.wake(here)
}

// Broadcast wakes all waiters.
func (c *Cond) Broadcast() {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	for c.wake(here) {
	}
}

// wake signals the first waiter, and reports whether there was one.
func (c *Cond) wake(here *sched.Hub) bool {
	for c.queue.Head != nil {
		n := c.queue.Pop()
		if n.W == nil { // its caller has not parked yet, and tests n.Ok before it does
			n.Ok = true
			return true
		}
		if n.W.Claim(nil) {
			n.W.Resume(here)
			return true
		}
	}
	return false
}
