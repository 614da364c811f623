//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
	"golang.org/x/sys/unix"
)

// Read reads from a stream: it waits until there is at least one byte, and returns io.EOF at
// the end. h is the calling goroutine's hub, nil if it has none. This is the form that the
// other calls share, see Direction.begin.
func (d *FD) Read(h *sched.Hub, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, d.CheckOpen()
	}
	p = p[:min(len(p), maxTransfer)]
	s := &d.Rd
	ready, err := s.begin(h)
	if err != nil {
		return 0, err
	}
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return 0, err
			}
		}
		var n int
		var errno unix.Errno
		if d.IsFile {
			n, errno = d.readFile(p)
		} else {
			n, errno = socket.Sys.Read(d.Sysfd, p) // RawRead, unless a test has replaced it
		}
		switch errno {
		case unix.EAGAIN:
			ready = s.wouldBlock()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, errno == 0 && n < len(p)) // before ChargeIO, which may let others run
		if errno != 0 {
			return 0, CallError("read", errno)
		}
		if h != nil {
			h.ChargeIO()
		}
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}
}

// begin makes the caller the owner of direction s, in its turn. If ready, the caller
// makes the system call and must then call wouldBlock or finish. If not, and
// there is no error, Mu is held, and waitReady must be called first.
//
// So each system call is made in a loop of this form:
//
//	ready, err := s.begin(h)
//	if err != nil {
//		return 0, err
//	}
//	for {
//		if !ready {
//			if err := s.waitReady(h); err != nil {
//				return 0, err
//			}
//		}
//		n, errno := call()
//		switch errno {
//		case EAGAIN:
//			ready = s.wouldBlock()
//			continue
//		case EINTR: // handled here and nowhere else
//			ready = true
//			continue
//		}
//		s.finish(h, ...)
//
// The loop is written out in each call, because a parked task keeps the frames between the
// user's call and the switch on its stack, and must fit into the least stack there is.
//
// A panic between begin and finish would leave the direction owned for ever: in the loop
// only waitReady panics, which releases first.
func (s *Direction) begin(h *sched.Hub) (ready bool, err error) {
	d := s.D
	if d == nil {
		return false, syscall.EINVAL // of the zero FD
	}
	d.Mu.Lock()
	if s.Busy || s.expired || d.Closing {
		if err := s.takeTurn(h); err != nil {
			return false, err
		}
	}
	s.Busy = true // release has set it already if takeTurn has waited
	if s.Ready && !s.expired && !d.Closing {
		s.Ready = false
		d.calls++
		d.Mu.Unlock()
		return true, nil
	}
	return false, nil
}

// takeTurn waits until the caller owns s. Mu is held at the call, and on return if there is
// no error. It is apart from begin so that begin's frame is small.
func (s *Direction) takeTurn(h *sched.Hub) error {
	d := s.D
	if err := s.Refuse(); err != nil {
		d.Mu.Unlock()
		return err
	}
	if s.Busy {
		if err := sched.Park(h, (*sched.Mutex)(&d.Mu), &s.Turn, s.turnReason(), sched.Never); err != nil {
			return err
		}
		d.Mu.Lock()
	}
	return nil
}

// wouldBlock is called by the owner of s when the system call has failed with EAGAIN. It
// locks Mu, and returns false: the owner must call waitReady.
func (s *Direction) wouldBlock() (ready bool) {
	s.D.Mu.Lock()
	s.D.callDone()
	return false
}

// waitReady waits until s is ready, for the owner of s. Mu is held at the call, and not on
// return, after which the owner must try its system call. If it returns an error, or panics
// with an interruption, it has released s.
func (s *Direction) waitReady(h *sched.Hub) error {
	for {
		if err := s.Refuse(); err != nil {
			s.release(h)
			return err
		}
		if s.Ready {
			break
		}
		at := s.D.idleLimit()
		// Direction.Park, written out: one frame less on the stack of a parked task.
		w := s.enqueue(h)
		if to := w.Suspend(h, at); to != nil {
			to.Switch(nil)
		}
		if err := s.dequeue(h, w, at); err != nil {
			s.release(h)
			sched.Raise(h, err)
			return err
		}
	}
	s.Ready = false
	s.D.calls++
	s.D.Mu.Unlock()
	return nil
}

// idleLimit returns the instant at which a wait that begins now reaches the idle limit.
func (d *FD) idleLimit() int64 {
	if d.Idle == 0 {
		return sched.Never
	}
	return sched.After(time.Duration(d.Idle))
}

// Park waits until s may be ready, or the instant at. Mu is held at the call and on return.
// The caller need not own s. The result is nil after an event, which other waiters may have
// used up, or the claimant's error; ErrInterrupted obliges the caller to call sched.Raise.
func (s *Direction) Park(h *sched.Hub, at int64) error {
	w := s.enqueue(h)
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return s.dequeue(h, w, at)
}

