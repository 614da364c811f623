package poller

import (
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A desc is a descriptor that a hub watches: what it is ready for, who waits for
// that, and until when. It can be used from any goroutine: mu guards all of it.
// Whoever calls is parked, or blocked, by a waiter, and woken by the hub.
//
// Each direction is used by one call at a time, from its first byte to its last,
// as net.Conn promises; others queue for it in order.
type desc struct {
	mu      sync.Mutex
	hub     *hub
	fd      int
	id      uint64
	calls   int32 // system calls in progress; close(2) waits for them
	closing bool  // no new calls
	closed  bool  // close(2) was called
	borrows bool  // fd belongs to someone else: do not close it

	isFile  bool   // no socket: see readFile
	idle    int64  // nanoseconds that a wait for readiness may take; 0 means no limit
	onClose func() // called with the lock held before fd is closed; nil means nothing

	// A read of a TCP socket that returns less than it could has emptied it: the
	// next one need not ask the kernel before it waits. Not so for other kinds:
	// Unix sockets and pipes stop at boundaries of messages and of descriptors
	// that are passed along.
	shortIsEmpty bool

	rd, wr side
}

// A side is one direction of a desc.
type side struct {
	d        *desc
	ready    bool      // worth trying: set by events, cleared by a try, set again if there may be more
	ended    bool      // hung up: trying never blocks again
	busy     bool      // a call owns the direction
	waits    bool      // the system cannot be told not to wait; used by the owner, see readFile
	turn     waitQueue // calls that want to own it
	io       waitQueue // who waits for ready: the call that owns the direction, and WaitRead and the like
	expired  bool      // the deadline has passed
	deadline *deadline // nil as long as none was set
}

// watch registers fd with h. The desc owns fd unless borrows is set.
func (d *desc) watch(h *hub, fd int) error {
	d.hub, d.fd = h, fd
	d.rd.d, d.wr.d = d, d
	id, ok := h.io.slots.take(d)
	if !ok {
		return net.ErrClosed
	}
	d.id = id
	if err := h.io.sel.Add(fd, id); err != nil {
		if h.io.slots.drop(id) && h.isShared {
			h.postCall(func(*hub) {}) // its goroutine may wait because of d
			h.keepRunning()           // to read the mail
		}
		return err
	}
	if h.isShared {
		h.keepRunning()
	}
	return nil
}

// becomeReady is called on the hub's goroutine.
func (d *desc) becomeReady(here *hub, what selector.Readiness) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return
	}
	if what&selector.Urgent != 0 {
		d.shortIsEmpty = false // reads stop before and behind the urgent byte
	}
	if what&selector.Readable != 0 {
		d.rd.becomeReady(here, what)
	}
	if what&selector.Writable != 0 {
		d.wr.becomeReady(here, what)
	}
}

func (s *side) becomeReady(here *hub, what selector.Readiness) {
	s.ready = true
	s.ended = s.ended || what&selector.Hangup != 0
	if s.io.head != nil {
		s.io.wakeAll(here, nil)
	}
}

