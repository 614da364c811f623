package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Mutex is a lock for tasks: a contender parks, and the other tasks go on. Unlock hands
// it over to the first of its waiters. (A sync.Mutex that a task holds while it parks would
// stop the goroutine, and with it the task that is to unlock it.)
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it blocks.
// The zero Mutex is unlocked. It must not be copied after first use. A locked Mutex has no
// owner: any task may unlock it.
type Mutex struct {
	mu     biased.Lock
	locked bool
	queue  sched.Queue
	holder sched.Holder
}

// Lock locks m, waiting until it can.
func (m *Mutex) Lock() {
	h := sched.Here()
	h.CheckPreempt()
	if !m.mu.TryOwn(h.LockID()) {
		m.mu.LockSlow(h.LockID())
		m.lock(h, sched.Never)
		return
	}
	if !m.locked {
		m.locked = true
		m.holder.Set(h.Current)
		m.mu.UnlockOwned()
		return
	}
	if h.Current == nil || h.Current.Fiber.Interrupted {
		h.NoteHolder(&m.holder)
		sched.Park(h, &m.mu, &m.queue, sched.ParkMutex, sched.Never)
		return
	}
	// sched.Park, written out, so that fewer calls return after the switch: see package sched,
	// park.go.
	k := h.Current.Fiber
	k.NoteHolder(&m.holder)
	k.W.Begin(sched.ParkMutex)
	m.queue.Push(&k.W.Node)
	m.mu.UnlockOwned()
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	if k.W.Err != nil {
		err := k.W.Err
		k.W.Node.Leave(h, &m.mu)
		sched.Raise(h, err)
	}
}

// lock is called with mu locked, and unlocks it.
func (m *Mutex) lock(h *sched.Hub, at int64) bool {
	if !m.locked {
		m.locked = true
		m.holder.Set(h.Running())
		m.mu.Unlock(h.LockID())
		return true
	}
	h.NoteHolder(&m.holder)
	return sched.Park(h, &m.mu, &m.queue, sched.ParkMutex, at) == nil
}

// LockTimeout is Lock with a limit. It reports whether it has locked m.
func (m *Mutex) LockTimeout(d time.Duration) bool {
	h := sched.Here()
	h.CheckPreempt()
	m.mu.Lock(h.LockID())
	return m.lock(h, sched.After(d))
}

// TryLock locks m if that needs no waiting, and reports whether it did.
func (m *Mutex) TryLock() bool {
	h := sched.Here()
	m.mu.Lock(h.LockID())
	defer m.mu.Unlock(h.LockID())
	if m.locked {
		return false
	}
	m.locked = true
	m.holder.Set(h.Running())
	return true
}

// Unlock unlocks m, or hands it over to its first waiter. It panics if m is not locked.
func (m *Mutex) Unlock() {
	here := sched.Here()
	if !m.mu.TryOwn(here.LockID()) {
		m.mu.LockSlow(here.LockID())
		m.unlock(here)
		return
	}
	n := m.queue.Head
	switch {
	case n != nil && n.ClaimLocal():
		m.queue.Pop()
		t := n.W.Fiber.Task
		m.holder.Set(t)
		m.mu.UnlockOwned()
		here.MakeReady(t)
	case n == nil && m.locked:
		m.locked = false
		m.mu.UnlockOwned()
	default:
		m.unlock(here)
	}
}

// unlock is called with mu locked, and unlocks it.
func (m *Mutex) unlock(here *sched.Hub) {
	if !m.locked {
		m.mu.Unlock(here.LockID())
		fault.Usage("Unlock of an unlocked Mutex")
	}
	w := m.queue.Claim(nil)
	m.locked = w != nil
	m.holder.Set(w.Of())
	m.mu.Unlock(here.LockID())
	if w != nil {
		w.Resume(here)
	}
}
