package sched

import (
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// Background is the hub of all descriptors that were made outside any Run. It
// has no tasks, and so no root loop; a goroutine of its own polls it, as long as there are
// such descriptors.
var Background struct {
	Mu      runtimepatch.Mutex // guards the other fields, and the decision to end the goroutine
	hub     *Hub               // made at the first use, kept for ever
	Running bool               // the goroutine exists
}

// OrBackground returns h, or the background hub if h is nil. In a synctest bubble it returns
// an error instead: the goroutine would be part of the bubble.
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

// KeepRunning starts the goroutine of the background hub h unless it runs. It must be called
// after a descriptor has been added, see endBackground.
func (h *Hub) KeepRunning() {
	b := &Background
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if !b.Running {
		b.Running = true
		runtimepatch.Go(h.runBackground)
	}
}

// runBackground is the goroutine of the background hub.
func (h *Hub) runBackground() {
	for !h.endBackground() {
		// One poll for each check: it may have read the mail that says that the last
		// descriptor is gone.
		timeout := int64(-1)
		if at := h.Timers.Next(); at != Never {
			timeout = max(at-Nanotime(), 0)
		}
		h.Poll(timeout)
		if h.Ending.failure != nil {
			panic(h.Ending.failure) // the wait on our own selector failed: no caller could handle that
		}
	}
}

// endBackground reports whether the goroutine may end, and then records that. KeepRunning
// is called after a descriptor has been added: so either the descriptor is seen here, or
// KeepRunning sees Running false and starts a new goroutine.
func (h *Hub) endBackground() bool {
	b := &Background
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if !h.Wake.Mail.Empty() || len(h.Timers.Entries) > 0 || !h.IO.Slots.empty() {
		return false
	}
	b.Running = false
	return true
}
