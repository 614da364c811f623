package sched

import (
	"io"
	"sync"

	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A SlotTable gives the sources of a hub the ids that its selector reports.
// An id is an index and a generation, never a pointer: an event that was on its
// way while its descriptor was closed finds another generation, and is dropped.
type SlotTable struct {
	mu     sync.Mutex
	Slots  []slot
	free   []uint32
	closed bool
	Used   int
}

type slot struct {
	gen uint32
	s   Source
}

// A Source is what a hub watches by its selector: a descriptor.
type Source interface {
	// Ready is called on the goroutine of h, the source's hub.
	Ready(h *Hub, what selector.Readiness)

	// Close is called at the end of the hub's Run. It reports whether the source was open.
	Close(here *Hub) bool
}

// Init leaves index 0 unused, so that no id is 0.
func (t *SlotTable) Init() { t.Slots = make([]slot, 1, 64) }

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

// Drop takes the id back. It reports whether the table is empty then.
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

func (t *SlotTable) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Used == 0
}

// close closes the table for ever, and returns what is in it.
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

// Dispatch hands events to their sources. The ids are looked up in one go,
// under the table's lock; each source has a lock of its own.
func (h *Hub) Dispatch(events []selector.Event) {
	if len(events) == 0 {
		return
	}
	found := h.IO.found[:len(events)] // not on the stack: it may be any task's, and small
	t := &h.IO.Slots
	t.mu.Lock()
	for i := range events {
		id := events[i].ID
		if j := uint32(id); int(j) < len(t.Slots) && t.Slots[j].gen == uint32(id>>32) {
			found[i] = t.Slots[j].s
		}
	}
	t.mu.Unlock()
	for i := range events {
		if s := found[i]; s != nil {
			s.Ready(h, events[i].What)
		}
	}
	clear(found)
}

// closeDescriptors closes all that is still open on the hub.
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

// A closerSet is what else is to be closed at the end of Run: processes, and sockets
// of package net on systems where they are used.
type closerSet struct {
	mu  sync.Mutex
	set map[io.Closer]struct{}
}

func (h *Hub) CloseOnExit(c io.Closer) {
	h.IO.closers.mu.Lock()
	defer h.IO.closers.mu.Unlock()
	if h.IO.closers.set == nil {
		h.IO.closers.set = make(map[io.Closer]struct{})
	}
	h.IO.closers.set[c] = struct{}{}
}

func (h *Hub) CancelCloseOnExit(c io.Closer) {
	h.IO.closers.mu.Lock()
	defer h.IO.closers.mu.Unlock()
	delete(h.IO.closers.set, c)
}
