package sched

import (
	"math"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// What a patched package runtime calls in tasks: see runtime.go.

func init() {
	if runtimepatch.Runtime == nil {
		return
	}
	runtimepatch.Install(func(h *runtimepatch.Hooks) {
		h.Next = nextOfParking
		h.Parked = parkedBesideNext
		h.Sleep = runtimeSleep
		h.Charge = func() { Here().ChargeIO() }
		h.Raise = func() { raiseNow(Here()) }
		h.Offload = runtimeOffload
		h.Pulls = runtimepatch.PullHooks{Passed: runtimepatch.Passed, NewPull: newPull, Next: nextOfPull, Yield: yieldOfPull, Stop: stopPull, Arrived: stackful.Arrived}
	})
}

// runtimeSleep is time.Sleep. (Sleep(0) need not switch; but a loop of it must
// not starve other tasks, nor, in every 256th call, descriptors and timers.)
func runtimeSleep(ns int64) {
	h := Here()
	if ns > 0 {
		if s := h.Virtual; s != nil {
			s.readClock()
			ns = roundUp(s.Now+ns) - s.Now
		}
		h.Sleep(time.Duration(ns))
		return
	}
	if t := h.Current; t.Fiber.Interrupted {
		t.Raise()
	}
	if h.zeroSleeps == math.MaxUint8 {
		h.zeroSleeps = 0
		h.YieldAll(ParkYield)
	} else if h.zeroSleeps++; h.Ready.Len() > 0 {
		h.Yield(ParkYield)
	}
}

// runtimeOffload is Await for calls of the standard library that block in the system.
func runtimeOffload(f func()) {
	AwaitOn(StartGoroutine, func() (struct{}, error) {
		f()
		return struct{}{}, nil
	})
}
