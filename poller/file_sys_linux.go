//go:build !poller_std

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls for descriptors that are no sockets, which others may put into
// blocking mode at any time: a shell does it with the terminal or pipe that is its
// standard input, which it shares with its parent.

// nowait makes the call number, preadv2 or pwritev2, at the position in the file; it
// fails with EAGAIN rather than wait.
func nowait(number uintptr, fd int, p []byte) (int, unix.Errno) {
	v := unix.Iovec{Base: (*byte)(pointer(p))}
	v.SetLen(len(p))
	n, _, errno := unix.RawSyscall6(number, uintptr(fd), uintptr(unsafe.Pointer(&v)), 1, ^uintptr(0), ^uintptr(0), unix.RWF_NOWAIT)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

func rawReadNowait(fd int, p []byte) (int, unix.Errno) {
	n, errno := nowait(unix.SYS_PREADV2, fd, p)
	if errno == 0 {
		raceWrite(p[:n])
		raceAcquireIO()
	}
	return n, errno
}

func rawWriteNowait(fd int, p []byte) (int, unix.Errno) {
	raceReleaseIO()
	n, errno := nowait(unix.SYS_PWRITEV2, fd, p)
	raceRead(p[:n])
	return n, errno
}

// isUnknown reports whether errno says that the kernel cannot make the call so that it
// does not wait: old ones for all but regular files and sockets, others for terminals
// and some devices.
func isUnknown(errno unix.Errno) bool { return errno == unix.EOPNOTSUPP || errno == unix.ENOSYS }

// readFile is sys.read for d, which is no socket, and whose reading side the caller owns.
func (d *desc) readFile(p []byte) (int, unix.Errno) {
	if !d.rd.waits {
		n, errno := sys.readNowait(d.fd, p)
		if !isUnknown(errno) {
			return n, errno
		}
		d.rd.waits = true
	}
	// This can wait only if somebody else takes what is there meanwhile.
	if blocks(d.fd) && !isReadyNow(d.fd, unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	n, err := unix.Read(d.fd, p)
	return max(n, 0), errnoOf(err)
}

// blockingWrite is what can be written to a pipe that is ready, without waiting.
const blockingWrite = 4096 // PIPE_BUF

// writeFile is sys.write for d, which is no socket, and whose writing side the caller
// owns.
func (d *desc) writeFile(p []byte) (int, unix.Errno) {
	if !d.wr.waits {
		n, errno := sys.writeNowait(d.fd, p)
		if !isUnknown(errno) {
			return n, errno
		}
		d.wr.waits = true
	}
	if blocks(d.fd) {
		if !isReadyNow(d.fd, unix.POLLOUT) {
			return 0, unix.EAGAIN
		}
		p = p[:min(len(p), blockingWrite)]
	}
	n, err := unix.Write(d.fd, p)
	return max(n, 0), errnoOf(err)
}

func errnoOf(err error) unix.Errno {
	errno, _ := err.(unix.Errno)
	return errno
}
