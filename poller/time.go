package poller

import (
	"os"
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
		time.Sleep(d)
		return
	}
	w := beginWait(h, parkSleep)
	err := w.wait(h, after(d))
	if err == errInterrupted {
		raiseInterruption(h)
	}
}

// Yield lets every task run that is ready, in their order, and then goes on.
// Descriptors and timers are looked at every so often; use YieldIO to make sure
// that they are. In a goroutine without a hub it is runtime.Gosched.
func Yield() {
	h := currentHub()
	if h == nil || h.current == nil {
		runtime.Gosched()
		return
	}
	t := h.current
	if t.interrupted {
		t.raise()
	}
	t.w.why = parkYield
	h.ready.push(t)
	if next := h.depart(t); next != t {
		next.at.Switch(nil)
		h.arrived(t)
	}
	if t.interrupted {
		t.raise()
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
	h.poll(0)
	Yield()
}

// expire ends the wait that the task is parked in; or starts the task, if it is
// one of GoAfter.
func (t *Task) expire(int64) {
	if t.w.claim(os.ErrDeadlineExceeded) {
		t.hub.ready.push(t)
	}
}
