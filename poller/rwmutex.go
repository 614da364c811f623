package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A RWMutex is a Mutex that many readers, or one writer, can hold. Readers and
// writers are served in one order: a reader that comes after a waiting writer
// waits for it, so neither kind can starve the other.
//
// The rules of Mutex about goroutines and copies apply to it too.
type RWMutex struct {
	mu      biased.Lock
	readers int
	writing bool
	queue   sched.Queue // index: the wanted mode
	writer  sched.Holder
}

const (
	wantRead = iota
	wantWrite
)

// Lock locks m for writing.
func (m *RWMutex) Lock() { m.lock(wantWrite, sched.Never) }

// RLock locks m for reading. A holder must not call it again: a writer may be waiting in
// between.
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
	m.enter(want, h.Running())
	return true
}

func (m *RWMutex) admits(want int) bool {
	return !m.writing && (want == wantRead || m.readers == 0)
}

// enter lets t in, nil for a goroutine that is in no task.
func (m *RWMutex) enter(want int, t *sched.Task) {
	if want == wantRead {
		m.readers++
	} else {
		m.writing = true
		m.writer.Set(t)
	}
}

func (m *RWMutex) lock(want int, at int64) bool {
	h := sched.Here()
	h.CheckPreempt()
	m.mu.Lock(h.LockID())
	if m.queue.Head == nil && m.admits(want) {
		m.enter(want, h.Running())
		m.mu.Unlock(h.LockID())
		return true
	}
	h.NoteHolder(&m.writer)
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

// admit admits the waiters that may enter now, in order.
func (m *RWMutex) admit(here *sched.Hub) {
	for n := m.queue.Head; n != nil && m.admits(n.Index); n = m.queue.Head {
		m.queue.Remove(n)
		if n.W.Claim(nil) {
			m.enter(n.Index, n.W.Of())
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
	m.writer.Set(nil)
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
