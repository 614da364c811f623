package simnet

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// A direction is one direction of a simulated connection, or a listener: one call owns it
// at a time, others queue for it in order, and it has a deadline. It is to this package what
// fd.Direction is to descriptors, without a lock, since only the hub's goroutine uses it.
type direction struct {
	s            *Net
	busy         bool         // a call owns it
	turn         sched.Queue  // contenders for the ownership, in order
	io           sched.Queue  // waiters for a change: the owner, and WaitReadable
	deadline     int64        // sched.Never: none
	timer        timers.Timer // armed for deadline until that has passed
	why, turnWhy sched.Reason
}

func (d *direction) init(s *Net, why, turn sched.Reason) {
	d.s, d.why, d.turnWhy = s, why, turn
	d.timer.Owner = d
}

// enter returns the hub of s, for a call that may park; or an error, if the caller is not
// in the simulation.
func (s *Net) enter() (*sched.Hub, error) {
	h := sched.Here()
	if h != s.v.H {
		return nil, fmt.Errorf("%w: a simulated connection is used outside of it", sched.ErrSimulated)
	}
	h.CheckPreempt()
	return h, nil
}

// begin makes the caller the owner of d, in its turn. An error of begin means that the caller
// is not the owner; else it must call end.
func (d *direction) begin() error {
	h, err := d.s.enter()
	if err != nil {
		return err
	}
	if !d.busy {
		d.busy = true
		return nil
	}
	return sched.Park(h, sched.NoLock{}, &d.turn, d.turnWhy, sched.Never)
}

// end passes the ownership of d to the first contender.
func (d *direction) end() {
	d.busy = false
	if w := d.turn.Claim(nil); w != nil {
		d.busy = true // ownership is transferred to w's caller
		w.Resume(d.s.v.H)
	}
}

// wait parks until d is woken by a change, which the caller must then examine; it need
// not own d. If the task is interrupted, cleanup is called before that is raised.
func (d *direction) wait(cleanup func()) error {
	h := d.s.v.H
	err := sched.ParkNoRaise(h, sched.NoLock{}, &d.io, d.why, sched.Never)
	if err == sched.ErrInterrupted {
		cleanup()
		sched.Raise(h, err)
	}
	return err
}

// wake wakes all waiters of d for a change, and leaves the contenders queued.
func (d *direction) wake() { d.io.WakeAll(d.s.v.H, nil) }

// wakeAll ends all waits of d with err, the contenders' too.
func (d *direction) wakeAll(err error) {
	d.turn.WakeAll(d.s.v.H, err)
	d.io.WakeAll(d.s.v.H, err)
}

// setDeadline sets the instant of the deadline, sched.Never for none.
func (d *direction) setDeadline(at int64) {
	d.deadline = at
	switch timers := &d.s.v.H.Timers; {
	case d.deadline == sched.Never:
		timers.Disarm(&d.timer)
	case d.expired():
		timers.Disarm(&d.timer)
		d.wakeAll(os.ErrDeadlineExceeded)
	default:
		timers.Arm(&d.timer, d.deadline)
	}
}

func (d *direction) expired() bool { return d.deadline != sched.Never && d.deadline <= d.s.v.Now }

// Expire ends all waits, at the deadline. A call that begins later finds d expired.
func (d *direction) Expire(int64) { d.wakeAll(os.ErrDeadlineExceeded) }

// close ends all waits with net.ErrClosed, and removes the deadline.
func (d *direction) close() {
	d.deadline = sched.Never
	d.s.v.H.Timers.Disarm(&d.timer)
	d.wakeAll(net.ErrClosed)
}

// setDeadlines sets the deadline of dirs. It returns an error, and sets none, if the caller is
// not in the simulation or t comes from time.Now.
func (s *Net) setDeadlines(t time.Time, dirs ...*direction) error {
	if sched.Here() != s.v.H {
		_, err := s.enter()
		return err
	}
	if err := sched.CheckSimulatedTime(t); err != nil {
		return err
	}
	for _, d := range dirs {
		d.setDeadline(sched.InstantOf(t))
	}
	return nil
}
