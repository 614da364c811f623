package poller

import (
	"sync"
	"time"
)

// An Event is a flag that tasks wait for. The zero Event is not set. Tasks of any
// goroutine may use it, and goroutines that are in no task. It must not be copied
// after first use.
type Event struct {
	mu    hubLock
	set   bool
	queue waitQueue
}

// Set sets the flag and wakes all who wait for it, in their order; they go on
// even if it is cleared before they run.
func (e *Event) Set() {
	here := currentHub()
	e.mu.lock(here)
	defer e.mu.unlock(here)
	e.set = true
	e.queue.wakeAll(here, nil)
}

// Clear clears the flag.
func (e *Event) Clear() {
	here := currentHub()
	e.mu.lock(here)
	defer e.mu.unlock(here)
	e.set = false
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet() bool {
	here := currentHub()
	e.mu.lock(here)
	defer e.mu.unlock(here)
	return e.set
}

// Wait waits until the flag is set.
func (e *Event) Wait() { e.wait(noInstant) }

// WaitTimeout is Wait with a limit. It reports whether the flag was set in time.
func (e *Event) WaitTimeout(d time.Duration) bool { return e.wait(after(d)) }

func (e *Event) wait(at int64) bool {
	here := currentHub()
	here.checkDue()
	e.mu.lock(here)
	if e.set {
		e.mu.unlock(here)
		return true
	}
	return waitIn(here, &e.mu, &e.queue, parkEvent, at) == nil
}

// A WaitGroup waits for a number of things to be done, as sync.WaitGroup does.
// Tasks of any goroutine may use it, and goroutines that are in no task. It must
// not be copied after first use.
type WaitGroup struct {
	mu    hubLock
	n     int
	queue waitQueue
}

// Add adds delta, which may be negative, to the number. At zero, all who wait
// are woken. It panics if the number becomes negative.
func (g *WaitGroup) Add(delta int) {
	here := currentHub()
	g.mu.lock(here)
	defer g.mu.unlock(here)
	g.n += delta
	if g.n < 0 {
		usage("negative WaitGroup")
	}
	if g.n == 0 {
		g.queue.wakeAll(here, nil)
	}
}

// Done is Add(-1).
func (g *WaitGroup) Done() { g.Add(-1) }

// Go starts f as a task that is one of those waited for. However it ends, it is
// done then.
func (g *WaitGroup) Go(f func()) *Task {
	g.Add(1)
	t := Go(func() {
		defer g.Done()
		f()
	})
	if t.Ended() { // the hub is ending: f will not run
		g.Done()
	}
	return t
}

// Wait waits until the number is zero.
func (g *WaitGroup) Wait() { g.wait(noInstant) }

// WaitTimeout is Wait with a limit. It reports whether the number was zero in time.
func (g *WaitGroup) WaitTimeout(d time.Duration) bool { return g.wait(after(d)) }

func (g *WaitGroup) wait(at int64) bool {
	here := currentHub()
	here.checkDue()
	g.mu.lock(here)
	if g.n == 0 {
		g.mu.unlock(here)
		return true
	}
	return waitIn(here, &g.mu, &g.queue, parkWaitGroup, at) == nil
}

// A Cond is where tasks wait for a change of what L guards. Make it with NewCond.
// It must not be copied after first use.
type Cond struct {
	L     sync.Locker // held by those who look at the condition; a *Mutex, say
	mu    hubLock
	queue waitQueue
}

// NewCond returns a Cond with the locker l.
func NewCond(l sync.Locker) *Cond { return &Cond{L: l} }

// Wait unlocks L, waits to be woken, and locks L again. L must be locked. A task
// that is killed in Wait has L locked while its deferred calls run.
func (c *Cond) Wait() { c.wait(noInstant) }

// WaitTimeout is Wait with a limit. It reports whether it was woken in time. L is
// locked again in any case.
func (c *Cond) WaitTimeout(d time.Duration) bool { return c.wait(after(d)) }

func (c *Cond) wait(at int64) bool {
	h := currentHub()
	c.mu.lock(h) // before L is unlocked, so that no Signal is missed
	w := beginWait(h, parkCond)
	c.queue.push(&w.node)
	c.mu.unlock(h)
	c.L.Unlock()
	err := w.wait(h, at)
	if err != nil {
		c.mu.lock(h)
		c.queue.remove(&w.node)
		c.mu.unlock(h)
	}
	w.end()
	c.L.Lock()
	if err == errInterrupted {
		raiseInterruption(h)
	}
	return err == nil
}

// Signal wakes who has waited longest.
func (c *Cond) Signal() {
	here := currentHub()
	c.mu.lock(here)
	defer c.mu.unlock(here)
	if w := c.queue.claim(nil); w != nil {
		w.resume(here)
	}
}

// Broadcast wakes all who wait.
func (c *Cond) Broadcast() {
	here := currentHub()
	c.mu.lock(here)
	defer c.mu.unlock(here)
	c.queue.wakeAll(here, nil)
}
