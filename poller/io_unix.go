//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// maxTransfer is how much one read or write asks for, as in the standard library:
// some systems fail above 2 GiB.
const maxTransfer = 1 << 30

// callError is os.NewSyscallError, out of line for the sake of the stack that parked
// tasks need.
//
//go:noinline
func callError(call string, errno unix.Errno) error { return os.NewSyscallError(call, errno) }

// read is Read of a stream: it waits until there is something, and returns
// io.EOF at the end.
func (d *desc) read(h *hub, p []byte) (int, error) {
	if len(p) == 0 {
		return 0, d.checkOpen()
	}
	p = p[:min(len(p), maxTransfer)]
	s := &d.rd
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
		if d.isFile {
			n, errno = d.readFile(p)
		} else {
			n, errno = socket.Sys.Read(d.fd, p)
		}
		switch errno {
		case unix.EAGAIN:
			ready = s.again()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, errno == 0 && n < len(p))
		if errno != 0 {
			return 0, callError("read", errno)
		}
		if h != nil {
			h.succeeded()
		}
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}
}

// write is Write of a stream: it waits until all is with the kernel. It returns
// how much that was also when it fails.
func (d *desc) write(h *hub, p []byte) (int, error) {
	s := &d.wr
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
		if piece := p[done:min(len(p), done+maxTransfer)]; d.isFile {
			n, errno = d.writeFile(piece)
		} else {
			n, errno = socket.Sys.Write(d.fd, piece)
		}
		switch {
		case errno == unix.EAGAIN:
			ready = s.again()
			continue
		case errno == unix.EINTR:
			ready = true
			continue
		case errno == 0:
			done += n
			if n > 0 && done < len(p) {
				ready = true
				continue
			}
		}
		s.finish(h, false)
		switch {
		case errno != 0:
			return done, callError("write", errno)
		case n == 0:
			return done, io.ErrUnexpectedEOF
		}
		if h != nil {
			h.succeeded()
		}
		return done, nil
	}
}

// writeNothing is write of no bytes: it needs neither room nor its turn, but fails if the
// stream is broken.
func (d *desc) writeNothing() error {
	d.mu.Lock()
	if err := d.wr.refuse(); err != nil || d.isFile {
		d.mu.Unlock()
		return err
	}
	d.calls++
	d.mu.Unlock()
	errno := unix.EINTR
	for errno == unix.EINTR {
		_, errno = socket.Sys.Write(d.fd, nil)
	}
	d.mu.Lock()
	d.callDone()
	d.mu.Unlock()
	if errno != 0 && errno != unix.EAGAIN {
		return callError("write", errno)
	}
	return nil
}

// readFrom is one recvfrom: sa is where the message came from.
func (d *desc) readFrom(h *hub, p []byte, sa *socket.Sockaddr) (int, error) {
	s := &d.rd
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
		n, errno := socket.Sys.Recvfrom(d.fd, p, sa)
		switch errno {
		case unix.EAGAIN:
			ready = s.again()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, false)
		if errno != 0 {
			return 0, callError("recvfrom", errno)
		}
		if h != nil {
			h.succeeded()
		}
		return n, nil
	}
}

// writeTo is one sendto; sa is nil for a connected socket.
func (d *desc) writeTo(h *hub, p []byte, sa *socket.Sockaddr) (int, error) {
	s := &d.wr
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
			n, errno = socket.Sys.Write(d.fd, p)
		} else {
			n, errno = socket.Sys.Sendto(d.fd, p, sa)
		}
		switch errno {
		case unix.EAGAIN:
			ready = s.again()
			continue
		case unix.EINTR:
			ready = true
			continue
		}
		s.finish(h, false)
		if errno != 0 {
			return n, callError("sendto", errno)
		}
		if h != nil {
			h.succeeded()
		}
		return n, nil
	}
}

func (d *desc) checkOpen() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closing {
		return net.ErrClosed
	}
	return nil
}

