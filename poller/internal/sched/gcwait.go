package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// While the garbage collector marks, it scans the stacks one after the other, and a
// switch to some of them would block until it has scanned them (stackful.Stack.MustWait):
// with ten thousand tasks, for ten milliseconds. The hub runs other tasks meanwhile. It
// does not test each switch: the engine calls redirect only when a switch would block, so
// all this costs nothing as long as none does.
//
// A task whose switch would block is deferred: it leaves the run queue for this one, where
// deferred tasks keep their order.
//
//   - At the next redirect, the first few deferred tasks are tried first, then the run
//     queue, then other deferred tasks, a bounded number each time, from a cursor on.
//   - At each poll, which is at least every PollInterval resumptions, those at the head
//     that would not block any more go back to the head of the run queue, and some of the
//     others to its end.
//   - A task that has been requeued maxRequeues times from the head, and still would block,
//     because the next collection had begun each time, must run: the switch to it blocks.
//
// This is for the direct choice in SwitchOut: where ReadyQueue.noDirect is set, no task is
// deferred. The hub's goroutine alone uses it.
type deferredTasks struct {
	Tasks      ring   // in the order in which they were deferred; nil where one was taken out
	N          int    // number of tasks, without those nils
	cursor     int    // index in Tasks at which takeDeferred goes on
	waited     *Task  // taken out for a switch that may block, since no other task was found
	oldest     *Task  // the head at the last requeue
	requeued   int    // how often oldest was requeued in a row
	mustRun    *Task  // must not be deferred again
	Redirected uint64 // calls of redirect that have deferred a task, for tests
}

const (
	// headTries is how many of the first deferred tasks one redirect tries; tries how many
	// of the run queue, and how many of the other deferred ones, before it lets a switch
	// block. Without a bound, one call would test all tasks and cost as much as the wait.
	headTries = 4
	tries     = 2048

	// maxRequeues is how often the first deferred task is requeued in vain.
	maxRequeues = 3
)

// redirect is called by the engine, on the stack to be left, when a switch to the stack to
// would block. It returns the stack to switch to instead, or to itself, to block: see
// stackful.SetWaitHook.
func (h *Hub) redirect(to *stackful.Stack) *stackful.Stack {
	if h.patched {
		return to // the wait is for the collector to scan one stack
	}
	if to == h.root.stack {
		if !h.root.needSchedule {
			return to // the end of Run
		}
		return h.choose() // a turn of the root loop on this stack, although it may have to grow
	}
	t, here := h.Current, stackful.Current()
	from, ok := h.root.task.Fiber, true
	if here != h.root.stack {
		from, ok = here.Data().(*Fiber)
	}
	switch {
	case !ok || from.hub != h || t == nil || t == from.Task || t == &h.root.task || t.Fiber == nil || t.Fiber.restsOn() != to || h.Ending.Dying:
		return to // not a switch of the hub's, or not from one of its stacks, or nothing to choose from
	case h.Ready.noDirect:
		return to // the root loop chooses: by priorities, or with labels
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
	// The rest of noteRunning was done for t, whose resumption this replaces.
	h.Current = next
	biased.StoreReleasePointer(&h.shown, next)
	return next.Fiber.resumeStack()
}

// unstart takes the fiber back from t if it has not run, so that a task that can run gets
// it.
func (h *Hub) unstart(t *Task) {
	if t.started {
		return
	}
	k := t.Fiber
	t.Fiber, k.Task = nil, nil
	k.next, h.Fibers.Idle = h.Fibers.Idle, k
	h.Fibers.N++
}

// takeRunnable takes a task out of the deferred ones or the run queue, to which a switch
// from from's stack would not block; nil if it finds none among those that it tries. It
// defers those of the run queue that would block.
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

// takeDeferred is takeRunnable for n deferred tasks from the cursor on, round the ring.
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

// oldestDeferred takes out the first deferred task, for a switch that may block; nil if
// there is none.
func (h *Hub) oldestDeferred() *Task {
	deferred := &h.Deferred
	t := deferred.Pop()
	for t != nil && t.HasEnded.Load() {
		t = deferred.Pop()
	}
	deferred.waited = t
	return t
}

// blockedByGC reports whether a switch to t from the stack of from would block. from may be
// nil. A task that has ended is not blocked: it is only taken out.
func (h *Hub) blockedByGC(t *Task, from *Fiber) bool {
	switch k := t.Fiber; {
	case t.HasEnded.Load():
		return false
	case k == nil:
		return h.Fibers.Idle != nil && h.Fibers.Idle.stack.MustWait()
	case k == from:
		return false // it goes on where it is
	default:
		return k.restsOn().MustWait()
	}
}

// requeueDeferred puts those of the first deferred tasks that would not block any more at
// the head of the run queue, as many as will run until it is called again, and some of
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
		if h.Ready.others != nil { // a priority was set since they were deferred
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

// Add defers t: at the end, or at the head if it was taken from there.
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