// enqueue is the part of Park before the switch. It unlocks Mu.
func (s *Direction) enqueue(h *sched.Hub) *sched.Waiter {
	d := s.D
	w := sched.BeginWait(h, s.reason())
	s.IO.Push(&w.Node)
	if selector.LevelTriggered {
		d.Hub.IO.Sel.Want(d.Sysfd, s.wanted())
	}
	d.Mu.Unlock()
	return w
}

// dequeue is the part of Park after the switch. It locks Mu.
func (s *Direction) dequeue(h *sched.Hub, w *sched.Waiter, at int64) error {
	err := w.Resumed(h, at)
	s.D.Mu.Lock()
	s.IO.Remove(&w.Node)
	return err
}

// finish is called by the owner of s after a system call that did not fail with EAGAIN, and
// ends the ownership. short means that it has moved less than it was asked for: then a
// descriptor of ShortReadDrains is empty, and Ready stays false until an event.
func (s *Direction) finish(h *sched.Hub, short bool) {
	s.D.Mu.Lock()
	if !short || !s.D.ShortReadDrains || s.Ended {
		s.Ready = true
	}
	s.D.callDone()
	s.release(h)
}

// release ends the ownership of s, passes it on to the first contender, and unlocks Mu.
func (s *Direction) release(here *sched.Hub) {
	s.Busy = false
	if s.Turn.Head != nil { // mostly there is none
		if w := s.Turn.Claim(nil); w != nil {
			s.Busy = true // ownership is transferred to w's caller, so that no other call can barge in
			w.Resume(here)
		}
	}
	s.D.Mu.Unlock()
}

// callDone is called, with Mu held, when a system call has returned. The last one of an FD
// that is being closed closes it.
func (d *FD) callDone() {
	if d.calls--; d.calls == 0 && d.Closing {
		d.destroy()
	}
}

// Refuse returns an error if no call may be made in direction s now: net.ErrClosed, or
// os.ErrDeadlineExceeded, or EINVAL for the zero FD. Mu is held.
func (s *Direction) Refuse() error {
	switch {
	case s.D == nil:
		return syscall.EINVAL
	case s.D.Closing:
		return net.ErrClosed
	case s.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Watch registers fd with h, and must be called once, before d is used. d owns fd unless
// Borrows is set; on an error fd is still the caller's. The error is net.ErrClosed if h has
// ended, or the selector's.
func (d *FD) Watch(h *sched.Hub, fd int) error {
	d.Hub, d.Sysfd = h, fd
	d.Rd.D, d.Wr.D = d, d
	id, ok := h.IO.Slots.Take(d)
	if !ok {
		return net.ErrClosed
	}
	d.id = id
	if err := h.IO.Sel.Add(fd, id); err != nil {
		if h.IO.Slots.Drop(id) && h.IsShared {
			// The background goroutine may have begun to wait because of d, and has no
			// other reason to: wake it, so that it can end; start it, if it has ended, since
			// mail must be read.
			h.Post(func(*sched.Hub) {})
			h.KeepRunning()
		}
		return err
	}
	if h.IsShared {
		h.KeepRunning()
	}
	return nil
}

// Ready records an event of the selector and wakes the waiters in IO. It is called on the
// hub's goroutine. The event may be late or for nothing; a waiter tries again in any case.
func (d *FD) Ready(here *sched.Hub, what selector.Readiness) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Closing {
		return
	}
	if what&selector.Urgent != 0 {
		d.ShortReadDrains = false // reads stop before and behind the urgent byte
	}
	if what&selector.Readable != 0 {
		d.Rd.becomeReady(here, what)
	}
	if what&selector.Writable != 0 {
		d.Wr.becomeReady(here, what)
	}
}

// becomeReady sets Ready and wakes all waiters: the owner tries its call, and finds out
// whether the others, which only wait for readiness, have left something. Mu is held.
func (s *Direction) becomeReady(here *sched.Hub, what selector.Readiness) {
	s.Ready = true
	s.Ended = s.Ended || what&selector.Hangup != 0
	if s.IO.Head != nil {
		s.IO.WakeAll(here, nil)
	}
}

// reason is the Reason of a wait for readiness.
func (s *Direction) reason() sched.Reason {
	if s == &s.D.Rd {
		return sched.ParkRead
	}
	return sched.ParkWrite
}

// wanted is the Readiness that s waits for.
func (s *Direction) wanted() selector.Readiness {
	if s == &s.D.Rd {
		return selector.Readable
	}
	return selector.Writable
}

// turnReason is the Reason of a wait for the ownership.
func (s *Direction) turnReason() sched.Reason {
	if s == &s.D.Rd {
		return sched.ParkReadTurn
	}
	return sched.ParkWriteTurn
}
