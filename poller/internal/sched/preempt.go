package sched

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// DefaultTimeSlice is how long a task may run before it is to give way: what the
// Go scheduler gives a goroutine.
const DefaultTimeSlice = 10 * time.Millisecond

// What Hub.PreemptRequest asks the running task to give way for.
const (
	PreemptSlice    = 1
	preemptPriority = 2
	preemptRandom   = 3 // in a simulation: perhaps
)

// Checkpoint is poller.Checkpoint.
func Checkpoint() {
	if h := Here(); h != nil && h.Current != nil {
		h.CheckPreempt()
		if k := h.Current.Fiber; k.Interrupted {
			k.Task.Raise()
		}
	}
}

// CheckPreempt is called by what could wait, before it begins.
func (h *Hub) CheckPreempt() {
	if h != nil && h.PreemptRequest.Load() != 0 {
		h.preempt()
	}
}

// preempt lets others run. What is to be raised in the task waits for its next
// call that parks.
func (h *Hub) preempt() {
	why := h.PreemptRequest.Load()
	h.resetPreempt()
	if h.Current == nil || why == preemptRandom && !h.Virtual.preempts() {
		return
	}
	if why == PreemptSlice {
		h.Stats.slices++
		h.YieldAll(parkSlice)
	} else if h.Ready.Len() > 0 {
		h.Yield(parkSlice)
	}
}

// resetPreempt says that the running task need not give way. The watcher may be asleep as long
// as it need, so the store comes before the look.
func (h *Hub) resetPreempt() {
	h.PreemptRequest.Swap(h.preemptIdle) // not Store: see biased.StoreSeqCst
	h.Watcher.wake()
}

// A watcher looks at a hub from outside, every now and then, and tells the running
// task that its time slice is over, and the user that it does not switch. It is a
// timer of the runtime's, with no goroutine in between, and costs the hub one store
// per switch. While the hub waits for events it is not armed; nor when there is nothing
// left to tell the running task, and the user, until that gives way: so the Go runtime
// finds out if it never will, since it waits for what cannot come.
type watcher struct {
	hub    *Hub
	slice  time.Duration // 0: none
	stall  time.Duration // 0: none
	report func(Stall)
	period time.Duration
	timer  *time.Timer // nil if there is nothing to watch for
	Asleep atomic.Bool // the hub must arm the timer when it runs again

	mu      sync.Mutex // held while the timer is armed by the watcher
	stopped bool

	// What tick has seen; the timer's goroutines use it, one after the other.
	turn     uint64
	since    time.Time
	reported bool
	idle     int
}

// watch starts the watcher of h.
func (h *Hub) watch(o Options) {
	w := &h.Watcher
	w.hub, w.slice, w.report = h, o.TimeSlice, o.OnStall
	switch {
	case w.slice == 0:
		w.slice = DefaultTimeSlice
	case w.slice < 0:
		w.slice = 0
	}
	w.period = w.slice
	if o.MonitorAfter > 0 {
		w.stall = o.MonitorAfter
		if half := max(w.stall/2, 1); w.period == 0 || half < w.period {
			w.period = half
		}
	}
	if w.period == 0 {
		return
	}
	w.since = time.Now()
	w.mu.Lock() // so that tick finds timer set
	w.timer = time.AfterFunc(w.period, w.tick)
	w.mu.Unlock()
}

// idleTicks is how often a watcher finds its hub waiting before it goes to sleep.
const idleTicks = 2

// tick is called by the timer.
func (w *watcher) tick() {
	h := w.hub
	turn, now := h.Turns.Load(), time.Now()
	switch {
	case h.Wake.Waiting.Load():
		if w.idle++; w.idle >= idleTicks {
			w.idle = 0
			biased.StoreSeqCst(&w.Asleep, true)
			if h.Wake.Waiting.Load() || !w.Asleep.CompareAndSwap(true, false) {
				return // the hub arms the timer, or has done so already
			}
		}
	case turn != w.turn:
		w.idle = 0
		w.turn, w.since, w.reported = turn, now, false
	default:
		w.idle = 0
		if w.overrun(now.Sub(w.since)) {
			biased.StoreSeqCst(&w.Asleep, true)
			if h.PreemptRequest.Load() != h.preemptIdle || !w.Asleep.CompareAndSwap(true, false) {
				return // resetPreempt arms the timer, or has done so already
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped {
		w.timer.Reset(w.period)
	}
}

// overrun is called when one task has been seen to run for d. It reports whether there is
// nothing left to tell as long as that task runs.
func (w *watcher) overrun(d time.Duration) (all bool) {
	if w.slice > 0 && d >= w.slice {
		w.hub.PreemptRequest.Store(PreemptSlice)
		all = w.stall == 0 || w.reported
	}
	if w.stall > 0 && d >= w.stall && !w.reported {
		w.reported = true
		w.reportStall(d)
	}
	return all
}

// wake is called by the hub when it has waited for events, and when the running task need
// not give way any more.
func (w *watcher) wake() {
	if w.Asleep.Load() && w.Asleep.CompareAndSwap(true, false) {
		w.timer.Reset(w.period)
	}
}

func (w *watcher) stop() {
	if w.timer == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}
