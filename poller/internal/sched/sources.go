package sched

import (
	"io"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A SlotTable gives the sources of a hub the ids that its selector reports.
// An id is an index and a generation, never a pointer: an event that the selector has
// reported before its source was dropped finds another generation, and is ignored.
//
// Descriptors are opened and closed on any goroutine: mu guards all fields.
type SlotTable struct {
	mu     runtimepatch.Mutex
	Slots  []slot   // index 0 is unused
	free   []uint32 // indexes of Slots without a source
	closed bool     // Run has ended: no more sources
	Used   int      // number of sources
}

// A slot is a place for one source at a time.
type slot struct {
	gen uint32 // counts the sources that the slot has had
	s   Source // nil while free
}

// A Source is a watched object of the selector: a descriptor (fd.FD). Its methods take the
// source's own lock, and must not park.
type Source interface {
	// Ready is called on the goroutine of h, the source's hub.
	Ready(h *Hub, what selector.Readiness)

	// Close is called at the end of the hub's Run. It reports whether the source was open.
	Close(here *Hub) bool
}

// Init leaves index 0 unused, so that no id is 0.
func (t *SlotTable) Init() { t.Slots = make([]slot, 1, 64) }

// slotID packs an id. Its low half is never 0, which is the id of the selector's waker.
func slotID(index, gen uint32) uint64 { return uint64(gen)<<32 | uint64(index) }

// Take gives s an id. It reports whether the table is open.
func (t *SlotTable) Take(s Source) (id uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return 0, false
	}
	var i uint32
	if n := len(t.free); n > 0 {
		i = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		i = uint32(len(t.Slots))
		t.Slots = append(t.Slots, slot{})
	}
	t.Slots[i].s = s
	t.Used++
	return slotID(i, t.Slots[i].gen), true
}

// Drop frees the slot of id, whose events are ignored from now on. It reports whether the
// table is empty then. A second Drop of the same id does nothing.
func (t *SlotTable) Drop(id uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := uint32(id); int(i) < len(t.Slots) && t.Slots[i].gen == uint32(id>>32) {
		t.Slots[i].s = nil
		t.Slots[i].gen++
		t.free = append(t.free, i)
		t.Used--
	}
	return t.Used == 0
}

// empty reports whether there is no source, and so nothing for the selector to report.
func (t *SlotTable) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Used == 0
}

// close closes the table for ever, and returns its sources.
func (t *SlotTable) close() []Source {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var all []Source
	for i := range t.Slots {
		if s := t.Slots[i].s; s != nil {
			all = append(all, s)
		}
	}
	return all
}

// closeDescriptors closes all sources and closers that are still open, at the end of Run.
func (h *Hub) closeDescriptors() {
	for _, s := range h.IO.Slots.close() {
		s.Close(h)
	}
	h.IO.closers.mu.Lock()
	defer h.IO.closers.mu.Unlock()
	for c := range h.IO.closers.set {
		c.Close()
	}
}

// A closerSet is the objects besides sources that are closed at the end of Run: processes,
// and sockets of package net on systems where they are used. mu guards set.
type closerSet struct {
	mu  runtimepatch.Mutex
	set map[io.Closer]struct{}
}

// CloseOnExit has c closed at the end of h's Run. It may be called on any goroutine.
func (h *Hub) CloseOnExit(c io.Closer) {
	h.IO.closers.mu.Lock()
	defer h.IO.closers.mu.Unlock()
	if h.IO.closers.set == nil {
		h.IO.closers.set = make(map[io.Closer]struct{})
	}
	h.IO.closers.set[c] = struct{}{}
}

// CancelCloseOnExit takes CloseOnExit back, when c has been closed.
func (h *Hub) CancelCloseOnExit(c io.Closer) {
	h.IO.closers.mu.Lock()
	defer h.IO.closers.mu.Unlock()
	delete(h.IO.closers.set, c)
}
