package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Mutex is a lock for tasks: who finds it locked parks, and the other tasks go
// on. It is handed over in the order in which it was asked for. (A sync.Mutex
// that a task holds while it parks would stop the goroutine, and with it the task
// that is to unlock it.)
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. The zero Mutex is unlocked. It must not be copied after first use. A
// locked Mutex belongs to nobody: any task may unlock it.
type Mutex struct {
	mu     biased.Lock
	locked bool
	queue  sched.Queue
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
		m.mu.UnlockOwned()
		return
	}
	if h.Current == nil || h.Current.Fiber.Interrupted {
		sched.Park(h, &m.mu, &m.queue, sched.ParkMutex, sched.Never)
		return
	}
	// sched.Park, written out, so that fewer calls return after the switch: see package sched,
	// switch.go.
	k := h.Current.Fiber
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
		m.mu.Unlock(h.LockID())
		return true
	}
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
	return true
}

// Unlock unlocks m: if others wait for it, the first of them has it now. It
// panics if m is not locked.
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
		m.mu.UnlockOwned()
		here.MakeReady(n.W.Fiber.Task)
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
	m.mu.Unlock(here.LockID())
	if w != nil {
		w.Resume(here)
	}
}

// A RWMutex is a Mutex that many readers, or one writer, can hold. Readers and
// writers are served in one order: a reader that comes after a waiting writer
// waits for it, so neither kind can starve the other.
//
// What is said of Mutex about goroutines and copies holds for it too.
type RWMutex struct {
	mu      biased.Lock
	readers int
	writing bool
	queue   sched.Queue // index tells what is wanted
}

const (
	wantRead = iota
	wantWrite
)

// Lock locks m for writing.
func (m *RWMutex) Lock() { m.lock(wantWrite, sched.Never) }

// RLock locks m for reading. It must not be called again by who holds it: a
// writer may wait between the two.
func (m *RWMutex) RLock() { m.lock(wantRead, sched.Never) }

// LockTimeout is Lock with a limit. It reports whether it has locked m.
func (m *RWMutex) LockTimeout(d time.Duration) bool { return m.lock(wantWrite, sched.After(d)) }

// RLockTimeout is RLock with a limit. It reports whether it has locked m.
func (m *RWMutex) RLockTimeout(d time.Duration) bool { return m.lock(wantRead, sched.After(d)) }

// TryLock locks m for writing if that needs no waiting, and reports whether it did.
func (m *RWMutex) TryLock() bool { return m.tryLock(wantWrite) }

// TryRLock locks m for reading if that needs no waiting, and reports whether it did.
func (m *RWMutex) TryRLock() bool { return m.tryLock(wantRead) }

func (m *RWMutex) tryLock(want int) bool {
	h := sched.Here()
	m.mu.Lock(h.LockID())
	defer m.mu.Unlock(h.LockID())
	if m.queue.Head != nil || !m.admits(want) {
		return false
	}
	m.enter(want)
	return true
}

func (m *RWMutex) admits(want int) bool {
	return !m.writing && (want == wantRead || m.readers == 0)
}

func (m *RWMutex) enter(want int) {
	if want == wantRead {
		m.readers++
	} else {
		m.writing = true
	}
}

func (m *RWMutex) lock(want int, at int64) bool {
	h := sched.Here()
	h.CheckPreempt()
	m.mu.Lock(h.LockID())
	if m.queue.Head == nil && m.admits(want) {
		m.enter(want)
		m.mu.Unlock(h.LockID())
		return true
	}
	w := sched.BeginWait(h, sched.ParkMutex)
	w.Node.Index = want
	m.queue.Push(&w.Node)
	err := sched.ParkQueued(h, &m.mu, &w.Node, at)
	if err != nil {
		m.mu.Lock(h.LockID())
		m.admit(h) // those behind may have waited for this one only
		m.mu.Unlock(h.LockID())
		sched.Raise(h, err)
	}
	return err == nil
}

// admit lets in who may enter now, in order.
func (m *RWMutex) admit(here *sched.Hub) {
	for n := m.queue.Head; n != nil && m.admits(n.Index); n = m.queue.Head {
		m.queue.Remove(n)
		if n.W.Claim(nil) {
			m.enter(n.Index)
			n.W.Resume(here)
		}
	}
}

// Unlock undoes Lock. It panics if m is not locked for writing.
func (m *RWMutex) Unlock() {
	here := sched.Here()
	m.mu.Lock(here.LockID())
	defer m.mu.Unlock(here.LockID())
	if !m.writing {
		fault.Usage("Unlock of a RWMutex that is not locked for writing")
	}
	m.writing = false
	m.admit(here)
}

// RUnlock undoes one RLock. It panics if m is not locked for reading.
func (m *RWMutex) RUnlock() {
	here := sched.Here()
	m.mu.Lock(here.LockID())
	defer m.mu.Unlock(here.LockID())
	if m.readers == 0 {
		fault.Usage("RUnlock of a RWMutex that is not locked for reading")
	}
	m.readers--
	m.admit(here)
}

// RLocker returns a Locker whose Lock is m.RLock.
func (m *RWMutex) RLocker() sync.Locker { return (*readLocker)(m) }

type readLocker RWMutex

func (l *readLocker) Lock()   { (*RWMutex)(l).RLock() }
func (l *readLocker) Unlock() { (*RWMutex)(l).RUnlock() }
