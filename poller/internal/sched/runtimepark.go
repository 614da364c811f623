package sched

import (
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// parkedInRuntime is called on the root stack when a Switch to a task has returned because the
// runtime has parked the task. It does what SwitchOut does, and returns the task's fiber.
func (h *Hub) parkedInRuntime() *Fiber {
	carrier, at := h.rt.Parked, *(**stackful.Stack)(unsafe.Pointer(&h.rt.Stack))
	h.rt.Parked, h.rt.Stack = 0, 0
	k := h.Current.Fiber
	if k.W.State.Load() == WaiterWaiting {
		fault.Bug("parked in the runtime during a wait of package poller")
	}
	k.parked(carrier, at)
	runtimepatch.Parked(uintptr(unsafe.Pointer(at)))
	if at != &k.stack {
		k.parkAway(at)
	}
	if k.Interrupted && k.mustRaiseAt(at) {
		runtimepatch.Runtime.Finish(carrier)
	}
	if h.tick > 0 {
		h.tick--
	}
	h.scheduleOnRoot(nil)
	return k
}

// parked records that the task on k is parked in the runtime: with the stack at, on the carrier.
func (k *Fiber) parked(carrier uintptr, at *stackful.Stack) {
	k.carrier, k.away, k.at = carrier, true, at
	runtimepatch.Runtime.Named(carrier, unsafe.Pointer(k))
	k.since = k.hub.now
	k.W.Why = ParkRuntime
	k.hub.Stats.parks[ParkRuntime]++
}

// nextOfParked is SwitchOut for the running task, which the runtime has parked, with its stack, on the
// carrier: it returns the stack to switch to. If it returns 0, nothing has been done, the runtime switches to
// the root stack, and parkedInRuntime is called.
//
// The runtime calls it on the scheduler's stack of the thread (g0), where one may allocate, but neither wait
// nor panic, nor ask for the calling goroutine.
//
//go:norace
func nextOfParked(rt *runtimepatch.Hub, carrier, stack uintptr) uintptr {
	h := (*Hub)(unsafe.Add(unsafe.Pointer(rt), -int(unsafe.Offsetof(Hub{}.rt))))
	k := h.Current.Fiber
	if h.Ready.others != nil || k.Interrupted || k.marked != nil || stack != uintptr(unsafe.Pointer(&k.stack)) ||
		k.W.State.Load() == WaiterWaiting || h.PreemptRequest.Load() != h.preemptIdle {
		return 0
	}
	if h.rt.Local != 0 {
		h.readLocal() // not readRuntime, see there
	}
	if h.tick <= 1 || h.Ready.N == 0 {
		return 0
	}
	next := h.Ready.ring.buf[h.Ready.ring.head]
	to := next.Fiber
	if to == nil || next.HasEnded.Load() || to.marked != nil || to.preempted || to.away && to.carrier == 0 {
		return 0
	}
	h.Ready.ring.take()
	h.tick--
	k.parked(carrier, &k.stack)
	if h.Labelled {
		h.passLabels(k, to)
	}
	h.noteRunning(next)
	at := &to.stack
	if to.away {
		at = to.leaveCarrier()
	}
	return uintptr(unsafe.Pointer(at))
}
