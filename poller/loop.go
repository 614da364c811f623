package poller

import (
	"runtime"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

const (
	// pollInterval is how many resumptions may pass before descriptors and
	// timers are looked at although there are tasks ready to run.
	pollInterval = 61

	// pollGap, in nanoseconds, is the time in which descriptors are not looked at
	// again, for at most pollSkips times pollInterval: a system call costs more than
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
func (h *hub) next() *Task {
	if t := h.root.next; t != nil {
		h.root.next = nil
		if !t.ended.Load() {
			return t
		}
	}
	if t := h.root.yielding; t != nil {
		h.root.yielding = nil
		h.tick = pollInterval
		if h.held.n > 0 {
			h.bringBack() // as this may be all that goes on, and tick then never gets to 0
		}
		h.poll(0)
		h.ready.push(t)
	}
	if h.sim != nil {
		return h.sim.next()
	}
	if h.tick == 0 {
		h.tick = pollInterval
		h.lookAround()
	}
	for {
		t := h.ready.pop()
		switch {
		case t != nil:
			if !t.ended.Load() {
				return t
			}
		case h.held.n > 0:
			if t := h.oldestHeld(); t != nil {
				return t
			}
		case h.ending.dying || h.ending.failure != nil:
			return &h.root.task
		default:
			h.waitForWork()
			h.tick = pollInterval
		}
	}
}

// lookAround is for when there may be tasks ready to run, but others must not be
// forgotten.
func (h *hub) lookAround() {
	if h.held.n > 0 {
		h.bringBack()
	}
	now := nanotime()
	if now-h.now >= pollGap || h.skipped >= pollSkips-1 {
		h.poll(0)
		return
	}
	h.skipped++
	if at := h.timers.next(); at != noInstant && at <= now {
		h.timers.run(now)
	}
	h.readMail()
}

// waitForWork returns when a task may be ready.
func (h *hub) waitForWork() {
	biased.StoreReleasePointer(&h.shown, nil) // whatever takes long now is no task's fault
	h.poll(0)
	if h.ready.len() > 0 {
		return
	}
	// Other goroutines may be what the tasks wait for.
	runtime.Gosched()
	if !h.wake.mail.empty() {
		h.readMail()
		return
	}
	if h.deadlocked() {
		h.reportDeadlock()
		return
	}
	timeout := int64(-1)
	if at := h.timers.next(); at != noInstant {
		timeout = max(at-nanotime(), 0)
		if timeout > 0 && len(h.timers.heap) >= timerSlackFrom {
			timeout = max(timeout, timerSlack)
		}
	}
	h.poll(timeout)
}

// poll makes ready what descriptors, timers and other goroutines have to say,
// waiting at most timeout nanoseconds for a first event.
func (h *hub) poll(timeout int64) {
	if h.sim != nil {
		h.sim.look()
		return
	}
	blocks := timeout != 0
	if blocks {
		biased.StoreSeqCst(&h.wake.waiting, true)
		if !h.wake.mail.empty() {
			timeout = 0
		}
	}
	n, err := 0, error(nil)
	if blocks || !h.io.slots.empty() {
		n, err = h.io.sel.Wait(h.io.events[:], timeout)
		h.stats.polled(n, blocks)
	}
	h.now = nanotime()
	h.skipped = 0
	if blocks {
		biased.StoreSeqCst(&h.wake.waiting, false)
		h.watcher.wake()
	}
	if err != nil {
		h.ending.failure = err
		return
	}
	before := h.ready.n
	h.dispatch(h.io.events[:n])
	if at := h.timers.next(); at != noInstant && at <= h.now {
		h.stats.late(h.now - at)
		h.timers.run(h.now)
	}
	h.readMail()
	h.prefetch(before)
}

// prefetch has the processor fetch the stacks of the tasks that became ready after
// the first n: with many connections or sleepers each of them is out of its caches.
func (h *hub) prefetch(n int) {
	if h.ready.n-n < prefetchFrom {
		return
	}
	r := &h.ready.ring
	for i := n; i < min(r.n, n+prefetchUpTo); i++ {
		if k := r.buf[(r.head+i)&(len(r.buf)-1)].work; k != nil {
			k.stack.Prefetch()
		}
	}
}

// deadlocked reports that nothing can ever make a task ready: each waits for
// another task of this hub, and there is no timer. (Other waits can be ended by
// other goroutines, and so are never certain to last for ever.)
func (h *hub) deadlocked() bool {
	return h.tasks.live > 0 && h.tasks.joining == h.tasks.live && h.timers.next() == noInstant
}

func (h *hub) reportDeadlock() {
	err := newDeadlockError(h.dump())
	for _, t := range h.allTasks() { // all of them wait, so each has a worker
		if k := t.work; k.w.why == parkJoin && k.w.claim(err) {
			h.makeReady(t)
		}
	}
}
