//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Control calls f with the descriptor, which stays open that long. call names the
// system call that f makes.
func (d *FD) Control(call string, f func(fd int) error) error {
	d.Mu.Lock()
	if d.Closing {
		d.Mu.Unlock()
		return net.ErrClosed
	}
	d.calls++
	d.Mu.Unlock()
	defer func() {
		d.Mu.Lock()
		d.callDone()
		d.Mu.Unlock()
	}()
	return os.NewSyscallError(call, f(d.Sysfd))
}

// WaitReadable returns when a read would not wait.
func (d *FD) WaitReadable(h *sched.Hub) error {
	s := &d.Rd
	d.Mu.Lock()
	for {
		if err := s.Refuse(); err != nil {
			d.Mu.Unlock()
			return err
		}
		if s.Ready {
			// It may have been emptied by a read that did not notice.
			if s.Ended || socket.IsReadyNow(d.Sysfd, unix.POLLIN) {
				d.Mu.Unlock()
				return nil
			}
			s.Ready = false
		}
		if err := s.Park(h, d.idleLimit()); err != nil {
			d.Mu.Unlock()
			sched.Raise(h, err)
			return err
		}
	}
}

// File returns a copy of d's descriptor, under a name.
func (d *FD) File(name string) (*os.File, error) {
	var copied int
	err := d.Control("fcntl", func(fd int) (err error) {
		copied, err = socket.Dup(fd)
		return err
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(copied), name), nil
}

// A RawConn is an FD as a syscall.RawConn.
type RawConn struct {
	d       *FD
	opError func(op string, err error) error
}

// NewRawConn returns d as a syscall.RawConn whose errors opError words.
func NewRawConn(d *FD, opError func(op string, err error) error) *RawConn {
	return &RawConn{d, opError}
}

func (c *RawConn) Control(f func(fd uintptr)) error {
	return c.opError("raw-control", c.d.Control("", func(fd int) error { f(uintptr(fd)); return nil }))
}

// Read calls f until it returns true, waiting for readiness before each further
// call.
func (c *RawConn) Read(f func(fd uintptr) bool) error {
	return c.opError("raw-read", c.d.Rd.Callback(f))
}

func (c *RawConn) Write(f func(fd uintptr) bool) error {
	return c.opError("raw-write", c.d.Wr.Callback(f))
}

func (s *Direction) Callback(f func(fd uintptr) bool) error {
	h := sched.Here()
	s.D.Mu.Lock()
	s.Ready = true // the first call is made in any case
	s.D.Mu.Unlock()
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
		if f(uintptr(s.D.Sysfd)) {
			return nil
		}
		owned = false
		ready = s.wouldBlock()
	}
}
