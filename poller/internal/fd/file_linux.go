//go:build !poller_std

package fd

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// readFile is socket.Sys.Read for d, which is not a socket; the caller owns d.Rd. O_NONBLOCK
// cannot be relied on, since another process that shares the open file may clear it: so the
// call is preadv2 with RWF_NOWAIT, or if the kernel has none for this kind of file, a
// poll before a plain read.
func (d *FD) readFile(p []byte) (int, unix.Errno) {
	if !d.Rd.mayBlock {
		n, errno := socket.Sys.ReadNowait(d.Sysfd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.Rd.mayBlock = true // for good: it depends on the kind of file
	}
	// This can block only if another process reads the data between the two calls.
	if socket.Blocks(d.Sysfd) && !socket.IsReadyNow(d.Sysfd, unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	n, err := unix.Read(d.Sysfd, p)
	return max(n, 0), socket.ErrnoOf(err)
}

// blockingWrite is how many bytes can be written without blocking to a pipe that is ready.
const blockingWrite = 4096 // PIPE_BUF

// writeFile is socket.Sys.Write for d, which is not a socket; the caller owns d.Wr. See
// readFile.
func (d *FD) writeFile(p []byte) (int, unix.Errno) {
	if !d.Wr.mayBlock {
		n, errno := socket.Sys.WriteNowait(d.Sysfd, p)
		if !socket.IsUnknown(errno) {
			return n, errno
		}
		d.Wr.mayBlock = true
	}
	// A blocking write waits until all of p is written: so no more than certainly fits.
	if socket.Blocks(d.Sysfd) {
		if !socket.IsReadyNow(d.Sysfd, unix.POLLOUT) {
			return 0, unix.EAGAIN
		}
		p = p[:min(len(p), blockingWrite)]
	}
	n, err := unix.Write(d.Sysfd, p) // not raw: the scheduler must know in case it blocks
	return max(n, 0), socket.ErrnoOf(err)
}
