//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Copy returns a copy of f's descriptor that does not block, and whether it did
// before. f.Fd is not called, as it would make f block.
func Copy(f *os.File) (fd int, blocked bool, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, false, err
	}
	flags := 0
	var ferr error
	err = raw.Control(func(from uintptr) {
		if flags, ferr = unix.FcntlInt(from, unix.F_GETFL, 0); ferr == nil {
			fd, ferr = socket.Dup(int(from))
		}
	})
	if err != nil {
		return -1, false, os.ErrClosed // the only reason there is, in the words of package poll
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

// Adopt has the calling task's hub watch fd, which is closed if that fails.
func (d *FD) Adopt(fd int) error {
	h, err := sched.OrBackground(sched.Here())
	if err == nil {
		err = d.Watch(h, fd)
	}
	if err != nil {
		socket.Close(fd)
	}
	return err
}
