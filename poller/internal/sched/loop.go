package sched

import (
	"runtime"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

const (
	// PollInterval is how many resumptions may pass before descriptors and
	// timers are looked at although there are tasks ready to run.
	PollInterval = 61

	// pollGap, in nanoseconds, is the time in which descriptors are not looked at
	// again, for at most pollSkips times PollInterval: a system call costs more than
	// many switches.
	pollGap   = 10_000
	pollSkips = 8

	// timerSlack, in nanoseconds, is how long the hub waits at least while so many
	// timers are armed: what comes meanwhile is served together.
	timerSlack     = 100_000
	timerSlackFrom = 1024

	// prefetch is for at least so many stacks at once, and at most so many, which fit
	// into a cache.
	prefetchFrom = 4
	prefetchUpTo = 128
)

// next returns the task to resume, waiting for one if need be. While the hub is
// dying it returns home in place of waiting. It is called at home.
func (h *Hub) next() *Task {
	if t := h.root.next; t != nil {
		h.root.next = nil
		if !t.HasEnded.Load() {
			return t
		}
	}
	if t := h.root.yielding; t != nil {
		h.root.yielding = nil
		h.tick = PollInterval
		if h.Deferred.N > 0 {
			h.requeueDeferred() // as this may be all that goes on, and tick then never gets to 0
		}
		h.Poll(0)
		h.Ready.Push(t)
	}
	if h.Virtual != nil {
		return h.Virtual.next()
	}
	if h.tick == 0 {
		h.tick = PollInterval
		h.pollDue()
	}
	for {
		t := h.Ready.Pop()
		switch {
		case t != nil:
			if !t.HasEnded.Load() {
				return t
			}
		case h.Deferred.N > 0:
			if t := h.oldestDeferred(); t != nil {
				return t
			}
		case h.Ending.Dying || h.Ending.failure != nil:
			return &h.root.task
		default:
			h.waitForWork()
			h.tick = PollInterval
		}
	}
}

// pollDue is for when there may be tasks ready to run, but others must not be
// forgotten.
func (h *Hub) pollDue() {
	if h.Deferred.N > 0 {
		h.requeueDeferred()
	}
	now := Nanotime()
	if now-h.now >= pollGap || h.skipped >= pollSkips-1 {
		h.Poll(0)
		return
	}
	h.skipped++
	if at := h.Timers.Next(); at != Never && at <= now {
		h.Timers.Run(now)
	}
	h.ReadMail()
}

// waitForWork returns when a task may be ready.
func (h *Hub) waitForWork() {
	biased.StoreReleasePointer(&h.shown, nil) // whatever takes long now is no task's fault
	h.Poll(0)
	if h.Ready.Len() > 0 {
		return
	}
	// Other goroutines may be what the tasks wait for.
	runtime.Gosched()
	if !h.Wake.Mail.Empty() {
		h.ReadMail()
		return
	}
	if h.deadlocked() {
		h.reportDeadlock()
		return
	}
	timeout := int64(-1)
	if at := h.Timers.Next(); at != Never {
		timeout = max(at-Nanotime(), 0)
		if timeout > 0 && len(h.Timers.Heap) >= timerSlackFrom {
			timeout = max(timeout, timerSlack)
		}
	}
	h.Poll(timeout)
}

// Poll makes ready what descriptors, timers and other goroutines have to say,
// waiting at most timeout nanoseconds for a first event.
func (h *Hub) Poll(timeout int64) {
	if h.Virtual != nil {
		h.Virtual.poll()
		return
	}
	blocks := timeout != 0
	if blocks {
		biased.StoreSeqCst(&h.Wake.Waiting, true)
		if !h.Wake.Mail.Empty() {
			timeout = 0
		}
	}
	n, err := 0, error(nil)
	if blocks || !h.IO.Slots.empty() {
		n, err = h.IO.Sel.Wait(h.IO.events[:], timeout)
		h.Stats.polled(n, blocks)
	}
	h.now = Nanotime()
	h.skipped = 0
	if blocks {
		biased.StoreSeqCst(&h.Wake.Waiting, false)
		h.Watcher.wake()
	}
	if err != nil {
		h.Ending.failure = err
		return
	}
	before := h.Ready.N
	h.Dispatch(h.IO.events[:n])
	if at := h.Timers.Next(); at != Never && at <= h.now {
		h.Stats.late(h.now - at)
		h.Timers.Run(h.now)
	}
	h.ReadMail()
	h.prefetch(before)
}

// prefetch has the processor fetch the stacks of the tasks that became ready after
// the first n: with many connections or sleepers each of them is out of its caches.
func (h *Hub) prefetch(n int) {
	if h.Ready.N-n < prefetchFrom {
		return
	}
	r := &h.Ready.ring
	for i := n; i < min(r.N, n+prefetchUpTo); i++ {
		if k := r.buf[(r.head+i)&(len(r.buf)-1)].Fiber; k != nil {
			k.stack.Prefetch()
		}
	}
}

// deadlocked reports that nothing can ever make a task ready: each waits for
// another task of this hub, and there is no timer. (Other waits can be ended by
// other goroutines, and so are never certain to last for ever.)
func (h *Hub) deadlocked() bool {
	return h.Tasks.Live > 0 && h.Tasks.Joining == h.Tasks.Live && h.Timers.Next() == Never
}

func (h *Hub) reportDeadlock() {
	err := NewDeadlockError(h.Dump())
	for _, t := range h.AllTasks() { // all of them wait, so each has a fiber
		if k := t.Fiber; k.W.Why == parkJoin && k.W.Claim(err) {
			h.MakeReady(t)
		}
	}
}
