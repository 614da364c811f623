package sched

import (
	"math/bits"
	"slices"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A ReadyQueue is the run queue: the tasks that can run, those of one priority in the order
// in which they became ready. The hub's goroutine alone uses it.
//
// At first it is one ring. Once a task has a priority, in a simulation, and while the hub is recorded, it is one ring
// for each priority, and the rule of Pop is: the highest priority first, but a priority
// that MaxPassed tasks of higher ones have overtaken is served next. So no ready task
// starves, however many of higher priority there are: in the worst case, each priority but
// the highest gets 1 of MaxPassed+1 turns.
type ReadyQueue struct {
	ring                    // of PriorityNormal
	others *otherPriorities // nil before usePriorities, and after forgetPriorities

	// noDirect: a task that parks in this module leaves the choice of its successor to the root loop. Else it
	// takes the head of the ring itself and switches there. Set for good by the first
	// priority, by a simulation, whose seed chooses, by labels, which the root loop
	// changes between two tasks, and by preemption, since it resumes a preempted task; and while the hub is recorded.
	// (A wait in a patched runtime costs more, and can afford to look at the last two itself, see nextOfParking.)
	noDirect bool
}

// MakeReady puts t, which can run, into the run queue. It must be called on the hub's
// goroutine, once for each park of t: by the claimant of its wait, or for its start.
func (h *Hub) MakeReady(t *Task) {
	if h.Ready.others == nil {
		h.Ready.ring.push(t)
		return
	}
	h.Ready.pushLevel(t)
	if h.rec != nil {
		h.rec.ready(t, h.Current)
	}
	if h.Current != nil && t.prio > h.Current.prio {
		h.requestForPriority() // the running task is to yield to t
	}
}

// Resume makes the caller of the claimed w go on. It must be called by the claimant, once,
// and does not block. here is the calling goroutine's hub, or nil. The caller must not
// touch w afterwards: the next wait may have begun.
func (w *Waiter) Resume(here *Hub) {
	k := w.Fiber
	switch {
	case k == nil:
		w.turn <- struct{}{}
	case k.hub == here:
		here.MakeReady(k.Task)
	default:
		k.hub.PostMail(&k.mail)
	}
}

// WakeAll claims and resumes all waiters of the queue, in order, with the result err. here
// is the calling goroutine's hub, or nil.
func (q *Queue) WakeAll(here *Hub, err error) {
	for w := q.Claim(err); w != nil; w = q.Claim(err) {
		w.Resume(here)
	}
}

// requestForPriority asks the running task to yield, as a ready one may have a higher priority.
func (h *Hub) requestForPriority() {
	biased.StoreRelease(&h.PreemptRequest, preemptPriority)
	if h.preemption.on {
		runtimepatch.Runtime.Ask(&h.rt)
	}
}

// Priority is Task.Priority of package poller.
func (t *Task) Priority() Priority { return t.prio }

// MaxPassed is how many tasks of higher priority are taken while a task of a lower
// priority is ready, before the latter is taken.
const MaxPassed = 32

// otherPriorities is the part of a ReadyQueue for tasks with a priority.
type otherPriorities struct {
	rings  [Priorities]ring // that of PriorityNormal is unused
	filled uint             // bit p: there are tasks of the level p, PriorityNormal's included
	passed [Priorities]int  // how often a level was overtaken since it was served, or became filled
	sim    *Virtual         // in a simulation: chooses among the tasks of one priority; else nil
	n      int              // tasks in rings
}

// Push puts t at the end of the tasks of its priority.
func (q *ReadyQueue) Push(t *Task) {
	if q.others != nil {
		q.pushLevel(t)
		return
	}
	q.ring.push(t)
}

// Pop takes the next task out; nil if the queue is empty.
func (q *ReadyQueue) Pop() *Task {
	if q.others != nil {
		return q.popLevel()
	}
	return q.ring.pop()
}

// Len returns the number of tasks in the queue, of all priorities.
func (q *ReadyQueue) Len() int {
	if q.others != nil {
		return q.N + q.others.n
	}
	return q.N
}

// level returns the ring of the level p, which is a Priority less the lowest.
func (q *ReadyQueue) level(p int) *ring {
	if p == levelNormal {
		return &q.ring
	}
	return &q.others.rings[p]
}

func (q *ReadyQueue) pushLevel(t *Task) {
	o, p := q.others, t.prio.Level()
	if o.filled&(1<<p) == 0 {
		o.filled |= 1 << p
		o.passed[p] = 0
	}
	if p != levelNormal {
		o.n++
	}
	q.level(p).push(t)
}

func (q *ReadyQueue) popLevel() *Task {
	o := q.others
	if o.filled == 0 {
		return nil
	}
	p := bits.Len(o.filled) - 1
	for lower := o.filled &^ (1 << p); lower != 0; lower &= lower - 1 {
		l := bits.TrailingZeros(lower)
		if o.passed[l]++; o.passed[l] > MaxPassed {
			p = l
			break // levels between l and p were not counted this time, which only delays their turn by one
		}
	}
	o.passed[p] = 0
	r := q.level(p)
	if o.sim != nil {
		r.toFront(o.sim.choose(r.N))
	}
	t := r.pop()
	if r.N == 0 {
		o.filled &^= 1 << p
	}
	if p != levelNormal {
		o.n--
	}
	return t
}

// usePriorities makes a ring for each priority, before the first task gets one other than
// normal, for a simulation, and for a recording.
func (q *ReadyQueue) usePriorities() {
	if q.others == nil {
		q.noDirect = true
		q.others = new(otherPriorities)
		if q.N > 0 {
			q.others.filled = 1 << levelNormal
		}
	}
}

// forgetPriorities undoes usePriorities unless a task has a priority. all are the hub's tasks. It
// must not be called in a simulation.
func (q *ReadyQueue) forgetPriorities(all []*Task) {
	hasPriority := func(t *Task) bool { return t.prio != PriorityNormal }
	if q.others != nil && q.others.n == 0 && !slices.ContainsFunc(all, hasPriority) {
		q.others = nil
	}
}

// Remove takes t, which was pushed with the level p, out of the queue. It reports
// whether it was there.
func (q *ReadyQueue) Remove(t *Task, p int) bool {
	r := q.level(p)
	if !r.remove(t) {
		return false
	}
	if r.N == 0 {
		q.others.filled &^= 1 << p
	}
	if p != levelNormal {
		q.others.n--
	}
	return true
}

// each calls f for each task of the queue.
func (q *ReadyQueue) each(f func(t *Task)) {
	q.ring.each(f)
	if q.others != nil {
		for i := range q.others.rings {
			q.others.rings[i].each(f)
		}
	}
}

// A ring is a queue in a slice whose length is a power of two, which makes the index of an
// element one mask. It grows and never shrinks.
type ring struct {
	buf  []*Task
	head int // index of the next to be taken
	N    int // number of elements
}

func (r *ring) push(t *Task) {
	if r.N == len(r.buf) {
		r.grow()
	}
	r.buf[(r.head+r.N)&(len(r.buf)-1)] = t
	r.N++
}

// pop takes the first task out; nil if the ring is empty.
func (r *ring) pop() *Task {
	if r.N == 0 {
		return nil
	}
	return r.take()
}

// take is pop of a ring that is not empty.
func (r *ring) take() *Task {
	t := r.buf[r.head]
	r.buf[r.head] = nil
	r.head = (r.head + 1) & (len(r.buf) - 1)
	r.N--
	return t
}

// toFront exchanges the i-th task and the first.
func (r *ring) toFront(i int) {
	mask := len(r.buf) - 1
	first, other := &r.buf[r.head], &r.buf[(r.head+i)&mask]
	*first, *other = *other, *first
}

func (r *ring) each(f func(t *Task)) {
	for i := range r.N {
		f(r.buf[(r.head+i)&(len(r.buf)-1)])
	}
}

func (r *ring) grow() {
	bigger := make([]*Task, max(64, 2*len(r.buf)))
	k := copy(bigger, r.buf[r.head:])
	copy(bigger[k:], r.buf[:r.head])
	r.buf, r.head = bigger, 0
}

// remove takes t out, and reports whether it was in the ring. It searches from the end: a
// task that is removed has often become ready just now.
func (r *ring) remove(t *Task) bool {
	mask := len(r.buf) - 1
	for i := r.N - 1; i >= 0; i-- {
		if r.buf[(r.head+i)&mask] != t {
			continue
		}
		for ; i < r.N-1; i++ {
			r.buf[(r.head+i)&mask] = r.buf[(r.head+i+1)&mask]
		}
		r.N--
		r.buf[(r.head+r.N)&mask] = nil
		return true
	}
	return false
}

// pushFront puts t at the head.
func (r *ring) pushFront(t *Task) {
	if r.N == len(r.buf) {
		r.grow()
	}
	r.head = (r.head - 1) & (len(r.buf) - 1)
	r.buf[r.head] = t
	r.N++
}
