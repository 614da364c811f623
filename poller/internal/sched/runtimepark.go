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
	k.since = k.hub.now
	k.W.Why = ParkRuntime
	k.hub.Stats.parks[ParkRuntime]++
}

// nextOfParking takes the task that runs in place of the running one, which the runtime is about to park with its stack,
// out of the run queue, and returns the stack of that task. If it returns 0, the runtime switches to the root stack, and
// parkedInRuntime is called; else parkedBesideNext is.
//
// The runtime calls both on the scheduler's stack of the thread (g0), where one may neither wait nor panic, nor ask for
// the calling goroutine; this one with the locks of what the task waits for, so that it must not allocate either.
//
//go:norace
func nextOfParking(rt *runtimepatch.Hub, stack uintptr) uintptr {
	h := hubOf(rt)
	k := h.Current.Fiber
	if h.Ready.others != nil || k.Interrupted || k.marked != nil || stack != uintptr(unsafe.Pointer(&k.stack)) ||
		k.W.State.Load() == WaiterWaiting || h.PreemptRequest.Load() != h.preemptIdle {
		return 0
	}
	if h.rt.Local != 0 {
		if h.localPollDue() {
			return 0
		}
		if h.Ready.N == 0 && h.rt.Local == h.rt.Last { // by far the most frequent: it need not go by way of the ring
			next := *(**Task)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&h.rt.Local)), runtimepatch.Runtime.Name))
			at := next.stackToHandOver()
			if at != 0 {
				h.rt.Local = 0
				h.localWakes++
				h.tick = PollInterval - 1
				h.besideParking = next
			}
			return at
		}
		h.readLocal(false)
	}
	if h.tick <= 1 || h.Ready.N == 0 {
		return 0
	}
	next := h.Ready.ring.buf[h.Ready.ring.head]
	at := next.stackToHandOver()
	if at != 0 {
		h.Ready.ring.take()
		h.tick--
		h.besideParking = next
	}
	return at
}

// stackToHandOver is the stack of the ready task t for nextOfParking, 0 if it is for the root loop to resume t.
func (t *Task) stackToHandOver() uintptr {
	k := t.Fiber
	switch {
	case k == nil || t.HasEnded.Load() || k.marked != nil || k.preempted:
		return 0
	case !k.away:
		return uintptr(unsafe.Pointer(&k.stack))
	case k.carrier == 0:
		return 0
	}
	return uintptr(unsafe.Pointer(k.at))
}

// parkedBesideNext is SwitchOut for the running task, which the runtime has parked on the carrier: the task
// that nextOfParking has taken runs from now on.
//
//go:norace
func parkedBesideNext(rt *runtimepatch.Hub, carrier uintptr) {
	h := hubOf(rt)
	k, next := h.Current.Fiber, h.besideParking
	k.parked(carrier, &k.stack)
	to := next.Fiber
	if h.Labelled {
		h.passLabels(k, to)
	}
	h.noteRunning(next)
	if to.away {
		to.leaveCarrier()
	}
}

// hubOf is the hub that rt is part of.
func hubOf(rt *runtimepatch.Hub) *Hub {
	return (*Hub)(unsafe.Add(unsafe.Pointer(rt), -int(unsafe.Offsetof(Hub{}.rt))))
}
