//go:build !poller_std

package poller

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// openPidFD returns a descriptor that is readable when the process has
// ended, or -1 if the kernel has none. The process is a child that has not been reaped, so
// its number has not been reused.
func openPidFD(pid int) int {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1
	}
	return fd
}

func closePidFD(fd int) {
	if fd >= 0 {
		socket.Close(fd)
	}
}

func isBrokenPipe(err error) bool { return errors.Is(err, unix.EPIPE) }
