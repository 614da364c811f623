//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Copy returns a non-blocking copy of f's descriptor, and whether f was in blocking mode. The
// mode belongs to the open file, so it changes for f too: the caller restores it. f.Fd is
// not called, as it would put f into blocking mode.
func Copy(f *os.File) (fd int, blocked bool, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, false, err
	}
	// Within Control the number cannot be closed and used again by another goroutine.
	flags := 0
	var ferr error
	err = raw.Control(func(from uintptr) {
		if flags, ferr = unix.FcntlInt(from, unix.F_GETFL, 0); ferr == nil {
			fd, ferr = socket.Dup(int(from))
		}
	})
	if err != nil {
		return -1, false, os.ErrClosed // the only error that Control has
	}
	if ferr != nil {
		return -1, false, os.NewSyscallError("fcntl", ferr)
	}
	blocked = flags&unix.O_NONBLOCK == 0
	if blocked {
		if err := unix.SetNonblock(fd, true); err != nil {
			socket.Close(fd)
			return -1, false, os.NewSyscallError("fcntl", err)
		}
	}
	return fd, blocked, nil
}

// Adopt has the calling task's hub, or the background hub, watch fd. d owns fd then; on an
// error, fd has been closed.
func (d *FD) Adopt(fd int) error {
	// A descriptor that is made outside any Run belongs to the background hub.
	h, err := sched.OrBackground(sched.Here())
	if err == nil {
		err = d.Watch(h, fd)
	}
	if err != nil {
		socket.Close(fd)
	}
	return err
}
