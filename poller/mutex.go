package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
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
	queue  waitQueue
}

// Lock locks m, waiting until it can.
func (m *Mutex) Lock() {
	h := currentHub()
	h.checkDue()
	if !m.mu.TryOwn(h.lockID()) {
		m.mu.LockSlow(h.lockID())
		m.lock(h, noInstant)
		return
	}
	if !m.locked {
		m.locked = true
		m.mu.UnlockOwned()
		return
	}
	if h.current == nil || h.current.work.interrupted {
		park(h, &m.mu, &m.queue, parkMutex, noInstant)
		return
	}
	// What park does, with nothing in between that has to return after the switch.
	k := h.current.work
	k.w.begin(parkMutex)
	m.queue.push(&k.w.node)
	m.mu.UnlockOwned()
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	if k.w.err != nil {
		err := k.w.err
		k.w.node.leave(h, &m.mu)
		raise(h, err)
	}
}

// lock is called with mu locked, and unlocks it.
func (m *Mutex) lock(h *hub, at int64) bool {
	if !m.locked {
		m.locked = true
		m.mu.Unlock(h.lockID())
		return true
	}
	return park(h, &m.mu, &m.queue, parkMutex, at) == nil
}

// LockTimeout is Lock with a limit. It reports whether it has locked m.
func (m *Mutex) LockTimeout(d time.Duration) bool {
	h := currentHub()
	h.checkDue()
	m.mu.Lock(h.lockID())
	return m.lock(h, after(d))
}

// TryLock locks m if that needs no waiting, and reports whether it did.
func (m *Mutex) TryLock() bool {
	h := currentHub()
	m.mu.Lock(h.lockID())
	defer m.mu.Unlock(h.lockID())
	if m.locked {
		return false
	}
	m.locked = true
	return true
}

// Unlock unlocks m: if others wait for it, the first of them has it now. It
// panics if m is not locked.
func (m *Mutex) Unlock() {
	here := currentHub()
	if !m.mu.TryOwn(here.lockID()) {
		m.mu.LockSlow(here.lockID())
		m.unlock(here)
		return
	}
	n := m.queue.head
	switch {
	case n != nil && n.claimHome():
		m.queue.pop()
		m.mu.UnlockOwned()
		here.makeReady(n.w.worker.task)
	case n == nil && m.locked:
		m.locked = false
		m.mu.UnlockOwned()
	default:
		m.unlock(here)
	}
}

// unlock is called with mu locked, and unlocks it.
func (m *Mutex) unlock(here *hub) {
	if !m.locked {
		m.mu.Unlock(here.lockID())
		fault.Usage("Unlock of an unlocked Mutex")
	}
	w := m.queue.claim(nil)
	m.locked = w != nil
	m.mu.Unlock(here.lockID())
	if w != nil {
		w.resume(here)
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
	queue   waitQueue // index tells what is wanted
}

const (
	wantRead = iota
	wantWrite
)

// Lock locks m for writing.
func (m *RWMutex) Lock() { m.lock(wantWrite, noInstant) }

// RLock locks m for reading. It must not be called again by who holds it: a
// writer may wait between the two.
func (m *RWMutex) RLock() { m.lock(wantRead, noInstant) }

// LockTimeout is Lock with a limit. It reports whether it has locked m.
func (m *RWMutex) LockTimeout(d time.Duration) bool { return m.lock(wantWrite, after(d)) }

// RLockTimeout is RLock with a limit. It reports whether it has locked m.
func (m *RWMutex) RLockTimeout(d time.Duration) bool { return m.lock(wantRead, after(d)) }

// TryLock locks m for writing if that needs no waiting, and reports whether it did.
func (m *RWMutex) TryLock() bool { return m.tryLock(wantWrite) }

// TryRLock locks m for reading if that needs no waiting, and reports whether it did.
func (m *RWMutex) TryRLock() bool { return m.tryLock(wantRead) }

func (m *RWMutex) tryLock(want int) bool {
	h := currentHub()
	m.mu.Lock(h.lockID())
	defer m.mu.Unlock(h.lockID())
	if m.queue.head != nil || !m.admits(want) {
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
	h := currentHub()
	h.checkDue()
	m.mu.Lock(h.lockID())
	if m.queue.head == nil && m.admits(want) {
		m.enter(want)
		m.mu.Unlock(h.lockID())
		return true
	}
	w := beginWait(h, parkMutex)
	w.node.index = want
	m.queue.push(&w.node)
	err := parkQueued(h, &m.mu, &w.node, at)
	if err != nil {
		m.mu.Lock(h.lockID())
		m.admit(h) // those behind may have waited for this one only
		m.mu.Unlock(h.lockID())
		raise(h, err)
	}
	return err == nil
}

// admit lets in who may enter now, in order.
func (m *RWMutex) admit(here *hub) {
	for n := m.queue.head; n != nil && m.admits(n.index); n = m.queue.head {
		m.queue.remove(n)
		if n.w.claim(nil) {
			m.enter(n.index)
			n.w.resume(here)
		}
	}
}

// Unlock undoes Lock. It panics if m is not locked for writing.
func (m *RWMutex) Unlock() {
	here := currentHub()
	m.mu.Lock(here.lockID())
	defer m.mu.Unlock(here.lockID())
	if !m.writing {
		fault.Usage("Unlock of a RWMutex that is not locked for writing")
	}
	m.writing = false
	m.admit(here)
}

// RUnlock undoes one RLock. It panics if m is not locked for reading.
func (m *RWMutex) RUnlock() {
	here := currentHub()
	m.mu.Lock(here.lockID())
	defer m.mu.Unlock(here.lockID())
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
