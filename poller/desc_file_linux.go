//go:build !poller_std

package poller

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// readFile is sys.read for d, which is no socket, and whose reading side the caller owns.
func (d *desc) readFile(p []byte) (int, unix.Errno) {
	if !d.rd.waits {
		n, errno := socket.Sys.ReadNowait(d.fd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.rd.waits = true
	}
	// This can wait only if somebody else takes what is there meanwhile.
	if socket.Blocks(d.fd) && !socket.IsReadyNow(d.fd, unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	n, err := unix.Read(d.fd, p)
	return max(n, 0), socket.ErrnoOf(err)
}

// blockingWrite is what can be written to a pipe that is ready, without waiting.
const blockingWrite = 4096 // PIPE_BUF

// writeFile is sys.write for d, which is no socket, and whose writing side the caller
// owns.
func (d *desc) writeFile(p []byte) (int, unix.Errno) {
	if !d.wr.waits {
		n, errno := socket.Sys.WriteNowait(d.fd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.wr.waits = true
	}
	if socket.Blocks(d.fd) {
		if !socket.IsReadyNow(d.fd, unix.POLLOUT) {
			return 0, unix.EAGAIN
		}
		p = p[:min(len(p), blockingWrite)]
	}
	n, err := unix.Write(d.fd, p)
	return max(n, 0), socket.ErrnoOf(err)
}
