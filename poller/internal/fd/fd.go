package fd

import (
	"net"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// An FD is a descriptor that a hub watches: its readiness, its waiters, and its deadlines.
// It can be used from any goroutine. Mu guards all fields, except those that are set
// before Watch and never change: Hub, Sysfd, id, Borrows, IsFile and OnClose. Mu is held for
// a few instructions at a time, never across a system call that moves data, and never while
// a caller parks.
//
// Each direction is used by one call at a time, from its first byte to its last,
// as net.Conn promises; others queue for it in order.
type FD struct {
	Mu      runtimepatch.Mutex
	Hub     *sched.Hub // that watches it; callers may have another hub, or none
	Sysfd   int
	id      uint64 // in the selector's events
	calls   int32  // system calls in progress; close(2) waits for them
	Closing bool   // no new calls
	closed  bool   // close(2) was called
	Borrows bool   // Sysfd belongs to the user, or another FD: do not close it

	IsFile  bool   // not a socket: see readFile
	Idle    int64  // nanoseconds that a wait for readiness may take; 0 means no limit
	OnClose func() // called with Mu held before Sysfd is closed; nil means nothing

	// ShortReadDrains: a read of a TCP socket that returns less than was asked for has
	// emptied the socket, so the next read parks without a system call that would fail. Not
	// so for other kinds: Unix sockets and pipes stop at boundaries of messages and of
	// passed descriptors, and a TCP socket at urgent data.
	ShortReadDrains bool

	Rd, Wr Direction
}

// A Direction is one direction of an FD, guarded by FD.Mu. The owner is the call for which
// Busy was set; it alone clears Ready before a try, and parks in IO again and again until it
// has finished.
type Direction struct {
	D        *FD
	Ready    bool        // a try may succeed: set by events, cleared by a try, set again if there may be more
	Ended    bool        // hung up: a try never blocks again, though no event will come
	Busy     bool        // a call owns the direction
	mayBlock bool        // the system call has no non-blocking form; used by the owner only, see readFile
	Turn     sched.Queue // contenders for the ownership, in order
	IO       sched.Queue // waiters for Ready: the owner, WaitReadable, and WaitRead of package poller
	expired  bool        // the deadline has passed
	deadline *deadline   // nil as long as none was set
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

// Close ends d: all waits on it end with net.ErrClosed, and when no system
// call is in progress, the descriptor is closed. It reports whether it was open. here is the
// calling goroutine's hub, or nil. Close does not park.
func (d *FD) Close(here *sched.Hub) bool {
	d.Mu.Lock()
	if d.Closing || d.Hub == nil { // not the descriptor 0 of the zero FD
		d.Mu.Unlock()
		return false
	}
	d.Closing = true
	// The owner of a direction, if it is parked, is in IO too; in a system call, it finds
	// Closing when it next locks Mu.
	for _, s := range [...]*Direction{&d.Rd, &d.Wr} {
		s.Turn.WakeAll(here, net.ErrClosed)
		s.IO.WakeAll(here, net.ErrClosed)
		if s.deadline != nil {
			s.deadline.at = sched.Never // an Expire or a posted arm that is under way does nothing
		}
	}
	if d.calls == 0 {
		d.destroy()
	}
	closed := d.closed
	d.Mu.Unlock()
	// The calls in progress are on other goroutines and cannot block, so the last of them
	// closes the descriptor soon: so the number, and a listener's port, are free when Close
	// returns. Only a user's callback (SyscallConn) may take longer; it is not waited for.
	for i := 0; !closed && i < 100; i++ {
		runtimepatch.Gosched()
		d.Mu.Lock()
		closed = d.closed
		d.Mu.Unlock()
	}
	return true
}

// destroy closes the descriptor, with Mu held. It is taken out of the selector first:
// another process may hold a copy, which would keep the registration alive.
func (d *FD) destroy() {
	d.closed = true
	h := d.Hub
	d.disarm()
	h.IO.Sel.Remove(d.Sysfd)
	if d.OnClose != nil {
		d.OnClose()
	}
	if !d.Borrows {
		socket.Close(d.Sysfd)
		descriptorFreed()
	}
	if h.IO.Slots.Drop(d.id) && h.IsShared {
		h.Post(func(*sched.Hub) {}) // wakes the background goroutine, which may end now
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

// IsClosing reports whether Close has been called.
func (d *FD) IsClosing() bool {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return d.Closing
}
