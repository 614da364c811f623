package poller

import (
	"fmt"
	"net"
	"os"
	"time"
)

// A simSide is one direction of a simulated connection, or a listener: one call owns it
// at a time, others wait for their turn in order, and there is a deadline. Like all of
// the network it is used by the hub's goroutine only, and so needs no lock.
type simSide struct {
	s            *simNet
	busy         bool
	turn         waitQueue // calls that want to own it
	io           waitQueue // who waits for something to happen
	deadline     int64
	timer        timer
	why, turnWhy parkReason
}

func (d *simSide) init(s *simNet, why, turn parkReason) {
	d.s, d.why, d.turnWhy = s, why, turn
	d.timer.owner = d
}

// enter returns the hub of s, for a call that may park; or an error, if the caller is not
// in the simulation.
func (s *simNet) enter() (*hub, error) {
	h := currentHub()
	if h != s.v.h {
		return nil, fmt.Errorf("%w: a simulated connection is used outside of it", ErrSimulated)
	}
	h.checkDue()
	return h, nil
}

// begin makes the caller the owner of d, in its turn.
func (d *simSide) begin() error {
	h, err := d.s.enter()
	if err != nil {
		return err
	}
	if !d.busy {
		d.busy = true
		return nil
	}
	return park(h, noLock{}, &d.turn, d.turnWhy, noInstant)
}

// end gives d to the next who wants it.
func (d *simSide) end() {
	d.busy = false
	if w := d.turn.claim(nil); w != nil {
		d.busy = true // in the name of w
		w.resume(d.s.v.h)
	}
}

// wait waits until something has happened to d. The caller then looks what; it need
// not own d. If the task is interrupted, cleanup is called before that is raised.
func (d *simSide) wait(cleanup func()) error {
	h := d.s.v.h
	err := parkNoRaise(h, noLock{}, &d.io, d.why, noInstant)
	if err == errInterrupted {
		cleanup()
		raise(h, err)
	}
	return err
}

// wake has those look who wait.
func (d *simSide) wake() { d.io.wakeAll(d.s.v.h, nil) }

// wakeAll ends all calls with err.
func (d *simSide) wakeAll(err error) {
	d.turn.wakeAll(d.s.v.h, err)
	d.io.wakeAll(d.s.v.h, err)
}

func (d *simSide) setDeadline(t time.Time) {
	d.deadline = instantOf(t)
	switch timers := &d.s.v.h.timers; {
	case d.deadline == noInstant:
		timers.disarm(&d.timer)
	case d.expired():
		timers.disarm(&d.timer)
		d.wakeAll(os.ErrDeadlineExceeded)
	default:
		timers.arm(&d.timer, d.deadline)
	}
}

func (d *simSide) expired() bool { return d.deadline != noInstant && d.deadline <= d.s.v.now }

// expire is called by the timer.
func (d *simSide) expire(int64) { d.wakeAll(os.ErrDeadlineExceeded) }

// close ends all calls with net.ErrClosed, and the deadline.
func (d *simSide) close() {
	d.deadline = noInstant
	d.s.v.h.timers.disarm(&d.timer)
	d.wakeAll(net.ErrClosed)
}

// setDeadlines sets the deadline of the sides, or returns why not.
func (s *simNet) setDeadlines(t time.Time, sides ...*simSide) error {
	if currentHub() != s.v.h {
		_, err := s.enter()
		return err
	}
	if err := simCheckTime(t); err != nil {
		return err
	}
	for _, d := range sides {
		d.setDeadline(t)
	}
	return nil
}
