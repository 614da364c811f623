package poller

import (
	"runtime"
	"time"
)

// Sleep parks the task for at least d, and other tasks run meanwhile. A d of
// zero or less is Yield. In a goroutine without a hub it is time.Sleep.
func Sleep(d time.Duration) {
	if d <= 0 {
		Yield()
		return
	}
	h := currentHub()
	if h == nil || h.current == nil {
		mayBlock(h)
		time.Sleep(d)
		return
	}
	k := h.current.work
	if k.interrupted {
		h.sleep(d)
		return
	}
	// What sleep does, with nothing in between that has to return after the switch.
	k.w.begin(parkSleep)
	h.timers.arm(&k.timer, after(d))
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	if k.w.err == errInterrupted {
		h.timers.disarm(&k.timer)
		raise(h, k.w.err)
	}
}

// sleep parks the running task for d.
func (h *hub) sleep(d time.Duration) { raise(h, beginWait(h, parkSleep).wait(h, after(d))) }

// Yield lets every task run that is ready, in their order, and then goes on; but
// tasks of lower priority only now and then, see Task.SetPriority, and those that the
// garbage collector stands in the way of only later. Descriptors and timers are
// looked at every so often; use YieldIO to make sure that they are. In a goroutine
// without a hub it is runtime.Gosched.
func Yield() {
	h := currentHub()
	if h == nil || h.current == nil {
		runtime.Gosched()
		return
	}
	k := h.current.work
	if k.interrupted {
		k.task.raise()
	}
	k.w.why = parkYield
	h.ready.push(k.task)
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	if k.interrupted {
		k.task.raise()
	}
}

// YieldIO is Yield after a look at descriptors, timers, and what other
// goroutines have to say.
func YieldIO() {
	h := currentHub()
	if h == nil || h.current == nil {
		runtime.Gosched()
		return
	}
	k := h.current.work
	if k.interrupted {
		k.task.raise()
	}
	h.giveAll(parkYield)
	if k.interrupted {
		k.task.raise()
	}
}
