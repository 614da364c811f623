package sched

import (
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

const (
	// pollGap, in nanoseconds, is the time for which a poll of the selector is skipped
	// after the last one, for at most pollSkips times PollInterval: a system call costs
	// more than many switches.
	pollGap   = 10_000
	pollSkips = 8

	// timerSlack, in nanoseconds, is the least wait in the selector while timerSlackFrom
	// timers or more are armed: timers that come due meanwhile are served together.
	timerSlack     = 100_000
	timerSlackFrom = 1024

	// prefetch is worth its loop for prefetchFrom stacks and more; more than prefetchUpTo
	// would evict each other from the cache.
	prefetchFrom = 4
	prefetchUpTo = 128
)

// rootLoop switches from the root stack to the next task, as long as tasks switch back in
// order to have it choose (needSchedule). It returns when the main task has ended, the hub
// has failed, or the hub is dying and no task is ready.
func (h *Hub) rootLoop() {
	for h.root.needSchedule = true; h.root.needSchedule; {
		if to := h.choose(); to != h.root.stack {
			if h.preemption.resume != 0 {
				h.resumePreempted()
			} else {
				to.Switch(nil)
			}
			if h.rt.Parked != 0 {
				if k := h.parkedInRuntime(); h.rt.Preempted != 0 {
					h.requeuePreempted(k)
				}
			}
		}
	}
	if h.Labelled {
		h.takeOffLabels()
	}
}

// choose is one turn of the root loop up to its switch: it returns the stack of the next
// task, or the root stack if the loop is to end.
func (h *Hub) choose() *stackful.Stack {
	h.root.needSchedule = false
	if h.rec != nil {
		h.rec.switchedAway()
	}
	t := h.next()
	if t == &h.root.task {
		return h.root.stack
	}
	if t.Fiber == nil {
		h.start(t)
	}
	if h.Labelled && !h.IsPortable {
		t.Fiber.putOnLabels()
	}
	h.noteRunning(t)
	if h.rec != nil {
		h.rec.runs(t)
	}
	if h.preemption.on {
		h.beginSlice()
		if t.Fiber.preempted {
			return t.Fiber.backFromPreemption()
		}
	}
	return t.Fiber.resumeStack()
}

// next returns the task to resume, and blocks until there is one. While the hub is
// dying, or has failed, it returns the root task in place of blocking. It runs on the
// root stack.
func (h *Hub) next() *Task {
	if h.rt.Local != 0 {
		h.readLocal(true)
	}
	if t := h.root.next; t != nil {
		h.root.next = nil
		if !t.HasEnded.Load() {
			return t
		}
	}
	if t := h.root.yielding; t != nil {
		h.root.yielding = nil
		h.tick = PollInterval
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
			if h.rec != nil { // it was killed before it has started
				h.rec.ends(t)
			}
		case h.Ending.Dying || h.Ending.failure != nil:
			return &h.root.task
		default:
			h.waitForWork()
			h.tick = PollInterval
		}
	}
}

