package simnet

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A direction is one direction of a simulated connection, or a listener: one call owns it
// at a time, others wait for their turn in order, and there is a deadline. Like all of
// the network it is used by the hub's goroutine only, and so needs no lock.
type direction struct {
	s            *Net
	busy         bool
	turn         sched.Queue // calls that want to own it
	io           sched.Queue // who waits for something to happen
	deadline     int64
	timer        sched.Timer
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

// begin makes the caller the owner of d, in its turn.
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

// end gives d to the next who wants it.
func (d *direction) end() {
	d.busy = false
	if w := d.turn.Claim(nil); w != nil {
		d.busy = true // in the name of w
		w.Resume(d.s.v.H)
	}
}

// wait waits until something has happened to d. The caller then looks what; it need
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

// wake has those look who wait.
func (d *direction) wake() { d.io.WakeAll(d.s.v.H, nil) }

// WakeAll ends all calls with err.
func (d *direction) wakeAll(err error) {
	d.turn.WakeAll(d.s.v.H, err)
	d.io.WakeAll(d.s.v.H, err)
}

func (d *direction) setDeadline(t time.Time) {
	d.deadline = sched.InstantOf(t)
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

// Expire is called by the timer.
func (d *direction) Expire(int64) { d.wakeAll(os.ErrDeadlineExceeded) }

// close ends all calls with net.ErrClosed, and the deadline.
func (d *direction) close() {
	d.deadline = sched.Never
	d.s.v.H.Timers.Disarm(&d.timer)
	d.wakeAll(net.ErrClosed)
}

// setDeadlines sets the deadline of the dirs, or returns why not.
func (s *Net) setDeadlines(t time.Time, dirs ...*direction) error {
	if sched.Here() != s.v.H {
		_, err := s.enter()
		return err
	}
	if err := sched.CheckSimulatedTime(t); err != nil {
		return err
	}
	for _, d := range dirs {
		d.setDeadline(t)
	}
	return nil
}
