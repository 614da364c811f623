package poller

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// defaultTimeSlice is how long a task may run before it is to give way: what the
// Go scheduler gives a goroutine.
const defaultTimeSlice = 10 * time.Millisecond

// What hub.due asks the running task to give way for.
const (
	dueSlice    = 1
	duePriority = 2
	dueChance   = 3 // in a simulation: perhaps
)

// Checkpoint is for tasks that compute for long: if the task has used up its time
// slice, or one of higher priority is ready, the others run first; if it is
// to be interrupted, by Kill or WithTimeout, that is raised here. Otherwise, and in
// a goroutine without a hub, it does nothing, which takes a few nanoseconds.
//
// The other calls that could wait (Lock, Send, Join, Read and the like) give way in
// the same cases, whether or not they have to wait; those that cannot wait (Unlock,
// TrySend, Go and the like) never do.
//
// A time slice is noticed to be over when the task has run for between one and two
// times its length, see Options.TimeSlice. A task that calls nothing of this
// package is not interrupted.
func Checkpoint() {
	if h := currentHub(); h != nil && h.current != nil {
		h.checkDue()
		if k := h.current.work; k.interrupted {
			k.task.raise()
		}
	}
}

// checkDue is called by what could wait, before it begins.
func (h *hub) checkDue() {
	if h != nil && h.due.Load() != 0 {
		h.giveWay()
	}
}

// giveWay lets others run. What is to be raised in the task waits for its next
// call that parks.
func (h *hub) giveWay() {
	why := h.due.Load()
	h.resetDue()
	if h.current == nil || why == dueChance && !h.sim.preempts() {
		return
	}
	if why == dueSlice {
		h.stats.slices++
		h.giveAll(parkSlice)
	} else if h.ready.len() > 0 {
		h.yield(parkSlice)
	}
}

// resetDue says that the running task need not give way. The watcher may be asleep as long
// as it need, so the store comes before the look.
func (h *hub) resetDue() {
	h.due.Swap(h.calm) // not Store: see biased.StoreSeqCst
	h.watcher.wake()
}

// A watcher looks at a hub from outside, every now and then, and tells the running
// task that its time slice is over, and the user that it does not switch. It is a
// timer of the runtime's, with no goroutine in between, and costs the hub one store
// per switch. While the hub waits for events it is not armed; nor when there is nothing
// left to tell the running task, and the user, until that gives way: so the Go runtime
// finds out if it never will, since it waits for what cannot come.
type watcher struct {
	hub    *hub
	slice  time.Duration // 0: none
	stall  time.Duration // 0: none
	report func(Stall)
	period time.Duration
	timer  *time.Timer // nil if there is nothing to watch for
	asleep atomic.Bool // the hub must arm the timer when it runs again

	mu      sync.Mutex // held while the timer is armed by the watcher
	stopped bool

	// What tick has seen; the timer's goroutines use it, one after the other.
	turn     uint64
	since    time.Time
	reported bool
	idle     int
}

// watch starts the watcher of h.
func (h *hub) watch(o Options) {
	w := &h.watcher
	w.hub, w.slice, w.report = h, o.TimeSlice, o.OnStall
	switch {
	case w.slice == 0:
		w.slice = defaultTimeSlice
	case w.slice < 0:
		w.slice = 0
	}
	w.period = w.slice
	if o.MonitorAfter > 0 {
		w.stall = o.MonitorAfter
		if half := max(w.stall/2, 1); w.period == 0 || half < w.period {
			w.period = half
		}
		if w.report == nil {
			w.report = printStall
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
	turn, now := h.turns.Load(), time.Now()
	switch {
	case h.wake.waiting.Load():
		if w.idle++; w.idle >= idleTicks {
			w.idle = 0
			biased.StoreSeqCst(&w.asleep, true)
			if h.wake.waiting.Load() || !w.asleep.CompareAndSwap(true, false) {
				return // the hub arms the timer, or has done so already
			}
		}
	case turn != w.turn:
		w.idle = 0
		w.turn, w.since, w.reported = turn, now, false
	default:
		w.idle = 0
		if w.overrun(now.Sub(w.since)) {
			biased.StoreSeqCst(&w.asleep, true)
			if h.due.Load() != h.calm || !w.asleep.CompareAndSwap(true, false) {
				return // resetDue arms the timer, or has done so already
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
		w.hub.due.Store(dueSlice)
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
	if w.asleep.Load() && w.asleep.CompareAndSwap(true, false) {
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
