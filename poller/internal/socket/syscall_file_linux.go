//go:build !poller_std

package socket

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls for descriptors other than sockets. Another process may put those into
// blocking mode at any time: a shell does it with its standard input, a terminal or pipe that
// it shares with its parent.

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

// IsUnknown reports whether errno says that the kernel has no non-waiting form of the call for
// this kind of file: old kernels for all but regular files and sockets, new ones for terminals
// and some devices.
func IsUnknown(errno unix.Errno) bool { return errno == unix.EOPNOTSUPP || errno == unix.ENOSYS }

// ErrnoOf returns the number in an error of a system call, 0 for nil.
func ErrnoOf(err error) unix.Errno {
	errno, _ := err.(unix.Errno)
	return errno
}
