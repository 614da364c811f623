//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// connected reports whether the connection that d is making is made. Readiness
// alone does not say that: SO_ERROR and getpeername do.
func (d *desc) connected() (bool, error) {
	s := &d.wr
	d.mu.Lock()
	ready, err := s.ready, s.refuse()
	s.ready = false
	d.mu.Unlock()
	if err != nil || !ready {
		return false, err
	}
	code, err := unix.GetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	switch errno := unix.Errno(code); errno {
	case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
		return false, nil
	case 0, unix.EISCONN:
	default:
		return false, os.NewSyscallError("connect", errno)
	}
	if socket.RemoteAddr(d.fd, "tcp") == nil {
		return false, nil
	}
	d.mu.Lock()
	s.ready = true
	d.mu.Unlock()
	return true, nil
}