// accept waits for a connection and returns its descriptor. A connection that
// was aborted while it was queued is passed over. When there are no descriptors
// left, it waits for one to be freed, and longer each time: the connection stays
// in the queue, and a loop that tried again at once would do nothing else.
func (d *desc) accept(h *hub, sa *socket.Sockaddr) (int, error) {
	s := &d.rd
	ready, err := s.begin(h)
	if err != nil {
		return 0, err
	}
	delay := acceptDelayLeast
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return 0, err
			}
		}
		fd, errno := socket.Sys.Accept(d.fd, sa)
		switch errno {
		case 0:
			s.finish(h, false)
			if h != nil {
				h.succeeded()
			}
			return fd, nil
		case unix.EAGAIN:
			ready = s.again()
		case unix.EINTR, unix.ECONNABORTED, unix.EPROTO:
			ready = true
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			if err := s.awaitDescriptor(h, delay); err != nil {
				return 0, err
			}
			ready = true
			delay = min(2*delay, acceptDelayMost)
		default:
			s.finish(h, false)
			return 0, callError(socket.AcceptName, errno)
		}
	}
}

// How long accept waits when there are no descriptors left.
const (
	acceptDelayLeast = 5 * time.Millisecond
	acceptDelayMost  = time.Second
)

// freeing is who waits for a descriptor to be freed.
var freeing struct {
	mu      sync.Mutex
	queue   waitQueue
	waiting atomic.Int32
}

// awaitDescriptor waits for delay, or less if a descriptor is freed meanwhile,
// on behalf of the owner of s, whose system call is over. If it returns nil, the owner may make
// the call once more; if an error, s is released.
func (s *side) awaitDescriptor(h *hub, delay time.Duration) error {
	d := s.d
	d.mu.Lock()
	d.callDone()
	if err := s.refuse(); err != nil {
		s.release(h)
		return err
	}
	freeing.waiting.Add(1)
	freeing.mu.Lock()
	// In io for Close and deadlines; an event only ends the wait early.
	err := parkEither(h, (*syncLock)(&d.mu), &s.io, (*syncLock)(&freeing.mu), &freeing.queue, parkAccept, after(delay))
	freeing.waiting.Add(-1)
	d.mu.Lock()
	if err == os.ErrDeadlineExceeded && !s.expired {
		err = nil // only the delay is over
	}
	if err == nil {
		err = s.refuse()
	}
	if err != nil {
		s.release(h)
		raise(h, err)
		return err
	}
	s.ready = false
	d.calls++
	d.mu.Unlock()
	return nil
}

// descriptorFreed is called after each close(2) of ours.
func descriptorFreed() {
	if freeing.waiting.Load() == 0 {
		return
	}
	here := currentHub()
	freeing.mu.Lock()
	defer freeing.mu.Unlock()
	if w := freeing.queue.claim(nil); w != nil {
		w.resume(here)
	}
}

// waitWritable waits until one of the descs of list may be ready for writing, or is
// closed, or the caller is woken in q, which mu guards; at most until the instant at. mu
// is held at the call, and not on return. An interruption is raised.
func waitWritable(h *hub, list []*desc, mu *sync.Mutex, q *waitQueue, at int64) error {
	w := beginWait(h, parkWrite)
	nodes := make([]waitNode, len(list))
	woken := &waitNode{w: w}
	q.push(woken)
	mu.Unlock()
	isOver := false
	for i, d := range list {
		nodes[i].w = w
		if !d.wr.queueUnlessReady(&nodes[i]) {
			isOver = w.claim(nil)
			break // if w has been claimed in another queue, that is what resumes it
		}
	}
	var err error
	if !isOver {
		err = w.wait(h, at)
	}
	for i, d := range list {
		nodes[i].leave(h, (*syncLock)(&d.mu))
	}
	woken.leave(h, (*syncLock)(mu))
	raise(h, err)
	return err
}

// queueUnlessReady puts n into the queue for readiness, and reports whether it has: not
// if there is nothing to wait for.
func (s *side) queueUnlessReady(n *waitNode) bool {
	d := s.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.ready || d.closing {
		return false
	}
	s.io.push(n)
	if selector.LevelTriggered {
		d.hub.io.sel.Want(d.fd, s.wanted()) // what was reported may have been no connection yet
	}
	return true
}
