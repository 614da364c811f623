package runtimepatch

import (
	"runtime"
	"sync"
)

// A Mutex is a sync.Mutex for this module's own state: Lock blocks the goroutine, also in a task
// of a patched program, as the caller may be in the middle of what a scheduler does.
type Mutex struct{ mu sync.Mutex }

// Lock locks m.
func (m *Mutex) Lock() {
	if !m.mu.TryLock() {
		m.lockSlow()
	}
}

// TryLock locks m if it is free, and reports whether it was.
func (m *Mutex) TryLock() bool { return m.mu.TryLock() }

// Unlock unlocks m.
func (m *Mutex) Unlock() { m.mu.Unlock() }

func (m *Mutex) lockSlow() {
	Block()
	m.mu.Lock()
	Unblock()
}

// Block has waits block the calling goroutine, also in a task, until Unblock is called as often.
func Block() {
	if Runtime != nil {
		Runtime.NoPark(1)
	}
}

// Unblock ends what Block has begun.
func Unblock() {
	if Runtime != nil {
		Runtime.NoPark(-1)
	}
}

// Go starts a goroutine, also in a task whose hub adopts go statements. The go statements of this module's
// own that tasks may execute are calls of it.
func Go(f func()) {
	Block()
	go f()
	Unblock()
}

// Gosched is runtime.Gosched for the goroutine, also in such a task.
func Gosched() {
	Block()
	runtime.Gosched()
	Unblock()
}
