package sched

import (
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A watcher samples a hub periodically from another goroutine. It requests preemption when
// the running task has used up its time slice, and reports a task that does not switch. It
// is a timer of the Go runtime, without a goroutine of its own, and costs the hub one store
// per switch. The timer is not armed while the hub waits for events, nor when the running
// task has been asked to yield and there is no stall to report, or one was reported that no
// goroutine can end: an armed timer would keep the Go runtime from detecting a deadlock of
// the whole process.
type watcher struct {
	sampled
	slice  time.Duration // the time slice; 0: none
	stall  time.Duration // Options.MonitorAfter; 0: none
	report func(turn uint64, d time.Duration) (blocked bool)
	ask    func()        // has the running task preempted, at once if it can be; nil: it is not to be
	period time.Duration // of the timer
	timer  *time.Timer   // nil if neither slice nor stall is set
	Asleep atomic.Bool   // the timer is not armed: the hub must arm it when it runs again

	mu      runtimepatch.Mutex // held while tick arms the timer, and by stop
	stopped bool               // guarded by mu

	// The state of tick, whose calls never overlap.
	turn    uint64        // Hub.Turns at the last tick that saw a change
	since   time.Time     // of that tick
	last    time.Time     // of the last tick
	next    time.Duration // length of the stall at which it is reported
	blocked bool          // at the last report no goroutine could end the stall
	idle    int           // ticks in a row that found the hub waiting
}

// A sampled is the fields of a hub that its watcher reads.
type sampled struct {
	turns   *atomic.Uint64 // Hub.Turns
	waiting *atomic.Bool   // Hub.Wake.Waiting
	request *atomic.Uint32 // Hub.PreemptRequest, which the watcher sets, too
	none    uint32         // request without a request: Hub.preemptIdle
}

// DefaultTimeSlice is how long a task may run before it is asked to yield: as long as the Go
// scheduler lets a goroutine run.
const DefaultTimeSlice = 10 * time.Millisecond

// sliceOf returns the time slice that a value of Options.TimeSlice stands for; 0 for none.
func sliceOf(option time.Duration) time.Duration {
	if option == 0 {
		return DefaultTimeSlice
	}
	return max(option, 0)
}

// start starts w. slice is Options.TimeSlice, stall Options.MonitorAfter. report is called on
// the timer's goroutine when the task of a turn has run for d without a switch, and says
// whether no goroutine can end the stall. start is called before the first task runs.
func (w *watcher) start(hub sampled, slice, stall time.Duration, ask func(), report func(turn uint64, d time.Duration) (blocked bool)) {
	w.sampled, w.slice, w.ask, w.report = hub, sliceOf(slice), ask, report
	w.period = w.slice
	if stall > 0 {
		w.stall = stall
		if half := max(w.stall/2, 1); w.period == 0 || half < w.period {
			w.period = half
		}
	}
	if w.period == 0 {
		return
	}
	w.next = w.stall
	w.since = time.Now()
	w.last = w.since
	w.mu.Lock() // so that tick finds timer set
	w.timer = time.AfterFunc(w.period, w.tick)
	w.mu.Unlock()
}

// stoppedTime is how late a tick is, at least, that means that the process, not the task, has
// been stopped: by a signal, a debugger, or a busy machine.
const stoppedTime = 100 * time.Millisecond

// idleTicks is how often a watcher finds its hub waiting before it goes to sleep.
const idleTicks = 2

// tick is called by the timer: it samples the hub, and arms the timer again unless it puts
// the watcher to sleep. Going to sleep is a handshake: Asleep is set, then the condition is
// tested again; if it has changed meanwhile, exactly one side arms the timer, the one whose
// compare-and-swap takes Asleep back.
func (w *watcher) tick() {
	turn, now := w.turns.Load(), time.Now()
	if late := now.Sub(w.last) - w.period; late > stoppedTime {
		w.since = w.since.Add(late)
	}
	w.last = now
	switch {
	case w.waiting.Load():
		if w.idle++; w.idle >= idleTicks {
			w.idle = 0
			biased.StoreSeqCst(&w.Asleep, true)
			if w.waiting.Load() || !w.Asleep.CompareAndSwap(true, false) {
				return // the hub arms the timer, or has done so already
			}
		}
	case turn != w.turn:
		w.idle = 0
		w.turn, w.since, w.next, w.blocked = turn, now, w.stall, false
	default:
		w.idle = 0
		if w.overrun(now.Sub(w.since)) {
			biased.StoreSeqCst(&w.Asleep, true)
			if w.request.Load() != w.none || !w.Asleep.CompareAndSwap(true, false) {
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

// overrun is called when one task has run for d. It reports whether all has been done that
// can be done until that task switches: then the watcher sleeps.
func (w *watcher) overrun(d time.Duration) (all bool) {
	if w.slice > 0 && d >= w.slice {
		w.request.Store(PreemptSlice)
		if w.ask != nil {
			w.ask()
		} else {
			all = w.stall == 0 || w.blocked
		}
	}
	if w.stall > 0 && d >= w.next {
		w.next = 2 * d // it is said again while it lasts
		w.blocked = w.report(w.turn, d)
		w.last = time.Now() // OnStall may have taken long
	}
	return all
}

// wake arms the timer of a sleeping watcher. The hub calls it after a wait for events, and
// when it has withdrawn a request.
func (w *watcher) wake() {
	if w.Asleep.Load() && w.Asleep.CompareAndSwap(true, false) {
		w.timer.Reset(w.period)
	}
}

// stop ends the watcher for good. A tick that is running does not arm the timer again.
func (w *watcher) stop() {
	if w.timer == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}

// The values of Hub.PreemptRequest: why the running task is asked to yield. 0 is no request.
// The request is looked at in calls that could wait; and see preemption.go.
const (
	PreemptSlice    = 1 // its time slice is over; set by the watcher
	preemptPriority = 2 // a task of higher priority is ready; set by the hub
	preemptRandom   = 3 // in a simulation, always set: the seed decides
)
