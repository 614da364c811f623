package poller

import (
	"io"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A slotTable gives the sources of a hub the ids that its selector reports.
// An id is an index and a generation, never a pointer: an event that was on its
// way while its descriptor was closed finds another generation, and is dropped.
type slotTable struct {
	mu     sync.Mutex
	slots  []slot
	free   []uint32
	closed bool
	used   int
}

type slot struct {
	gen uint32
	s   source
}

// A source is what a hub watches by its selector: a descriptor.
type source interface {
	// becomeReady is called on the goroutine of h, the source's hub.
	becomeReady(h *hub, what selector.Readiness)

	// close is called at the end of the hub's Run. It reports whether the source was open.
	close(here *hub) bool
}

// init leaves index 0 unused, so that no id is 0.
func (t *slotTable) init() { t.slots = make([]slot, 1, 64) }

func slotID(index, gen uint32) uint64 { return uint64(gen)<<32 | uint64(index) }

// take gives s an id. It reports whether the table is open.
func (t *slotTable) take(s source) (id uint64, ok bool) {
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
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot{})
	}
	t.slots[i].s = s
	t.used++
	return slotID(i, t.slots[i].gen), true
}

// drop takes the id back. It reports whether the table is empty then.
func (t *slotTable) drop(id uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := uint32(id); int(i) < len(t.slots) && t.slots[i].gen == uint32(id>>32) {
		t.slots[i].s = nil
		t.slots[i].gen++
		t.free = append(t.free, i)
		t.used--
	}
	return t.used == 0
}

func (t *slotTable) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.used == 0
}

// close closes the table for ever, and returns what is in it.
func (t *slotTable) close() []source {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	var all []source
	for i := range t.slots {
		if s := t.slots[i].s; s != nil {
			all = append(all, s)
		}
	}
	return all
}

// dispatch hands events to their sources. The ids are looked up in one go,
// under the table's lock; each source has a lock of its own.
func (h *hub) dispatch(events []selector.Event) {
	if len(events) == 0 {
		return
	}
	found := h.io.found[:len(events)] // not on the stack: it may be any task's, and small
	t := &h.io.slots
	t.mu.Lock()
	for i := range events {
		id := events[i].ID
		if j := uint32(id); int(j) < len(t.slots) && t.slots[j].gen == uint32(id>>32) {
			found[i] = t.slots[j].s
		}
	}
	t.mu.Unlock()
	for i := range events {
		if s := found[i]; s != nil {
			s.becomeReady(h, events[i].What)
		}
	}
	clear(found)
}

// closeDescriptors closes all that is still open on the hub.
func (h *hub) closeDescriptors() {
	for _, s := range h.io.slots.close() {
		s.close(h)
	}
	h.io.closers.mu.Lock()
	defer h.io.closers.mu.Unlock()
	for c := range h.io.closers.set {
		c.Close()
	}
}

// A closerSet is what else is to be closed at the end of Run: processes, and sockets
// of package net on systems where they are used.
type closerSet struct {
	mu  sync.Mutex
	set map[io.Closer]struct{}
}

func (h *hub) own(c io.Closer) {
	h.io.closers.mu.Lock()
	defer h.io.closers.mu.Unlock()
	if h.io.closers.set == nil {
		h.io.closers.set = make(map[io.Closer]struct{})
	}
	h.io.closers.set[c] = struct{}{}
}

func (h *hub) disown(c io.Closer) {
	h.io.closers.mu.Lock()
	defer h.io.closers.mu.Unlock()
	delete(h.io.closers.set, c)
}
