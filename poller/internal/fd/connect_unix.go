//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Connected reports whether the connection that d is making is made. Readiness
// alone does not say that: SO_ERROR and getpeername do.
func (d *FD) Connected() (bool, error) {
	s := &d.Wr
	d.Mu.Lock()
	ready, err := s.Ready, s.Refuse()
	s.Ready = false
	d.Mu.Unlock()
	if err != nil || !ready {
		return false, err
	}
	code, err := unix.GetsockoptInt(d.Sysfd, unix.SOL_SOCKET, unix.SO_ERROR)
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
	if socket.RemoteAddr(d.Sysfd, "tcp") == nil {
		return false, nil
	}
	d.Mu.Lock()
	s.Ready = true
	d.Mu.Unlock()
	return true, nil
}
