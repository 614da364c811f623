package fd

import (
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A FD is a descriptor that a hub watches: what it is ready for, who waits for
// that, and until when. It can be used from any goroutine: mu guards all of it.
// Whoever calls is parked, or blocked, by a waiter, and woken by the hub.
//
// Each direction is used by one call at a time, from its first byte to its last,
// as net.Conn promises; others queue for it in order.
type FD struct {
	Mu      sync.Mutex
	Hub     *sched.Hub
	Sysfd   int
	id      uint64
	calls   int32 // system calls in progress; close(2) waits for them
	Closing bool  // no new calls
	closed  bool  // close(2) was called
	Borrows bool  // fd belongs to someone else: do not close it

	IsFile  bool   // no socket: see readFile
	Idle    int64  // nanoseconds that a wait for readiness may take; 0 means no limit
	OnClose func() // called with the lock held before fd is closed; nil means nothing

	// A read of a TCP socket that returns less than it could has emptied it: the
	// next one need not ask the kernel before it waits. Not so for other kinds:
	// Unix sockets and pipes stop at boundaries of messages and of descriptors
	// that are passed along.
	ShortReadDrains bool

	Rd, Wr Direction
}

// A Direction is one direction of a desc.
type Direction struct {
	D        *FD
	Ready    bool        // worth trying: set by events, cleared by a try, set again if there may be more
	Ended    bool        // hung up: trying never blocks again
	Busy     bool        // a call owns the direction
	mayBlock bool        // the system cannot be told not to wait; used by the owner, see readFile
	Turn     sched.Queue // calls that want to own it
	IO       sched.Queue // who waits for ready: the call that owns the direction, and WaitRead and the like
	expired  bool        // the deadline has passed
	deadline *deadline   // nil as long as none was set
}

// Watch registers fd with h. The desc owns fd unless borrows is set.
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
			h.Post(func(*sched.Hub) {}) // its goroutine may wait because of d
			h.KeepRunning()             // to read the mail
		}
		return err
	}
	if h.IsShared {
		h.KeepRunning()
	}
	return nil
}

// Ready is called on the hub's goroutine.
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

func (s *Direction) becomeReady(here *sched.Hub, what selector.Readiness) {
	s.Ready = true
	s.Ended = s.Ended || what&selector.Hangup != 0
	if s.IO.Head != nil {
		s.IO.WakeAll(here, nil)
	}
}

// Refuse returns why no call may be made in direction s now. The lock is held.
func (s *Direction) Refuse() error {
	switch {
	case s.D.Closing:
		return net.ErrClosed
	case s.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// begin makes the caller the owner of direction s, in its turn. If ready, the caller
// makes the system call and then says how it went by again or finish. If not, and
// there is no error, the lock is held, and waitReady must be called first.
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
//			ready = s.again()
//			continue
//		case EINTR: // this is where it is dealt with
//			ready = true
//			continue
//		}
//		s.finish(h, ...)
//
// It is written out because a parked task keeps the frames between the user's call
// and the switch on its stack, and must fit into the least stack there is.
func (s *Direction) begin(h *sched.Hub) (ready bool, err error) {
	d := s.D
	d.Mu.Lock()
	if s.Busy || s.expired || d.Closing {
		if err := s.takeTurn(h); err != nil {
			return false, err
		}
	}
	s.Busy = true
	if s.Ready && !s.expired && !d.Closing {
		s.Ready = false
		d.calls++
		d.Mu.Unlock()
		return true, nil
	}
	return false, nil
}

// takeTurn waits until nobody else owns s. The lock is held before, and after if
// there is no error.
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

// again is called by the owner of s when the system call would have blocked. It
// locks, and returns false: waitReady comes next.
func (s *Direction) wouldBlock() (ready bool) {
	s.D.Mu.Lock()
	s.D.callDone()
	return false
}

// waitReady waits for readiness on behalf of the owner of s, holding the lock,
// which it releases. If it returns an error, or panics, s is released.
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

// idleLimit returns the instant at which a wait that begins now has lasted too long.
func (d *FD) idleLimit() int64 {
	if d.Idle == 0 {
		return sched.Never
	}
	return sched.After(time.Duration(d.Idle))
}

// Park waits until s may be ready. The lock is held before and after.
func (s *Direction) Park(h *sched.Hub, at int64) error {
	w := s.enqueue(h)
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return s.dequeue(h, w, at)
}

// enqueue is park up to where the caller is suspended.
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

// dequeue is park from where the caller has been resumed.
func (s *Direction) dequeue(h *sched.Hub, w *sched.Waiter, at int64) error {
	err := w.Resumed(h, at)
	s.D.Mu.Lock()
	s.IO.Remove(&w.Node)
	return err
}

// finish is called by the owner of s after a system call that was not refused
// for lack of readiness. short tells that it did less than it was asked for.
func (s *Direction) finish(h *sched.Hub, short bool) {
	s.D.Mu.Lock()
	if !short || !s.D.ShortReadDrains || s.Ended {
		s.Ready = true
	}
	s.D.callDone()
	s.release(h)
}

// release ends the ownership of s, and unlocks.
func (s *Direction) release(here *sched.Hub) {
	s.Busy = false
	if s.Turn.Head != nil {
		if w := s.Turn.Claim(nil); w != nil {
			s.Busy = true // in the name of w
			w.Resume(here)
		}
	}
	s.D.Mu.Unlock()
}

// callDone is called, with the lock held, when a system call has returned.
func (d *FD) callDone() {
	if d.calls--; d.calls == 0 && d.Closing {
		d.destroy()
	}
}

// Close ends d: whoever waits on it gets net.ErrClosed, then, when no system
// call is in progress, the descriptor is closed. It reports whether it was open.
func (d *FD) Close(here *sched.Hub) bool {
	d.Mu.Lock()
	if d.Closing {
		d.Mu.Unlock()
		return false
	}
	d.Closing = true
	for _, s := range [...]*Direction{&d.Rd, &d.Wr} {
		s.Turn.WakeAll(here, net.ErrClosed)
		s.IO.WakeAll(here, net.ErrClosed)
		if s.deadline != nil {
			s.deadline.at = sched.Never
		}
	}
	if d.calls == 0 {
		d.destroy()
	}
	closed := d.closed
	d.Mu.Unlock()
	// The calls in progress are on other goroutines and cannot block, so the
	// number is free soon. A user's callback (SyscallConn) may take longer.
	for i := 0; !closed && i < 100; i++ {
		runtime.Gosched()
		d.Mu.Lock()
		closed = d.closed
		d.Mu.Unlock()
	}
	return true
}

// destroy gives the number back. It is taken out of the selector first: another
// process may hold a copy, which would keep the registration alive.
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
		h.Post(func(*sched.Hub) {}) // its goroutine may end now
	}
}

func (s *Direction) reason() sched.Reason {
	if s == &s.D.Rd {
		return sched.ParkRead
	}
	return sched.ParkWrite
}

// wanted is what s is to be ready for.
func (s *Direction) wanted() selector.Readiness {
	if s == &s.D.Rd {
		return selector.Readable
	}
	return selector.Writable
}

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
