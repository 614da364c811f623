//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// control calls f with the descriptor, which stays open that long. call names the
// system call that f makes.
func (d *desc) control(call string, f func(fd int) error) error {
	d.mu.Lock()
	if d.closing {
		d.mu.Unlock()
		return net.ErrClosed
	}
	d.calls++
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.callDone()
		d.mu.Unlock()
	}()
	return os.NewSyscallError(call, f(d.fd))
}

// waitReadable returns when a read would not wait.
func (d *desc) waitReadable(h *hub) error {
	s := &d.rd
	d.mu.Lock()
	for {
		if err := s.refuse(); err != nil {
			d.mu.Unlock()
			return err
		}
		if s.ready {
			// It may have been emptied by a read that did not notice.
			if s.ended || socket.IsReadyNow(d.fd, unix.POLLIN) {
				d.mu.Unlock()
				return nil
			}
			s.ready = false
		}
		if err := s.park(h, d.idleLimit()); err != nil {
			d.mu.Unlock()
			raise(h, err)
			return err
		}
	}
}

// file returns a copy of d's descriptor, under a name.
func (d *desc) file(name string) (*os.File, error) {
	var copied int
	err := d.control("fcntl", func(fd int) (err error) {
		copied, err = socket.Dup(fd)
		return err
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(copied), name), nil
}

// A rawConn is a desc as a syscall.RawConn.
type rawConn struct {
	d       *desc
	opError func(op string, err error) error
}

func (c *rawConn) Control(f func(fd uintptr)) error {
	return c.opError("raw-control", c.d.control("", func(fd int) error { f(uintptr(fd)); return nil }))
}

// Read calls f until it returns true, waiting for readiness before each further
// call.
func (c *rawConn) Read(f func(fd uintptr) bool) error {
	return c.opError("raw-read", c.d.rd.callback(f))
}

func (c *rawConn) Write(f func(fd uintptr) bool) error {
	return c.opError("raw-write", c.d.wr.callback(f))
}

func (s *side) callback(f func(fd uintptr) bool) error {
	h := currentHub()
	s.d.mu.Lock()
	s.ready = true // the first call is made in any case
	s.d.mu.Unlock()
	ready, err := s.begin(h)
	if err != nil {
		return err
	}
	owned := false // waitReady releases if it fails or panics
	defer func() {
		if owned {
			s.finish(h, false) // f has returned true, or has panicked
		}
	}()
	for {
		if !ready {
			if err := s.waitReady(h); err != nil {
				return err
			}
		}
		owned = true
		if f(uintptr(s.d.fd)) {
			return nil
		}
		owned = false
		ready = s.again()
	}
}
