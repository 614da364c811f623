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
// A task whose switch would block is deferred: it leaves the run queue for Hub.Deferred, where
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
// deferred.

const (
	// headTries is how many of the first deferred tasks one redirect tries; tries how many
	// of the run queue, and how many of the other deferred ones, before it lets a switch
	// block. Without a bound, one call would test all tasks and cost as much as the wait.
	headTries = 4
	tries     = 2048
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
