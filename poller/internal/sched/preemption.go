package sched

import (
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// In a patched program, a Run may have its tasks preempted: at any safe point of their own code, as
// the runtime preempts a goroutine. The runtime exchanges the task's stack with the root, as for a wait,
// and Hub.rt.Preempted tells the root loop that the task is ready (parkedInRuntime).
//
// Code of this module is never preempted, so that the hub's state is as it is between two calls; the runtime
// looks at the frames. Whoever asks therefore does so again: the watcher does while the slice is over, and
// requests to yield (Hub.PreemptRequest) are met in calls of the package, too.
//
// Such a task can be resumed by the runtime alone, on the root stack: so noDirect is set for good, and nextOfParking leaves
// it to the root loop.

// usePreemption has tasks of h preempted when beginRuntime has been called. slice is Options.TimeSlice.
func (h *Hub) usePreemption(slice time.Duration) {
	h.rt.Slice = int64(sliceOf(slice))
	h.preemption.on = true
	h.Ready.noDirect = true
	h.rt.Preempts = runtimepatch.PreemptSlices
}

// askPreempt is a function that asks for the preemption of the running task, on any goroutine; nil if
// tasks are not preempted.
func (h *Hub) askPreempt() func() {
	if !h.preemption.on {
		return nil
	}
	return func() { runtimepatch.Runtime.Ask(&h.rt) }
}

// preemptForWakers is called when tasks have priorities: from now on the running task is preempted
// whenever one that has become ready may have a higher one.
func (h *Hub) preemptForWakers() {
	if h.preemption.on && h.preemption.alarm == nil {
		atomic.StoreUint32(&h.rt.Preempts, runtimepatch.PreemptWakers)
		h.preemption.alarm = time.AfterFunc(time.Hour, h.askPreempt())
		h.preemption.alarm.Stop() // beginSlice sets it; an armed one would keep a deadlock from being seen
	}
}

// beginSlice is called before a task is resumed.
func (h *Hub) beginSlice() {
	p := &h.preemption
	runtimepatch.Runtime.Slice(&h.rt)
	if at := h.Timers.Next(); p.alarm != nil && at != p.alarmAt {
		p.alarmAt = at
		if at != Never {
			p.alarm.Reset(time.Duration(max(at-Nanotime(), 1)))
		}
	}
}

func (p *preemption) stop() {
	if p.alarm != nil {
		p.alarm.Stop()
	}
}
