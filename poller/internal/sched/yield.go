package sched

import (
	"runtime"
	"time"
)

// Sleep is poller.Sleep.
func Sleep(d time.Duration) {
	if d <= 0 {
		Yield()
		return
	}
	h := Here()
	if h == nil || h.Current == nil {
		MayBlock(h)
		time.Sleep(d)
		return
	}
	k := h.Current.Fiber
	if k.Interrupted {
		h.Sleep(d)
		return
	}
	// Hub.Sleep, written out: see park.go. Fiber.Expire claims the waiter, which is in no
	// queue, and has taken the timer out of the heap then.
	k.W.Begin(parkSleep)
	h.Timers.Arm(&k.Timer, After(d))
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	if k.W.Err == ErrInterrupted {
		h.Timers.Disarm(&k.Timer)
		Raise(h, k.W.Err)
	}
}

// Sleep parks the running task for d, which is positive. An interruption is raised.
func (h *Hub) Sleep(d time.Duration) { Raise(h, BeginWait(h, parkSleep).Wait(h, After(d))) }

// Yield is poller.Yield.
func Yield() {
	h := Here()
	if h == nil || h.Current == nil {
		runtime.Gosched()
		return
	}
	k := h.Current.Fiber
	if k.Interrupted {
		k.Task.Raise()
	}
	// Hub.Yield, written out: see park.go.
	k.W.Why = ParkYield
	h.Ready.Push(k.Task)
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	if k.Interrupted {
		k.Task.Raise()
	}
}

// YieldIO is poller.YieldIO.
func YieldIO() {
	h := Here()
	if h == nil || h.Current == nil {
		runtime.Gosched()
		return
	}
	k := h.Current.Fiber
	if k.Interrupted {
		k.Task.Raise()
	}
	h.YieldAll(ParkYield)
	if k.Interrupted {
		k.Task.Raise()
	}
}
