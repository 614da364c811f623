//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// maxTransfer is how much one read or write asks for at most, as in the standard library:
// some systems fail above 2 GiB.
const maxTransfer = 1 << 30

// CallError is os.NewSyscallError, out of line so that the calls below have small frames,
// which a parked task keeps on its stack.
//
//go:noinline
func CallError(call string, errno unix.Errno) error { return os.NewSyscallError(call, errno) }

// Write writes to a stream: it waits until the kernel has taken all of p. It returns
// the number of bytes taken, also with an error.
func (d *FD) Write(h *sched.Hub, p []byte) (int, error) {
	s := &d.Wr
	if len(p) == 0 {
		return 0, d.writeNothing()
	}
	done := 0
	ready, err := s.begin(h)
	if err != nil {
		return 0, err
	}
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return done, err
			}
		}
		var n int
		var errno unix.Errno
		if piece := p[done:min(len(p), done+maxTransfer)]; d.IsFile {
			n, errno = d.writeFile(piece)
		} else {
			n, errno = socket.Sys.Write(d.Sysfd, piece)
		}
		switch {
		case errno == unix.EAGAIN:
			ready = s.wouldBlock()
			continue
		case errno == unix.EINTR:
			ready = true
			continue
		case errno == 0:
			done += n
			if n > 0 && done < len(p) { // the rest: the owner keeps the direction
				ready = true
				continue
			}
		}
		s.finish(h, false)
		switch {
		case errno != 0:
			return done, CallError("write", errno)
		case n == 0:
			return done, io.ErrUnexpectedEOF
		}
		if h != nil {
			h.ChargeIO()
		}
		return done, nil
	}
}

// writeNothing is Write of no bytes: it needs neither room nor the ownership, but fails if
// the stream is broken, as package net's Write does.
func (d *FD) writeNothing() error {
	d.Mu.Lock()
	if err := d.Wr.Refuse(); err != nil || d.IsFile {
		d.Mu.Unlock()
		return err
	}
	d.calls++
	d.Mu.Unlock()
	errno := unix.EINTR // for the first pass
	for errno == unix.EINTR {
		_, errno = socket.Sys.Write(d.Sysfd, nil)
	}
	d.Mu.Lock()
	d.callDone()
	d.Mu.Unlock()
	if errno != 0 && errno != unix.EAGAIN {
		return CallError("write", errno)
	}
	return nil
}

// ReadFrom waits for a message and reads it into p; bytes that do not fit are lost. It sets
// sa to the sender's address.
func (d *FD) ReadFrom(h *sched.Hub, p []byte, sa *socket.Sockaddr) (int, error) {
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
		n, errno := socket.Sys.Recvfrom(d.Sysfd, p, sa)
		switch errno {
		case unix.EAGAIN:
			ready = s.wouldBlock()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, false)
		if errno != 0 {
			return 0, CallError("recvfrom", errno)
		}
		if h != nil {
			h.ChargeIO()
		}
		return n, nil
	}
}

// WriteTo sends p as one message to sa, which is nil for a connected socket.
func (d *FD) WriteTo(h *sched.Hub, p []byte, sa *socket.Sockaddr) (int, error) {
	s := &d.Wr
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
		if sa == nil {
			n, errno = socket.Sys.Write(d.Sysfd, p)
		} else {
			n, errno = socket.Sys.Sendto(d.Sysfd, p, sa)
		}
		switch errno {
		case unix.EAGAIN:
			ready = s.wouldBlock()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, false)
		if errno != 0 {
			return n, CallError("sendto", errno)
		}
		if h != nil {
			h.ChargeIO()
		}
		return n, nil
	}
}

// CheckOpen returns net.ErrClosed if Close has been called, and EINVAL for the zero FD.
func (d *FD) CheckOpen() error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return d.unusable()
}

// Accept waits for a connection and returns its descriptor. A connection that
// was aborted while it was queued is skipped. When there are no descriptors
// left, it waits for one to be freed, with a back-off: the connection stays
// in the queue, and a loop that tried again at once would spin.
func (d *FD) Accept(h *sched.Hub, sa *socket.Sockaddr) (int, error) {
	s := &d.Rd
	ready, err := s.begin(h)
	if err != nil {
		return 0, err
	}
	delay := AcceptDelayLeast
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return 0, err
			}
		}
		fd, errno := socket.Sys.Accept(d.Sysfd, sa)
		switch errno {
		case 0:
			s.finish(h, false)
			if h != nil {
				h.ChargeIO()
			}
			return fd, nil
		case unix.EAGAIN:
			ready = s.wouldBlock()
		// ECONNABORTED and EPROTO: the peer has gone before it was accepted; try the next one.
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO:
			ready = true
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			if err := s.awaitDescriptor(h, delay); err != nil {
				return 0, err
			}
			ready = true
			delay = min(2*delay, AcceptDelayMost)
		default:
			s.finish(h, false)
			return 0, CallError(socket.AcceptName, errno)
		}
	}
}

