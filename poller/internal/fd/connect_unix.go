//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Connected reports whether the connection that d is making has been made, without waiting.
// The error is that of the attempt, or of d. Readiness alone does not say: a socket may be
// reported writable before connect has begun, so SO_ERROR and getpeername are asked.
func (d *FD) Connected() (bool, error) {
	s := &d.Wr
	d.Mu.Lock()
	ready, err := s.Ready, s.Refuse()
	s.Ready = false // before the test, so that an event during it is not lost
	d.Mu.Unlock()
	if err != nil || !ready {
		return false, err
	}
	code, err := unix.GetsockoptInt(d.Sysfd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return false, os.NewSyscallError("getsockopt", err)
	}
	switch errno := unix.Errno(code); errno {
	// Under way: another event will come.
	case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
		return false, nil
	case 0, unix.EISCONN:
	default:
		return false, os.NewSyscallError("connect", errno)
	}
	// Without an error the connection is made, or not begun: only a made one has a peer.
	if socket.RemoteAddr(d.Sysfd, "tcp") == nil {
		return false, nil // no error and no peer yet
	}
	d.Mu.Lock()
	s.Ready = true // for the first write
	d.Mu.Unlock()
	return true, nil
}
