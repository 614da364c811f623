//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Control calls f with the descriptor, which stays open until f returns. It waits for
// nothing, and owns neither direction. call names the system call that f makes, for errors.
func (d *FD) Control(call string, f func(fd int) error) error {
	d.Mu.Lock()
	if err := d.unusable(); err != nil {
		d.Mu.Unlock()
		return err
	}
	d.calls++ // Close leaves close(2) to callDone
	d.Mu.Unlock()
	defer func() {
		d.Mu.Lock()
		d.callDone()
		d.Mu.Unlock()
	}()
	return os.NewSyscallError(call, f(d.Sysfd))
}

// WaitReadable returns when a read would not wait. It does not own the direction: a read in
// another task may take the data first.
func (d *FD) WaitReadable(h *sched.Hub) error {
	s := &d.Rd
	d.Mu.Lock()
	for {
		if err := s.Refuse(); err != nil {
			d.Mu.Unlock()
			return err
		}
		if s.Ready {
			// Ready may be stale: a read that filled its buffer has left it set, though
			// the socket may be empty. A call that only waits must ask the kernel.
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

// File returns a copy of d's descriptor, which the caller must close, as an os.File with the
// name.
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

// A RawConn is an FD as a syscall.RawConn. Its calls may be made on any goroutine.
type RawConn struct {
	d       *FD
	opError func(op string, err error) error
}

// NewRawConn returns d as a syscall.RawConn. opError wraps its errors.
func NewRawConn(d *FD, opError func(op string, err error) error) *RawConn {
	return &RawConn{d, opError}
}

// Control calls f with the descriptor, which stays open until f returns.
func (c *RawConn) Control(f func(fd uintptr)) error {
	return c.opError("raw-control", c.d.Control("", func(fd int) error { f(uintptr(fd)); return nil }))
}

// Read calls f until it returns true, waiting for readiness before each further
// call.
func (c *RawConn) Read(f func(fd uintptr) bool) error {
	return c.opError("raw-read", c.d.Rd.Callback(f))
}

// Write is Read for the other direction.
func (c *RawConn) Write(f func(fd uintptr) bool) error {
	return c.opError("raw-write", c.d.Wr.Callback(f))
}

// Callback calls f, as the owner of s, until it returns true, and waits for readiness before
// each further call. f may panic.
func (s *Direction) Callback(f func(fd uintptr) bool) error {
	h := sched.Here()
	s.D.Mu.Lock()
	s.Ready = true // the first call is made without a wait, as in package net
	s.D.Mu.Unlock()
	// A plain call's form, except that f decides: a false result stands for EAGAIN.
	ready, err := s.begin(h)
	if err != nil {
		return err
	}
	owned := false // whether the deferred call must release; waitReady does so itself if it fails or panics
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
		owned = true // f may panic
		if f(uintptr(s.D.Sysfd)) {
			return nil
		}
		owned = false
		ready = s.wouldBlock()
	}
}
