package sched

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
// A task that is passed over stays first in line: it is deferred aside, with others like
// it in their order, and
//
//   - at the next refusal the first few of them are what is tried first, and then
//     those of the ready queue, and the others that are deferred: so many at a time,
//     each time further on;
//   - each time that the hub looks around, which is at least every PollInterval
//     resumptions, those at the head that need not wait any more go back to the head
//     of the ready queue, and some of the others to its end;
//   - one that has got to that head maxRequeues times and still had to wait, because
//     each time the next collection had begun, is waited for.
//
// All this is for direct hand-over (ReadyQueue.noDirect): with several priorities, with
// labels, and in a simulation nobody is passed over.
type deferredTasks struct {
	Tasks      ring   // in the order in which they came; nil where one was taken out
	N          int    // how many, without those nils
	cursor     int    // place in tasks to look at next
	waited     *Task  // was taken out to be waited for, as nothing else was found
	oldest     *Task  // the head when some went back last
	requeued   int    // how often it has
	mustRun    *Task  // must not be passed over
	Redirected uint64 // how often a task was
}

const (
	// headTries is how many of the first deferred tasks are looked at, at one refusal;
	// tries how many in the ready queue, and how many in the rest of the deferred ones,
	// before the hub waits a moment.
	headTries = 4
	tries     = 2048

	// maxRequeues is how often the first of the deferred goes back in vain.
	maxRequeues = 3
)

// redirect is called, on the stack to be left, when a switch to the stack to would
// have to wait. It chooses where to go: see stackful.SetWaitHook.
func (h *Hub) redirect(to *stackful.Stack) *stackful.Stack {
	if to == h.root.stack {
		if !h.root.needSchedule {
			return to // the end of Run
		}
		return h.choose() // here, although it may make this stack grow
	}
	t, here := h.Current, stackful.Current()
	from, ok := h.root.task.Fiber, true
	if here != h.root.stack {
		from, ok = here.Data().(*Fiber)
	}
	switch {
	case !ok || from.hub != h || t == nil || t == from.Task || t == &h.root.task || t.Fiber == nil || t.Fiber.resumeStack() != to || h.Ending.Dying:
		return to // not a switch of the hub's, or not from one of its stacks, or nothing to choose
	case h.Ready.noDirect:
		return to // it is home that says who is next: by priorities, or with labels
	}
	deferred := &h.Deferred
	if t == deferred.mustRun {
		return to
	}
	deferred.mustRun = nil
	deferred.Redirected++
	h.unstart(t)
	deferred.Add(t, t == deferred.waited)
	next := h.takeRunnable(from)
	deferred.waited = nil
	if next == nil {
		next = h.oldestDeferred()
	}
	if next.Fiber == nil {
		h.start(next)
	}
	h.Current = next
	biased.StoreReleasePointer(&h.shown, next)
	return next.Fiber.resumeStack()
}

// unstart undoes start for t, if it has not run.
func (h *Hub) unstart(t *Task) {
	if t.started {
		return
	}
	k := t.Fiber
	t.Fiber, k.Task = nil, nil
	k.next, h.Fibers.Idle = h.Fibers.Idle, k
	h.Fibers.N++
}

// unhindered takes a task that need not wait out of those deferred and the ready queue;
// nil if it finds none, as far as it looks. Those of the ready queue that must wait
// are deferred.
func (h *Hub) takeRunnable(from *Fiber) *Task {
	deferred := &h.Deferred
	for i := range min(headTries, deferred.Tasks.N) {
		if t := deferred.Tasks.at(i); t != nil && !h.blockedByGC(t, from) {
			if deferred.takeAt(i); !t.HasEnded.Load() {
				return t
			}
		}
	}
	for range tries {
		t := h.Ready.ring.pop()
		if t == nil {
			break
		}
		switch {
		case t.HasEnded.Load():
		case h.blockedByGC(t, from):
			deferred.Add(t, false)
		default:
			return t
		}
	}
	return h.takeDeferred(from, tries)
}

// takeDeferred looks at n of the deferred tasks, going round.
func (h *Hub) takeDeferred(from *Fiber, n int) *Task {
	deferred := &h.Deferred
	for range min(n, deferred.Tasks.N) {
		if deferred.cursor >= deferred.Tasks.N {
			deferred.cursor = 0
		}
		i := deferred.cursor
		deferred.cursor++
		if t := deferred.Tasks.at(i); t != nil && !h.blockedByGC(t, from) {
			if deferred.takeAt(i); !t.HasEnded.Load() {
				return t
			}
		}
	}
	return nil
}

// oldestDeferred takes the first task that is deferred out, to be waited for; nil if there is
// none.
func (h *Hub) oldestDeferred() *Task {
	deferred := &h.Deferred
	t := deferred.Pop()
	for t != nil && t.HasEnded.Load() {
		t = deferred.Pop()
	}
	deferred.waited = t
	return t
}

// hinders reports whether a switch to t from the stack of from would have to wait.
// One that has ended is in nobody's way.
func (h *Hub) blockedByGC(t *Task, from *Fiber) bool {
	switch k := t.Fiber; {
	case t.HasEnded.Load():
		return false
	case k == nil:
		return h.Fibers.Idle != nil && h.Fibers.Idle.stack.MustWait()
	case k == from:
		return false // it goes on where it is
	default:
		return k.resumeStack().MustWait()
	}
}

// requeueDeferred puts those of the first deferred tasks that need not wait any more at the
// head of the ready queue, as many as will run until it is called again, and some of
// the others at its end.
func (h *Hub) requeueDeferred() {
	deferred := &h.Deferred
	var first [PollInterval]*Task
	n := 0
	for n < len(first) && deferred.N > 0 {
		t := deferred.Pop()
		if h.blockedByGC(t, nil) {
			deferred.Add(t, true)
			break
		}
		first[n] = t
		n++
	}
	switch {
	case n == 0:
	case first[0] != deferred.oldest:
		deferred.oldest, deferred.requeued = first[0], 1
	default:
		if deferred.requeued++; deferred.requeued >= maxRequeues {
			deferred.oldest, deferred.mustRun = nil, first[0]
		}
	}
	for i := n - 1; i >= 0; i-- {
		if h.Ready.others != nil {
			h.Ready.Push(first[n-1-i])
		} else {
			h.Ready.ring.pushFront(first[i])
		}
	}
	for i := n; i < len(first); i++ {
		t := h.takeDeferred(nil, 1)
		if t != nil {
			h.Ready.Push(t)
		}
	}
}

// Add puts t at the end, or at the head.
func (q *deferredTasks) Add(t *Task, atHead bool) {
	q.N++
	if atHead {
		q.Tasks.pushFront(t)
		q.cursor++
	} else {
		q.Tasks.push(t)
	}
}

// Pop takes the first task out; nil if there is none.
func (q *deferredTasks) Pop() *Task {
	for q.Tasks.N > 0 {
		q.cursor = max(q.cursor-1, 0)
		if t := q.Tasks.pop(); t != nil {
			q.N--
			return t
		}
	}
	return nil
}

// takeAt takes out the task at place i.
func (q *deferredTasks) takeAt(i int) {
	q.Tasks.buf[(q.Tasks.head+i)&(len(q.Tasks.buf)-1)] = nil
	if q.N--; q.N == 0 {
		q.Tasks.head, q.Tasks.N, q.cursor = 0, 0, 0
	}
}