// pollDue looks for events although tasks may be ready, which bounds the latency of I/O,
// timers and wakes under load. A poll of the selector costs more than the rest, so it is
// skipped within pollGap of the last one.
func (h *Hub) pollDue() {
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

// waitForWork returns when a task may be ready. It is called with an empty run queue.
func (h *Hub) waitForWork() {
	biased.StoreReleasePointer(&h.shown, nil) // from here on, a stall is not to be reported as a task's
	h.Poll(0)
	if h.Ready.Len() > 0 {
		return
	}
	// The tasks may wait for other goroutines, which run sooner in a yield of this one
	// than after a wait in the kernel has begun and has been ended.
	if !h.patched {
		runtime.Gosched()
	}
	if !h.Wake.Mail.Empty() {
		h.ReadMail()
		return
	}
	if h.deadlocked() {
		h.reportDeadlock()
		return
	}
	at := h.Timers.Next()
	if at == Never {
		timeout := h.idleTimeout()
		h.rt.Alone = h.idleness.alone && timeout < 0
		h.Poll(timeout)
		h.rt.Alone = false
		return
	}
	timeout := max(at-Nanotime(), 0)
	if timeout > 0 && len(h.Timers.Entries) >= timerSlackFrom {
		timeout = max(timeout, timerSlack)
	}
	h.Poll(timeout)
}

// Poll asks the selector for events, runs the timers that are due, reads the mail, and so
// makes tasks ready. It blocks at most timeout nanoseconds for a first event; 0 does not
// block, a negative timeout has no limit. An error of the selector ends the Run.
func (h *Hub) Poll(timeout int64) {
	if h.Virtual != nil {
		h.Virtual.poll()
		return
	}
	if h.preemption.on {
		atomic.StoreUint32(&h.rt.Asked, 0) // what a request tells of is found below
	}
	blocks := timeout != 0
	if blocks { // H1 and H2 of wake.go
		if h.patched {
			runtimepatch.Runtime.Rest(&h.rt) // before H1: a wake-up after it is not lost
		}
		biased.StoreSeqCst(&h.Wake.Waiting, true)
		if !h.Wake.Mail.Empty() {
			timeout = 0
		}
	}
	n, err := 0, error(nil)
	if h.patched && !blocks {
		runtimepatch.Runtime.Look(&h.rt)
	}
	if blocks && h.patched {
		n, err = h.waitInRuntime(timeout)
		h.Stats.polled(n, blocks)
	} else if blocks || !h.IO.Slots.empty() {
		n, err = h.IO.Sel.Wait(h.IO.events[:], timeout)
		h.Stats.polled(n, blocks)
	}
	h.now = Nanotime()
	h.skipped = 0
	if blocks { // H4
		biased.StoreSeqCst(&h.Wake.Waiting, false)
		h.Watcher.wake()
	}
	if err != nil {
		h.Ending.failure = err
		return
	}
	before := h.Ready.N // of the normal ring, which prefetch reads
	h.Dispatch(h.IO.events[:n])
	if at := h.Timers.Next(); at != Never && at <= h.now {
		h.Stats.late(h.now - at)
		h.Timers.Run(h.now)
	}
	h.ReadMail()
	h.prefetch(before)
}

// Dispatch hands events to their sources. All ids are looked up first, under one lock of the
// table; then Ready is called without it, since it takes the source's lock and may drop the
// source. A source that is dropped in between gets an event for nothing, which it must
// tolerate.
func (h *Hub) Dispatch(events []selector.Event) {
	if len(events) == 0 {
		return
	}
	found := h.IO.found[:len(events)]
	t := &h.IO.Slots
	t.mu.Lock()
	for i := range events {
		id := events[i].ID
		if j := uint32(id); int(j) < len(t.Slots) && t.Slots[j].gen == uint32(id>>32) {
			found[i] = t.Slots[j].s
		}
	}
	t.mu.Unlock()
	for i := range events {
		if s := found[i]; s != nil {
			s.Ready(h, events[i].What)
		}
	}
	clear(found) // do not keep closed sources alive
}

// ReadMail makes the tasks ready that other goroutines have woken, and calls the functions
// that they have posted, in the order in which they were put.
func (h *Hub) ReadMail() {
	h.readRuntime()
	if h.Wake.Mail.Empty() {
		return
	}
	if h.Virtual != nil {
		h.Virtual.noteForeignWake()
	}
	for m := h.Wake.Mail.Take(); m != nil; {
		next := m.Next
		m.Next = nil // m may be part of a fiber, which may be posted again from now on
		m.Owner.Deliver()
		m = next
	}
}

// prefetch has the processor fetch the stacks of the tasks behind the first n of the run
// queue, which a poll has made ready: with many connections or sleepers each stack is out
// of the caches, and several misses at once cost little more than one.
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

// resumePreempted has the runtime resume the task that choose has chosen.
func (h *Hub) resumePreempted() {
	carrier := h.preemption.resume
	h.preemption.resume = 0
	runtimepatch.Runtime.Resume(&h.rt, carrier)
}

// requeuePreempted makes the task on k ready, which the runtime has preempted. If its slice is over, all
// tasks that are ready after a poll come first; else only those of higher priority do.
func (h *Hub) requeuePreempted(k *Fiber) {
	byTime := h.rt.Preempted == runtimepatch.PreemptedByTime
	h.rt.Preempted = 0
	k.preempted = true
	k.W.Why = parkSlice
	h.Stats.slices++
	t := k.Task
	if byTime || h.PreemptRequest.Load() == PreemptSlice {
		h.root.yielding = t
		return
	}
	h.Poll(0)
	if o := h.Ready.others; o != nil && bits.Len(o.filled)-1 > t.prio.Level() {
		h.Ready.Push(t)
	} else {
		h.root.next = t
	}
}
