package sched

import (
	"sync"

	"github.com/stackful-go/stackful/asm"
)

// Background is the hub of all descriptors that were made outside any Run. It
// has no tasks; a goroutine of its own waits for it, as long as there are such
// descriptors.
var Background struct {
	Mu      sync.Mutex
	hub     *Hub
	Running bool
}

// OrBackground returns h, or the background hub if h is nil. Its goroutine must not
// be one of a bubble.
func OrBackground(h *Hub) (*Hub, error) {
	if h != nil {
		return h, nil
	}
	if asm.InBubble() {
		return nil, errBubble
	}
	b := &Background
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if b.hub == nil {
		h, err := New()
		if err != nil {
			return nil, err
		}
		h.IsShared = true
		b.hub = h
	}
	return b.hub, nil
}

// KeepRunning is called when a descriptor has been added to the background hub.
func (h *Hub) KeepRunning() {
	b := &Background
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if !b.Running {
		b.Running = true
		go h.runBackground()
	}
}

func (h *Hub) runBackground() {
	for !h.endBackground() {
		// One poll, and then another look: it may have read the mail that says that
		// the last descriptor is gone.
		timeout := int64(-1)
		if at := h.Timers.Next(); at != Never {
			timeout = max(at-Nanotime(), 0)
		}
		h.Poll(timeout)
		if h.Ending.failure != nil {
			panic(h.Ending.failure) // the kernel refuses to wait on a descriptor that only we know
		}
	}
}

// endBackground reports whether there is nothing left to wait for. One who adds
// a descriptor calls KeepRunning after it: so either that descriptor is seen
// here, or KeepRunning starts anew.
func (h *Hub) endBackground() bool {
	b := &Background
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if !h.Wake.Mail.Empty() || len(h.Timers.Heap) > 0 || !h.IO.Slots.empty() {
		return false
	}
	b.Running = false
	return true
}
