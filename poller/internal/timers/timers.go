// Package timers is the timers of a hub: a heap whose entries are fields of their owners. It
// knows no hub and no clock: Run is given the instant. It imports nothing.
package timers

// Never is the instant of no timer. An instant is a number of nanoseconds of a clock that the
// caller chooses.
const Never = 0

// A Timer is an entry of a Heap. It is a field of its owner, so that arming it allocates
// nothing. One goroutine alone uses it, and the heap.
type Timer struct {
	Owner expirer
	Place int // index in the heap plus 1; 0 while not armed; or due
}

// An expirer is the owner of a timer. Expire is called by Run when the timer fires: outside any
// task, so it must not park. It may arm and disarm timers, its own included. now is not before
// the instant for which the timer was armed.
type expirer interface{ Expire(now int64) }

// A Heap is a 4-ary heap of timers: children of i are 4i+1 to 4i+4. The instants are kept in
// it, not in the timers, so that sifting touches few cache lines. The zero Heap is empty.
//
// Timers of equal instants fire in the order in which they were armed: order
// breaks ties.
type Heap struct {
	Entries []entry
	order   uint64   // of the last timer that was armed
	due     []*Timer // taken out by Run and not fired yet; empty between calls
}

// due is the Place of a timer that Run has taken out of the heap and not fired yet. Disarm
// sets it to 0, and then it does not fire.
const due = -1

// DueAtOnce is how many timers Run takes out of the heap before it fires them.
const DueAtOnce = 64

type entry struct {
	when  int64
	order uint64
	T     *Timer
}

func (e *entry) before(f *entry) bool {
	return e.when < f.when || e.when == f.when && e.order < f.order
}

// Arm makes t fire at when, whether or not it is armed now. An instant that has passed
// makes it fire in the next Run.
func (h *Heap) Arm(t *Timer, when int64) {
	h.order++
	e := entry{when, h.order, t}
	if t.Place <= 0 {
		h.Entries = append(h.Entries, e)
		t.Place = len(h.Entries)
		h.up(len(h.Entries) - 1)
		return
	}
	i := t.Place - 1
	h.Entries[i] = e
	h.up(i)
	h.down(t.Place - 1)
}

// Disarm makes t not fire, also if it is due. It does nothing if t is not armed.
func (h *Heap) Disarm(t *Timer) {
	if t.Place <= 0 {
		t.Place = 0
		return
	}
	h.take(t.Place - 1)
	t.Place = 0
}

// take takes the entry i out of the heap.
func (h *Heap) take(i int) {
	last := len(h.Entries) - 1
	e := h.Entries[last]
	h.Entries[last] = entry{}
	h.Entries = h.Entries[:last]
	if i == last {
		return
	}
	h.put(i, e)
	h.up(i)
	h.down(e.T.Place - 1)
}

// Next returns the instant of the earliest timer, Never if there is none.
func (h *Heap) Next() int64 {
	if len(h.Entries) == 0 {
		return Never
	}
	return h.Entries[0].when
}

// Run fires the timers whose instant is not after now. Those that are armed
// meanwhile fire in a later call.
//
// It takes many out of the heap before it fires them: their owners are out of the
// processor's caches, as a rule, and in a tight loop several misses overlap.
func (h *Heap) Run(now int64) {
	for limit := h.order; ; {
		for len(h.Entries) > 0 && len(h.due) < DueAtOnce {
			e := &h.Entries[0]
			if e.when > now || e.order > limit {
				break
			}
			e.T.Place = due
			h.due = append(h.due, e.T)
			h.take(0)
		}
		if len(h.due) == 0 {
			return
		}
		for _, t := range h.due {
			if t.Place == due { // else an earlier Expire has disarmed it, or armed it anew
				t.Place = 0
				t.Owner.Expire(now)
			}
		}
		clear(h.due)
		h.due = h.due[:0]
	}
}

// put stores e at index i, and records that in its timer.
func (h *Heap) put(i int, e entry) {
	h.Entries[i] = e
	e.T.Place = i + 1
}

// up moves the entry i toward the root until its parent is before it.
func (h *Heap) up(i int) {
	e := h.Entries[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&h.Entries[parent]) {
			break
		}
		h.put(i, h.Entries[parent])
		i = parent
	}
	h.put(i, e)
}

// down moves the entry i away from the root until it is before its children.
func (h *Heap) down(i int) {
	e := h.Entries[i]
	n := len(h.Entries)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if h.Entries[c].before(&h.Entries[least]) {
				least = c
			}
		}
		if !h.Entries[least].before(&e) {
			break
		}
		h.put(i, h.Entries[least])
		i = least
	}
	h.put(i, e)
}
