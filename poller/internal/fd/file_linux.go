//go:build !poller_std

package fd

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// readFile is sys.read for d, which is no socket, and whose reading side the caller owns.
func (d *FD) readFile(p []byte) (int, unix.Errno) {
	if !d.Rd.mayBlock {
		n, errno := socket.Sys.ReadNowait(d.Sysfd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.Rd.mayBlock = true
	}
	// This can wait only if somebody else takes what is there meanwhile.
	if socket.Blocks(d.Sysfd) && !socket.IsReadyNow(d.Sysfd, unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	n, err := unix.Read(d.Sysfd, p)
	return max(n, 0), socket.ErrnoOf(err)
}

// blockingWrite is what can be written to a pipe that is ready, without waiting.
const blockingWrite = 4096 // PIPE_BUF

// writeFile is sys.write for d, which is no socket, and whose writing side the caller
// owns.
func (d *FD) writeFile(p []byte) (int, unix.Errno) {
	if !d.Wr.mayBlock {
		n, errno := socket.Sys.WriteNowait(d.Sysfd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.Wr.mayBlock = true
	}
	if socket.Blocks(d.Sysfd) {
		if !socket.IsReadyNow(d.Sysfd, unix.POLLOUT) {
			return 0, unix.EAGAIN
		}
		p = p[:min(len(p), blockingWrite)]
	}
	n, err := unix.Write(d.Sysfd, p)
	return max(n, 0), socket.ErrnoOf(err)
}
