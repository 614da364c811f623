package poller

import (
	"net"
	"os"
	"time"
)

// A deadline ends what waits in a direction of a desc. It is made when the first
// one is set, since many descriptors never have one.
//
// Deadlines are moved far more often than they pass: so the timer is left where it is
// when the deadline moves to a later time, and when it fires it looks up what is the
// deadline by then.
type deadline struct {
	s       *side
	at      int64 // noInstant: none
	timer   timer
	armedAt int64 // instant at which timer fires, noInstant if not armed
	asked   bool  // the hub has been asked to arm timer
}

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
		s.expired = at != noInstant && at <= now
		if s.expired {
			s.timeOut(here)
		}
		if s.deadline == nil {
			if at == noInstant || s.expired {
				continue
			}
			s.deadline = &deadline{s: s}
			s.deadline.timer.owner = s.deadline
		}
		s.deadline.at = at
		if !s.expired {
			s.deadline.arm(here)
		}
	}
	return nil
}

// timeOut wakes all who wait in direction s.
func (s *side) timeOut(here *hub) {
	s.turn.wakeAll(here, os.ErrDeadlineExceeded)
	s.io.wakeAll(here, os.ErrDeadlineExceeded)
}

// arm sees to it that the timer fires no later than the deadline. Timers are their
// hub's goroutine's, so others ask it to come here. The lock is held.
func (l *deadline) arm(here *hub) {
	d := l.s.d
	switch {
	case l.at == noInstant || d.closing:
	case l.armedAt != noInstant && l.armedAt <= l.at:
	case here == d.hub:
		here.timers.arm(&l.timer, l.at)
		l.armedAt = l.at
	case !l.asked:
		l.asked = d.hub.postCall(func(h *hub) {
			d.mu.Lock()
			defer d.mu.Unlock()
			l.asked = false
			l.arm(h)
		})
	}
}

// expire is called by the timer.
func (l *deadline) expire(now int64) {
	s := l.s
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	l.armedAt = noInstant
	switch {
	case s.d.closing || l.at == noInstant:
	case l.at > now:
		l.arm(s.d.hub)
	default:
		s.expired = true
		s.timeOut(s.d.hub)
	}
}

// isArmed reports whether there is a timer to be disarmed.
func (l *deadline) isArmed() bool { return l != nil && l.armedAt != noInstant }

// disarm takes the timers of d, which is being closed, out of its hub.
func (d *desc) disarm() {
	rd, wr := d.rd.deadline, d.wr.deadline
	if !rd.isArmed() && !wr.isArmed() {
		return
	}
	stop := func(h *hub) {
		for _, l := range [...]*deadline{rd, wr} {
			if l != nil {
				h.timers.disarm(&l.timer)
			}
		}
	}
	if here := currentHub(); here == d.hub {
		stop(here)
	} else {
		d.hub.postCall(stop)
	}
}
