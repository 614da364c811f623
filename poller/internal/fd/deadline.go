package fd

import (
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// A deadline ends all waits in a direction of an FD. It is allocated when the first
// one is set, since many descriptors never have one.
//
// Deadlines are moved far more often than they pass. So a later deadline does not move the
// timer, which is armed for the earlier one still; when it fires, it compares the clock
// with the deadline of that moment, and is armed again if that is later.
//
// FD.Mu guards it, except for timer, which belongs to the goroutine of the FD's hub.
type deadline struct {
	s         *Direction
	at        int64 // sched.Never: none
	timer     timers.Timer
	armedAt   int64 // instant at which timer fires, sched.Never if not armed
	armPosted bool  // a function that arms timer is in the hub's mailbox
}

// SetDeadline sets the deadline of dirs, directions of d. Waits in progress end with
// os.ErrDeadlineExceeded when it passes, at once if it has passed. The zero t means none.
func (d *FD) SetDeadline(t time.Time, dirs ...*Direction) error {
	here := sched.Here()
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.unusable(); err != nil {
		return err
	}
	at, now := sched.InstantOf(t), sched.Nanotime()
	for _, s := range dirs {
		// A deadline in the past takes effect before this returns, without the timer; one in
		// the future makes the direction usable again after an expired one.
		s.expired = at != sched.Never && at <= now
		if s.expired {
			s.timeOut(here)
		}
		if s.deadline == nil {
			if at == sched.Never || s.expired {
				continue // no timer is needed
			}
			s.deadline = &deadline{s: s}
			s.deadline.timer.Owner = s.deadline
		}
		s.deadline.at = at // an armed timer that fires before this instant does nothing
		if !s.expired {
			s.deadline.arm(here)
		}
	}
	return nil
}

// timeOut ends all waits in direction s: for the ownership, and for readiness. Mu is held.
func (s *Direction) timeOut(here *sched.Hub) {
	s.Turn.WakeAll(here, os.ErrDeadlineExceeded)
	s.IO.WakeAll(here, os.ErrDeadlineExceeded)
}

// arm makes the timer fire no later than the deadline. Timers belong to their hub's
// goroutine, so on another one it posts a call of itself there. Mu is held.
func (l *deadline) arm(here *sched.Hub) {
	d := l.s.D
	switch {
	case l.at == sched.Never || d.Closing:
		// Nothing to time. A posted call may find it so.
	case l.armedAt != sched.Never && l.armedAt <= l.at:
		// The timer fires early enough, and then arms itself for l.at.
	case here == d.Hub:
		here.Timers.Arm(&l.timer, l.at)
		l.armedAt = l.at
	// At most one call is posted at a time; it arms for the deadline at the time it runs.
	case !l.armPosted:
		l.armPosted = d.Hub.Post(func(h *sched.Hub) {
			d.Mu.Lock()
			defer d.Mu.Unlock()
			l.armPosted = false
			l.arm(h)
		})
	}
}

// Expire is called by the timer. The deadline may have been moved since it was armed.
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

// disarm takes the timers of d, which is being closed, out of its hub's. Mu is held.
func (d *FD) disarm() {
	rd, wr := d.Rd.deadline, d.Wr.deadline
	if !rd.isArmed() && !wr.isArmed() {
		return
	}
	// The timers are part of deadlines that rd and wr keep alive until this has run.
	stop := func(h *sched.Hub) {
		for _, l := range [...]*deadline{rd, wr} {
			if l != nil {
				h.Timers.Disarm(&l.timer)
			}
		}
	}
	// No wait for the posted call is needed: a timer that fires meanwhile finds Closing set.
	if here := sched.Here(); here == d.Hub {
		stop(here)
	} else {
		d.Hub.Post(stop)
	}
}
