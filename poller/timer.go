package poller

// A timer is an entry of a hub's timers. It is part of what it wakes, so that
// arming it allocates nothing. It is used by the hub's goroutine only.
type timer struct {
	owner expirer
	place int // index in the heap plus 1; 0 while not armed; or due
}

// An expirer is what a timer calls when its time has come, on the hub's
// goroutine, outside any task. It must not park.
type expirer interface{ expire(now int64) }

// timers is a 4-ary heap: children of i are 4i+1 to 4i+4. The instants are kept
// in it, not in the timers, so that sifting touches few cache lines.
//
// Timers of equal instants fire in the order in which they were armed: order
// breaks ties.
type timers struct {
	heap  []timerEntry
	order uint64
	due   []*timer // of run
}

// due is the place of a timer that is about to fire.
const due = -1

// dueAtOnce is how many timers run takes out of the heap before it fires them.
const dueAtOnce = 64

type timerEntry struct {
	when  int64
	order uint64
	t     *timer
}

func (e *timerEntry) before(f *timerEntry) bool {
	return e.when < f.when || e.when == f.when && e.order < f.order
}

// arm makes t fire at when, whether or not it is armed now.
func (ts *timers) arm(t *timer, when int64) {
	ts.order++
	e := timerEntry{when, ts.order, t}
	if t.place <= 0 {
		ts.heap = append(ts.heap, e)
		t.place = len(ts.heap)
		ts.up(len(ts.heap) - 1)
		return
	}
	i := t.place - 1
	ts.heap[i] = e
	ts.up(i)
	ts.down(t.place - 1)
}

// disarm makes t not fire. It does nothing if t is not armed.
func (ts *timers) disarm(t *timer) {
	if t.place <= 0 {
		t.place = 0
		return
	}
	ts.take(t.place - 1)
	t.place = 0
}

// take takes the entry i out of the heap.
func (ts *timers) take(i int) {
	last := len(ts.heap) - 1
	e := ts.heap[last]
	ts.heap[last] = timerEntry{}
	ts.heap = ts.heap[:last]
	if i == last {
		return
	}
	ts.put(i, e)
	ts.up(i)
	ts.down(e.t.place - 1)
}

// next returns the instant of the earliest timer, noInstant if there is none.
func (ts *timers) next() int64 {
	if len(ts.heap) == 0 {
		return noInstant
	}
	return ts.heap[0].when
}

// run fires the timers whose instant is not after now. Those that are armed
// meanwhile fire in a later call.
//
// It takes many out of the heap and then fires them, since each is out of the
// processor's caches, as a rule, and in a loop without much in between it can fetch
// several at once.
func (ts *timers) run(now int64) {
	for limit := ts.order; ; {
		for len(ts.heap) > 0 && len(ts.due) < dueAtOnce {
			e := &ts.heap[0]
			if e.when > now || e.order > limit {
				break
			}
			e.t.place = due
			ts.due = append(ts.due, e.t)
			ts.take(0)
		}
		if len(ts.due) == 0 {
			return
		}
		for _, t := range ts.due {
			if t.place == due { // nobody has disarmed it, or armed it anew
				t.place = 0
				t.owner.expire(now)
			}
		}
		clear(ts.due)
		ts.due = ts.due[:0]
	}
}

func (ts *timers) put(i int, e timerEntry) {
	ts.heap[i] = e
	e.t.place = i + 1
}

func (ts *timers) up(i int) {
	e := ts.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&ts.heap[parent]) {
			break
		}
		ts.put(i, ts.heap[parent])
		i = parent
	}
	ts.put(i, e)
}

func (ts *timers) down(i int) {
	e := ts.heap[i]
	n := len(ts.heap)
	for {
		child := 4*i + 1
		if child >= n {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, n); c++ {
			if ts.heap[c].before(&ts.heap[least]) {
				least = c
			}
		}
		if !ts.heap[least].before(&e) {
			break
		}
		ts.put(i, ts.heap[least])
		i = least
	}
	ts.put(i, e)
}