// AcceptDelayLeast and AcceptDelayMost bound the back-off of Accept without descriptors.
const (
	AcceptDelayLeast = 5 * time.Millisecond
	AcceptDelayMost  = time.Second
)

// descriptorWaiters is the source of the waits for a free descriptor, of the whole process.
var descriptorWaiters struct {
	mu      runtimepatch.Mutex // after FD.Mu
	queue   sched.Queue
	waiting atomic.Int32 // so that descriptorFreed mostly needs no lock
}

// awaitDescriptor waits for delay, or less if a descriptor is freed meanwhile, for the owner
// of s, whose system call is over. If it returns nil, the owner must make the call again; if
// an error, it has released s.
func (s *Direction) awaitDescriptor(h *sched.Hub, delay time.Duration) error {
	d := s.D
	d.Mu.Lock()
	d.callDone()
	if err := s.Refuse(); err != nil {
		s.release(h)
		return err
	}
	descriptorWaiters.waiting.Add(1) // before the node is queued: see descriptorFreed
	descriptorWaiters.mu.Lock()
	// Queued in IO for Close and deadlines; an event there only ends the wait early.
	// A freed descriptor is claimed by one waiter, which then tries, in the order of the queue.
	err := sched.ParkEither(h, (*sched.Mutex)(&d.Mu), &s.IO, (*sched.Mutex)(&descriptorWaiters.mu), &descriptorWaiters.queue, sched.ParkAccept, sched.After(delay))
	descriptorWaiters.waiting.Add(-1)
	d.Mu.Lock()
	if err == os.ErrDeadlineExceeded && !s.expired {
		err = nil // only the delay is over
	}
	if err == nil {
		err = s.Refuse()
	}
	if err != nil {
		s.release(h)
		sched.Raise(h, err)
		return err
	}
	s.Ready = false // as in waitReady: the call is tried now
	d.calls++
	d.Mu.Unlock()
	return nil
}

// descriptorFreed must be called after each close(2) of this package. It wakes one waiter.
func descriptorFreed() {
	if descriptorWaiters.waiting.Load() == 0 {
		return
	}
	here := sched.Here()
	descriptorWaiters.mu.Lock()
	defer descriptorWaiters.mu.Unlock()
	if w := descriptorWaiters.queue.Claim(nil); w != nil {
		w.Resume(here)
	}
}

// WaitWritable waits until one of the FDs of list may be ready for writing, or is
// closed, or the caller is woken in q, which mu guards; at most until the instant at. mu
// is held at the call, and not on return. It does not tell which. An interruption is raised.
func WaitWritable(h *sched.Hub, list []*FD, mu *runtimepatch.Mutex, q *sched.Queue, at int64) error {
	w := sched.BeginWait(h, sched.ParkWrite)
	// One node for each queue; none is the waiter's own, see sched.Node.ClaimLocal.
	nodes := make([]sched.Node, len(list))
	woken := &sched.Node{W: w}
	q.Push(woken)
	mu.Unlock()
	isOver := false
	for i, d := range list {
		nodes[i].W = w
		if !d.Wr.queueUnlessReady(&nodes[i]) {
			isOver = w.Claim(nil)
			break // if the Claim has failed, the claimant in another queue resumes w
		}
	}
	var err error
	if !isOver {
		err = w.Wait(h, at)
	}
	for i, d := range list {
		nodes[i].Leave(h, (*sched.Mutex)(&d.Mu))
	}
	woken.Leave(h, (*sched.Mutex)(mu))
	sched.Raise(h, err)
	return err
}

// queueUnlessReady puts n into the queue for readiness, and reports whether it has: not
// if s is ready or closed.
func (s *Direction) queueUnlessReady(n *sched.Node) bool {
	d := s.D
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if s.Ready || d.Closing {
		return false
	}
	s.IO.Push(n)
	if selector.LevelTriggered {
		d.Hub.IO.Sel.Want(d.Sysfd, s.wanted()) // an earlier event may have come before the connection was made
	}
	return true
}
