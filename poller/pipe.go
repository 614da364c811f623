package poller

import (
	"io"
	"net"
	"os"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Pipe returns the two ends of a connection in memory. Like net.Pipe's, it has no buffer: a
// Write waits until Reads of the other end have taken all of it. Either end may be used by
// tasks, of the same or of different goroutines, and by goroutines that have none. It
// belongs to no hub, so Run does not close it.
func Pipe() (net.Conn, net.Conn) {
	there, back := new(pipeHalf), new(pipeHalf)
	return &pipeConn{in: back, out: there}, &pipeConn{in: there, out: back}
}

// A pipeHalf is one direction of a Pipe.
type pipeHalf struct {
	mu      runtimepatch.Mutex
	offer   *pipeOffer
	readers sched.Queue // waiters for an offer
	writer  sched.Queue // the writer whose offer it is, which waits for it to be taken
	writers sched.Queue // further writers, which wait to make the next offer
	noRead  bool        // the reading end is closed
	noWrite bool        // the writing end is closed
	limit   [2]int64    // the ends' deadlines
}

// A pipeOffer is one Write in progress.
type pipeOffer struct {
	rest  []byte
	taken bool
}

const (
	readEnd = iota
	writeEnd
)

func (p *pipeHalf) read(b []byte) (int, error) {
	h := sched.Here()
	p.mu.Lock()
	for {
		switch {
		case p.noRead:
			p.mu.Unlock()
			return 0, io.ErrClosedPipe
		case p.expired(readEnd):
			p.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case p.offer != nil:
			n := p.take(h, b)
			p.mu.Unlock()
			return n, nil
		case p.noWrite:
			p.mu.Unlock()
			return 0, io.EOF
		}
		p.wait(h, &p.readers, readEnd, nil)
	}
}

// take moves bytes of the offer to b, as many as fit.
func (p *pipeHalf) take(here *sched.Hub, b []byte) int {
	o := p.offer
	n := copy(b, o.rest)
	o.rest = o.rest[n:]
	if len(o.rest) == 0 {
		o.taken = true
		p.retract(here)
		p.writer.WakeAll(here, nil)
	} else if w := p.readers.Claim(nil); w != nil {
		w.Resume(here)
	}
	return n
}

// retract removes the offer, and wakes the next writer.
func (p *pipeHalf) retract(here *sched.Hub) {
	p.offer = nil
	if w := p.writers.Claim(nil); w != nil {
		w.Resume(here)
	}
}

func (p *pipeHalf) write(b []byte) (int, error) {
	h := sched.Here()
	o := &pipeOffer{rest: b}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.offer != o && !o.taken {
		if err := p.refuseWrite(); err != nil {
			p.passOn(h)
			return 0, err
		}
		if p.offer == nil {
			p.offer = o
			if w := p.readers.Claim(nil); w != nil {
				w.Resume(h)
			}
			break
		}
		p.wait(h, &p.writers, writeEnd, nil)
	}
	for !o.taken {
		if err := p.refuseWrite(); err != nil {
			p.retract(h)
			return len(b) - len(o.rest), err
		}
		p.wait(h, &p.writer, writeEnd, o)
	}
	return len(b), nil
}

// passOn wakes the next writer, in place of a woken writer that makes no offer.
func (p *pipeHalf) passOn(here *sched.Hub) {
	if p.offer == nil {
		p.retract(here)
	}
}

func (p *pipeHalf) refuseWrite() error {
	switch {
	case p.noWrite, p.noRead:
		return io.ErrClosedPipe
	case p.expired(writeEnd):
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (p *pipeHalf) expired(end int) bool {
	return p.limit[end] != sched.Never && p.limit[end] <= sched.InstantNow()
}

// wait parks in q until a change that the caller must examine, or the end's deadline. The
// lock is held at the call and on return. If the task is interrupted, wait withdraws
// the offer o and panics, with the lock in the state that the caller's deferred call expects.
// If all of o has been taken meanwhile, the interruption is raised by a later call.
func (p *pipeHalf) wait(h *sched.Hub, q *sched.Queue, end int, o *pipeOffer) {
	err := sched.ParkNoRaise(h, (*sched.Mutex)(&p.mu), q, sched.ParkPipe, p.limit[end])
	p.mu.Lock()
	if err == sched.ErrInterrupted && (o == nil || !o.taken) {
		if o != nil && p.offer == o {
			p.retract(h)
		}
		if end == readEnd {
			p.mu.Unlock()
		}
		sched.Raise(h, err)
	}
}

func (p *pipeHalf) wakeAll(here *sched.Hub) {
	p.readers.WakeAll(here, nil)
	p.writer.WakeAll(here, nil)
	p.writers.WakeAll(here, nil)
}

func (p *pipeHalf) close(end int) (wasOpen bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	flag := &p.noRead
	if end == writeEnd {
		flag = &p.noWrite
	}
	wasOpen, *flag = !*flag, true
	p.wakeAll(sched.Here())
	return wasOpen
}

func (p *pipeHalf) setLimit(end int, t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if end == readEnd && p.noRead || end == writeEnd && p.noWrite {
		return io.ErrClosedPipe
	}
	if err := sched.CheckSimulatedTime(t); err != nil {
		return err
	}
	p.limit[end] = sched.InstantOf(t)
	p.wakeAll(sched.Here()) // to test the new limit
	return nil
}

// A pipeConn is one end of a Pipe.
type pipeConn struct{ in, out *pipeHalf }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (c *pipeConn) LocalAddr() net.Addr  { return pipeAddr{} }
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr{} }

func (c *pipeConn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, pipeError("read", err)
}

func (c *pipeConn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, pipeError("write", err)
}

func pipeError(op string, err error) error {
	if err == nil || err == io.EOF || err == io.ErrClosedPipe {
		return err
	}
	return &net.OpError{Op: op, Net: "pipe", Err: err}
}

func (c *pipeConn) Close() error {
	c.in.close(readEnd)
	c.out.close(writeEnd)
	return nil
}

func (c *pipeConn) SetDeadline(t time.Time) error {
	if err := c.in.setLimit(readEnd, t); err != nil {
		return err
	}
	return c.out.setLimit(writeEnd, t)
}

func (c *pipeConn) SetReadDeadline(t time.Time) error  { return c.in.setLimit(readEnd, t) }
func (c *pipeConn) SetWriteDeadline(t time.Time) error { return c.out.setLimit(writeEnd, t) }
