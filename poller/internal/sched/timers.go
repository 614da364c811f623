package sched

// A Timer is an entry of a hub's timers. It is a field of its owner, so that
// arming it allocates nothing. It is used by the hub's goroutine only.
type Timer struct {
	Owner expirer
	Place int // index in the heap plus 1; 0 while not armed; or due
}

// An expirer is the owner of a timer. Expire is called when the timer fires, on the hub's
// goroutine, outside any task, and must not park. It may arm and disarm timers, its own
// included. now is not before the instant for which the timer was armed.
type expirer interface{ Expire(now int64) }

// Timers is a 4-ary heap: children of i are 4i+1 to 4i+4. The instants are kept
// in it, not in the timers, so that sifting touches few cache lines. The zero Timers is
// empty.
//
// Timers of equal instants fire in the order in which they were armed: order
// breaks ties.
type Timers struct {
	Heap  []timerEntry
	order uint64   // of the last timer that was armed
	due   []*Timer // taken out by Run and not fired yet; empty between calls
}

// due is the Place of a timer that Run has taken out of the heap and not fired yet. Disarm
// sets it to 0, and then it does not fire.
const due = -1

// DueAtOnce is how many timers Run takes out of the heap before it fires them.
const DueAtOnce = 64

type timerEntry struct {
	when  int64
	order uint64
	T     *Timer
}

func (e *timerEntry) before(f *timerEntry) bool {
	return e.when < f.when || e.when == f.when && e.order < f.order
}

// Arm makes t fire at when, whether or not it is armed now. An instant that has passed
// makes it fire in the next Run.
func (ts *Timers) Arm(t *Timer, when int64) {
	ts.order++
	e := timerEntry{when, ts.order, t}
	if t.Place <= 0 {
		ts.Heap = append(ts.Heap, e)
		t.Place = len(ts.Heap)
		ts.up(len(ts.Heap) - 1)
		return
	}
	i := t.Place - 1
	ts.Heap[i] = e
	ts.up(i)
	ts.down(t.Place - 1)
}

// Disarm makes t not fire, also if it is due. It does nothing if t is not armed.
func (ts *Timers) Disarm(t *Timer) {
	if t.Place <= 0 {
		t.Place = 0
		return
	}
	ts.take(t.Place - 1)
	t.Place = 0
}

// take takes the entry i out of the heap.
func (ts *Timers) take(i int) {
	last := len(ts.Heap) - 1
	e := ts.Heap[last]
	ts.Heap[last] = timerEntry{}
	ts.Heap = ts.Heap[:last]
	if i == last {
		return
	}
	ts.put(i, e)
	ts.up(i)
	ts.down(e.T.Place - 1)
}

// Next returns the instant of the earliest timer, Never if there is none.
func (ts *Timers) Next() int64 {
	if len(ts.Heap) == 0 {
		return Never
	}
	return ts.Heap[0].when
}

// Run fires the timers whose instant is not after now. Those that are armed
// meanwhile fire in a later call.
//
// It takes many out of the heap before it fires them: their owners are out of the
// processor's caches, as a rule, and in a tight loop several misses overlap.
func (ts *Timers) Run(now int64) {
	for limit := ts.order; ; {
		for len(ts.Heap) > 0 && len(ts.due) < DueAtOnce {
			e := &ts.Heap[0]
			if e.when > now || e.order > limit {
				break
			}
			e.T.Place = due
			ts.due = append(ts.due, e.T)
			ts.take(0)
		}
		if len(ts.due) == 0 {
			return
		}
		for _, t := range ts.due {
			if t.Place == due { // else an earlier Expire has disarmed it, or armed it anew
				t.Place = 0
				t.Owner.Expire(now)
			}
		}
		clear(ts.due)
		ts.due = ts.due[:0]
	}
}

// put stores e at index i, and tells its timer.
func (ts *Timers) put(i int, e timerEntry) {
	ts.Heap[i] = e
	e.T.Place = i + 1
}

// up moves the entry i toward the root until its parent is before it.
func (ts *Timers) up(i int) {
	e := ts.Heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&ts.Heap[parent]) {
			break
		}
		ts.put(i, ts.Heap[parent])
		i = parent
	}
	ts.put(i, e)
}

// down moves the entry i away from the root until it is before its children.
func (ts *Timers) down(i int) {
	e := ts.Heap[i]
	n := len(ts.Heap)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if ts.Heap[c].before(&ts.Heap[least]) {
				least = c
			}
		}
		if !ts.Heap[least].before(&e) {
			break
		}
		ts.put(i, ts.Heap[least])
		i = least
	}
	ts.put(i, e)
}
