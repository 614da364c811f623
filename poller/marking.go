package poller

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// While the garbage collector marks, it scans the stacks one after the other, and a
// switch to some of them has to wait until it gets there (stackful.Stack.MustWait):
// with ten thousand tasks, ten milliseconds. The hub then runs others in the
// meantime. It need not ask before each switch: what the switch refuses comes here,
// so all this costs nothing as long as nothing is refused.
//
// A task that is passed over stays first in line: it is held aside, with others like
// it in their order, and
//
//   - at the next refusal the first few of them are what is tried first, and then
//     those of the ready queue, and the others that are held: so many at a time,
//     each time further on;
//   - each time that the hub looks around, which is at least every pollInterval
//     resumptions, those at the head that need not wait any more go back to the head
//     of the ready queue, and some of the others to its end;
//   - one that has got to that head patientTurns times and still had to wait, because
//     each time the next collection had begun, is waited for.
//
// All this is for direct hand-over (readyQueue.noDirect): with several priorities, with
// labels, and in a simulation nobody is passed over.
type heldTasks struct {
	tasks  ring   // in the order in which they came; nil where one was taken out
	n      int    // how many, without those nils
	cursor int    // place in tasks to look at next
	waited *Task  // was taken out to be waited for, as nothing else was found
	oldest *Task  // the head when some went back last
	turns  int    // how often it has
	owed   *Task  // must not be passed over
	passed uint64 // how often a task was
}

const (
	// headTries is how many of the first held tasks are looked at, at one refusal;
	// tries how many in the ready queue, and how many in the rest of the held ones,
	// before the hub waits a moment.
	headTries = 4
	tries     = 2048

	// patientTurns is how often the first of the held goes back in vain.
	patientTurns = 3
)

// passOver is called, on the stack to be left, when a switch to the stack to would
// have to wait. It chooses where to go: see stackful.SetWaitHook.
func (h *hub) passOver(to *stackful.Stack) *stackful.Stack {
	if to == h.root.stack {
		if !h.root.needSchedule {
			return to // the end of Run
		}
		return h.choose() // here, although it may make this stack grow
	}
	t, here := h.current, stackful.Current()
	from, ok := h.root.task.work, true
	if here != h.root.stack {
		from, ok = here.Data().(*worker)
	}
	switch {
	case !ok || from.hub != h || t == nil || t == from.task || t == &h.root.task || t.work == nil || t.work.place() != to || h.ending.dying:
		return to // not a switch of the hub's, or not from one of its stacks, or nothing to choose
	case h.ready.noDirect:
		return to // it is home that says who is next: by priorities, or with labels
	}
	held := &h.held
	if t == held.owed {
		return to
	}
	held.owed = nil
	held.passed++
	h.unstart(t)
	held.add(t, t == held.waited)
	next := h.unhindered(from)
	held.waited = nil
	if next == nil {
		next = h.oldestHeld()
	}
	if next.work == nil {
		h.start(next)
	}
	h.current = next
	biased.StoreReleasePointer(&h.shown, next)
	return next.work.place()
}

// unstart undoes start for t, if it has not run.
func (h *hub) unstart(t *Task) {
	if t.started {
		return
	}
	k := t.work
	t.work, k.task = nil, nil
	k.next, h.fibers.idle = h.fibers.idle, k
	h.fibers.n++
}

// unhindered takes a task that need not wait out of those held and the ready queue;
// nil if it finds none, as far as it looks. Those of the ready queue that must wait
// are held.
func (h *hub) unhindered(from *worker) *Task {
	held := &h.held
	for i := range min(headTries, held.tasks.n) {
		if t := held.tasks.at(i); t != nil && !h.hinders(t, from) {
			if held.takeAt(i); !t.ended.Load() {
				return t
			}
		}
	}
	for range tries {
		t := h.ready.ring.pop()
		if t == nil {
			break
		}
		switch {
		case t.ended.Load():
		case h.hinders(t, from):
			held.add(t, false)
		default:
			return t
		}
	}
	return h.unhinderedHeld(from, tries)
}

// unhinderedHeld looks at n of the held tasks, going round.
func (h *hub) unhinderedHeld(from *worker, n int) *Task {
	held := &h.held
	for range min(n, held.tasks.n) {
		if held.cursor >= held.tasks.n {
			held.cursor = 0
		}
		i := held.cursor
		held.cursor++
		if t := held.tasks.at(i); t != nil && !h.hinders(t, from) {
			if held.takeAt(i); !t.ended.Load() {
				return t
			}
		}
	}
	return nil
}

// oldestHeld takes the first task that is held out, to be waited for; nil if there is
// none.
func (h *hub) oldestHeld() *Task {
	held := &h.held
	t := held.pop()
	for t != nil && t.ended.Load() {
		t = held.pop()
	}
	held.waited = t
	return t
}

// hinders reports whether a switch to t from the stack of from would have to wait.
// One that has ended is in nobody's way.
func (h *hub) hinders(t *Task, from *worker) bool {
	switch k := t.work; {
	case t.ended.Load():
		return false
	case k == nil:
		return h.fibers.idle != nil && h.fibers.idle.stack.MustWait()
	case k == from:
		return false // it goes on where it is
	default:
		return k.place().MustWait()
	}
}

// bringBack puts those of the first held tasks that need not wait any more at the
// head of the ready queue, as many as will run until it is called again, and some of
// the others at its end.
func (h *hub) bringBack() {
	held := &h.held
	var first [pollInterval]*Task
	n := 0
	for n < len(first) && held.n > 0 {
		t := held.pop()
		if h.hinders(t, nil) {
			held.add(t, true)
			break
		}
		first[n] = t
		n++
	}
	switch {
	case n == 0:
	case first[0] != held.oldest:
		held.oldest, held.turns = first[0], 1
	default:
		if held.turns++; held.turns >= patientTurns {
			held.oldest, held.owed = nil, first[0]
		}
	}
	for i := n - 1; i >= 0; i-- {
		if h.ready.others != nil {
			h.ready.push(first[n-1-i])
		} else {
			h.ready.ring.pushFront(first[i])
		}
	}
	for i := n; i < len(first); i++ {
		t := h.unhinderedHeld(nil, 1)
		if t != nil {
			h.ready.push(t)
		}
	}
}

// add puts t at the end, or at the head.
func (q *heldTasks) add(t *Task, atHead bool) {
	q.n++
	if atHead {
		q.tasks.pushFront(t)
		q.cursor++
	} else {
		q.tasks.push(t)
	}
}

// pop takes the first task out; nil if there is none.
func (q *heldTasks) pop() *Task {
	for q.tasks.n > 0 {
		q.cursor = max(q.cursor-1, 0)
		if t := q.tasks.pop(); t != nil {
			q.n--
			return t
		}
	}
	return nil
}

// takeAt takes out the task at place i.
func (q *heldTasks) takeAt(i int) {
	q.tasks.buf[(q.tasks.head+i)&(len(q.tasks.buf)-1)] = nil
	if q.n--; q.n == 0 {
		q.tasks.head, q.tasks.n, q.cursor = 0, 0, 0
	}
}
