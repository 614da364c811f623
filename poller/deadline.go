package poller

import (
	"net"
	"os"
	"time"
)

// Deadlines are moved far more often than they pass: so the timer of a side is
// left where it is when its deadline moves to a later time, and when it fires it
// looks up what is the deadline by then.

// setDeadline sets the deadline of the sides of d that are named.
func (d *desc) setDeadline(t time.Time, sides ...*side) error {
	here := currentHub()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return net.ErrClosed
	}
	at, now := instantOf(t), nanotime()
	for _, s := range sides {
		s.deadline = at
		s.expired = at != noInstant && at <= now
		if s.expired {
			s.timeOut(here)
		} else {
			s.arm(here)
		}
	}
	return nil
}

// timeOut wakes all who wait in direction s.
func (s *side) timeOut(here *hub) {
	s.turn.wakeAll(here, os.ErrDeadlineExceeded)
	s.io.wakeAll(here, os.ErrDeadlineExceeded)
}

// arm sees to it that the timer of s fires no later than the deadline. Timers
// are their hub's goroutine's, so others ask it to come here. The lock is held.
func (s *side) arm(here *hub) {
	switch {
	case s.deadline == noInstant || s.d.closing:
	case s.armedAt != noInstant && s.armedAt <= s.deadline:
	case here == s.d.hub:
		here.timers.arm(&s.timer, s.deadline)
		s.armedAt = s.deadline
	case !s.asked:
		s.asked = s.d.hub.postCall(func(h *hub) {
			s.d.mu.Lock()
			defer s.d.mu.Unlock()
			s.asked = false
			s.arm(h)
		})
	}
}

// expire is called by the timer.
func (s *side) expire(now int64) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.armedAt = noInstant
	switch {
	case s.d.closing || s.deadline == noInstant:
	case s.deadline > now:
		s.arm(s.d.hub)
	default:
		s.expired = true
		s.timeOut(s.d.hub)
	}
}

// disarm takes the timers of d, which is being closed, out of its hub.
func (d *desc) disarm() {
	if d.rd.armedAt == noInstant && d.wr.armedAt == noInstant {
		return
	}
	stop := func(h *hub) {
		h.timers.disarm(&d.rd.timer)
		h.timers.disarm(&d.wr.timer)
	}
	if here := currentHub(); here == d.hub {
		stop(here)
	} else {
		d.hub.postCall(stop)
	}
}
