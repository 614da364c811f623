package fd

import (
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A deadline ends what waits in a direction of a desc. It is made when the first
// one is set, since many descriptors never have one.
//
// Deadlines are moved far more often than they pass: so the timer is left where it is
// when the deadline moves to a later time, and when it fires it looks up what is the
// deadline by then.
type deadline struct {
	s         *Direction
	at        int64 // sched.Never: none
	timer     sched.Timer
	armedAt   int64 // instant at which timer fires, sched.Never if not armed
	armPosted bool  // the hub has been armPosted to arm timer
}

// SetDeadline sets the deadline of the dirs of d that are named.
func (d *FD) SetDeadline(t time.Time, dirs ...*Direction) error {
	here := sched.Here()
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Closing {
		return net.ErrClosed
	}
	at, now := sched.InstantOf(t), sched.Nanotime()
	for _, s := range dirs {
		s.expired = at != sched.Never && at <= now
		if s.expired {
			s.timeOut(here)
		}
		if s.deadline == nil {
			if at == sched.Never || s.expired {
				continue
			}
			s.deadline = &deadline{s: s}
			s.deadline.timer.Owner = s.deadline
		}
		s.deadline.at = at
		if !s.expired {
			s.deadline.arm(here)
		}
	}
	return nil
}

// timeOut wakes all who wait in direction s.
func (s *Direction) timeOut(here *sched.Hub) {
	s.Turn.WakeAll(here, os.ErrDeadlineExceeded)
	s.IO.WakeAll(here, os.ErrDeadlineExceeded)
}

// arm sees to it that the timer fires no later than the deadline. Timers are their
// hub's goroutine's, so others ask it to come here. The lock is held.
func (l *deadline) arm(here *sched.Hub) {
	d := l.s.D
	switch {
	case l.at == sched.Never || d.Closing:
	case l.armedAt != sched.Never && l.armedAt <= l.at:
	case here == d.Hub:
		here.Timers.Arm(&l.timer, l.at)
		l.armedAt = l.at
	case !l.armPosted:
		l.armPosted = d.Hub.Post(func(h *sched.Hub) {
			d.Mu.Lock()
			defer d.Mu.Unlock()
			l.armPosted = false
			l.arm(h)
		})
	}
}

// Expire is called by the timer.
func (l *deadline) Expire(now int64) {
	s := l.s
	s.D.Mu.Lock()
	defer s.D.Mu.Unlock()
	l.armedAt = sched.Never
	switch {
	case s.D.Closing || l.at == sched.Never:
	case l.at > now:
		l.arm(s.D.Hub)
	default:
		s.expired = true
		s.timeOut(s.D.Hub)
	}
}

// isArmed reports whether there is a timer to be disarmed.
func (l *deadline) isArmed() bool { return l != nil && l.armedAt != sched.Never }

// disarm takes the timers of d, which is being closed, out of its hub.
func (d *FD) disarm() {
	rd, wr := d.Rd.deadline, d.Wr.deadline
	if !rd.isArmed() && !wr.isArmed() {
		return
	}
	stop := func(h *sched.Hub) {
		for _, l := range [...]*deadline{rd, wr} {
			if l != nil {
				h.Timers.Disarm(&l.timer)
			}
		}
	}
	if here := sched.Here(); here == d.Hub {
		stop(here)
	} else {
		d.Hub.Post(stop)
	}
}
