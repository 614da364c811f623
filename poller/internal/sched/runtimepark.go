package sched

import (
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// parkedInRuntime is called on the root stack when a Switch to a task has returned because the
// runtime has parked the task. It does what SwitchOut does.
func (h *Hub) parkedInRuntime() {
	carrier, at := h.rt.Parked, *(**stackful.Stack)(unsafe.Pointer(&h.rt.Stack))
	h.rt.Parked, h.rt.Stack = 0, 0
	k := h.Current.Fiber
	if k.W.State.Load() == WaiterWaiting {
		fault.Bug("parked in the runtime during a wait of package poller")
	}
	k.carrier = carrier
	runtimepatch.Runtime.Named(carrier, unsafe.Pointer(k))
	runtimepatch.Parked(uintptr(unsafe.Pointer(at)))
	k.since = h.now
	k.W.Why = ParkRuntime
	h.Stats.parks[ParkRuntime]++
	if at != &k.stack {
		k.parkAway(at)
	} else {
		k.away, k.at = true, at
	}
	if k.Interrupted && k.mustRaiseAt(at) {
		runtimepatch.Runtime.Finish(carrier)
	}
	if h.tick > 0 {
		h.tick--
	}
	h.scheduleOnRoot(nil)
}
