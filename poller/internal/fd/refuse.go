package fd

import (
	"net"
	"os"
	"syscall"
)

// unusable returns an error if d is closed, or the zero FD, which stands for no descriptor; in
// particular not for 0. Mu is held.
func (d *FD) unusable() error {
	switch {
	case d.Hub == nil:
		return syscall.EINVAL
	case d.Closing:
		return net.ErrClosed
	}
	return nil
}

// Refuse returns an error if no call may be made in direction s now: net.ErrClosed, or
// os.ErrDeadlineExceeded, or EINVAL for the zero FD. Mu is held.
func (s *Direction) Refuse() error {
	switch {
	case s.D == nil:
		return syscall.EINVAL
	case s.D.Closing:
		return net.ErrClosed
	case s.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}