// refuse returns why no call may be made in direction s now. The lock is held.
func (s *side) refuse() error {
	switch {
	case s.d.closing:
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
func (s *side) begin(h *hub) (ready bool, err error) {
	d := s.d
	d.mu.Lock()
	if s.busy || s.expired || d.closing {
		if err := s.takeTurn(h); err != nil {
			return false, err
		}
	}
	s.busy = true
	if s.ready && !s.expired && !d.closing {
		s.ready = false
		d.calls++
		d.mu.Unlock()
		return true, nil
	}
	return false, nil
}

// takeTurn waits until nobody else owns s. The lock is held before, and after if
// there is no error.
func (s *side) takeTurn(h *hub) error {
	d := s.d
	if err := s.refuse(); err != nil {
		d.mu.Unlock()
		return err
	}
	if s.busy {
		if err := park(h, (*syncLock)(&d.mu), &s.turn, s.turnReason(), noInstant); err != nil {
			return err
		}
		d.mu.Lock()
	}
	return nil
}

// again is called by the owner of s when the system call would have blocked. It
// locks, and returns false: waitReady comes next.
func (s *side) again() (ready bool) {
	s.d.mu.Lock()
	s.d.callDone()
	return false
}

// waitReady waits for readiness on behalf of the owner of s, holding the lock,
// which it releases. If it returns an error, or panics, s is released.
func (s *side) waitReady(h *hub) error {
	for {
		if err := s.refuse(); err != nil {
			s.release(h)
			return err
		}
		if s.ready {
			break
		}
		at := s.d.idleLimit()
		w := s.enqueue(h)
		if to := w.suspend(h, at); to != nil {
			to.Switch(nil)
		}
		if err := s.dequeue(h, w, at); err != nil {
			s.release(h)
			raise(h, err)
			return err
		}
	}
	s.ready = false
	s.d.calls++
	s.d.mu.Unlock()
	return nil
}

// idleLimit returns the instant at which a wait that begins now has lasted too long.
func (d *desc) idleLimit() int64 {
	if d.idle == 0 {
		return noInstant
	}
	return after(time.Duration(d.idle))
}

// park waits until s may be ready. The lock is held before and after.
func (s *side) park(h *hub, at int64) error {
	w := s.enqueue(h)
	if to := w.suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return s.dequeue(h, w, at)
}

// enqueue is park up to where the caller is suspended.
func (s *side) enqueue(h *hub) *waiter {
	d := s.d
	w := beginWait(h, s.reason())
	s.io.push(&w.node)
	if selector.LevelTriggered {
		d.hub.io.sel.Want(d.fd, s.wanted())
	}
	d.mu.Unlock()
	return w
}

// dequeue is park from where the caller has been resumed.
func (s *side) dequeue(h *hub, w *waiter, at int64) error {
	err := w.resumed(h, at)
	s.d.mu.Lock()
	s.io.remove(&w.node)
	return err
}

// finish is called by the owner of s after a system call that was not refused
// for lack of readiness. short tells that it did less than it was asked for.
func (s *side) finish(h *hub, short bool) {
	s.d.mu.Lock()
	if !short || !s.d.shortIsEmpty || s.ended {
		s.ready = true
	}
	s.d.callDone()
	s.release(h)
}

// release ends the ownership of s, and unlocks.
func (s *side) release(here *hub) {
	s.busy = false
	if s.turn.head != nil {
		if w := s.turn.claim(nil); w != nil {
			s.busy = true // in the name of w
			w.resume(here)
		}
	}
	s.d.mu.Unlock()
}

// callDone is called, with the lock held, when a system call has returned.
func (d *desc) callDone() {
	if d.calls--; d.calls == 0 && d.closing {
		d.destroy()
	}
}

// close ends d: whoever waits on it gets net.ErrClosed, then, when no system
// call is in progress, the descriptor is closed. It reports whether it was open.
func (d *desc) close(here *hub) bool {
	d.mu.Lock()
	if d.closing {
		d.mu.Unlock()
		return false
	}
	d.closing = true
	for _, s := range [...]*side{&d.rd, &d.wr} {
		s.turn.wakeAll(here, net.ErrClosed)
		s.io.wakeAll(here, net.ErrClosed)
		if s.deadline != nil {
			s.deadline.at = noInstant
		}
	}
	if d.calls == 0 {
		d.destroy()
	}
	closed := d.closed
	d.mu.Unlock()
	// The calls in progress are on other goroutines and cannot block, so the
	// number is free soon. A user's callback (SyscallConn) may take longer.
	for i := 0; !closed && i < 100; i++ {
		runtime.Gosched()
		d.mu.Lock()
		closed = d.closed
		d.mu.Unlock()
	}
	return true
}

// destroy gives the number back. It is taken out of the selector first: another
// process may hold a copy, which would keep the registration alive.
func (d *desc) destroy() {
	d.closed = true
	h := d.hub
	d.disarm()
	h.io.sel.Remove(d.fd)
	if d.onClose != nil {
		d.onClose()
	}
	if !d.borrows {
		socket.Close(d.fd)
		descriptorFreed()
	}
	if h.io.slots.drop(d.id) && h.isShared {
		h.postCall(func(*hub) {}) // its goroutine may end now
	}
}

func (s *side) reason() parkReason {
	if s == &s.d.rd {
		return parkRead
	}
	return parkWrite
}

// wanted is what s is to be ready for.
func (s *side) wanted() selector.Readiness {
	if s == &s.d.rd {
		return selector.Readable
	}
	return selector.Writable
}

func (s *side) turnReason() parkReason {
	if s == &s.d.rd {
		return parkReadTurn
	}
	return parkWriteTurn
}
