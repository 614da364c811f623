package poller

import (
	"sync"

	"github.com/stackful-go/stackful/asm"
)

// background is the hub of all descriptors that were made outside any Run. It
// has no tasks; a goroutine of its own waits for it, as long as there are such
// descriptors.
var background struct {
	mu      sync.Mutex
	hub     *hub
	running bool
}

// hubOrBackground returns h, or the background hub if h is nil. Its goroutine must not
// be one of a bubble.
func hubOrBackground(h *hub) (*hub, error) {
	if h != nil {
		return h, nil
	}
	if asm.InBubble() {
		return nil, errBubble
	}
	b := &background
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hub == nil {
		h, err := newHub()
		if err != nil {
			return nil, err
		}
		h.isShared = true
		b.hub = h
	}
	return b.hub, nil
}

// keepRunning is called when a descriptor has been added to the background hub.
func (h *hub) keepRunning() {
	b := &background
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.running {
		b.running = true
		go h.runBackground()
	}
}

func (h *hub) runBackground() {
	for !h.endBackground() {
		// One poll, and then another look: it may have read the mail that says that
		// the last descriptor is gone.
		timeout := int64(-1)
		if at := h.timers.next(); at != noInstant {
			timeout = max(at-nanotime(), 0)
		}
		h.poll(timeout)
		if h.ending.failure != nil {
			panic(h.ending.failure) // the kernel refuses to wait on a descriptor that only we know
		}
	}
}

// endBackground reports whether there is nothing left to wait for. One who adds
// a descriptor calls keepRunning after it: so either that descriptor is seen
// here, or keepRunning starts anew.
func (h *hub) endBackground() bool {
	b := &background
	b.mu.Lock()
	defer b.mu.Unlock()
	if !h.wake.mail.empty() || len(h.timers.heap) > 0 || !h.io.slots.empty() {
		return false
	}
	b.running = false
	return true
}
