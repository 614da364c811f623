//go:build !poller_std

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// sys is every system call that moves data or waits, so that tests can make the
// n-th one fail. The calls are raw where they cannot block: the Go scheduler is
// not told.
var sys = sysTable{
	epollWait: epollWait,
	read:      rawRead,
	write:     rawWrite,
	accept:    rawAccept,
	connect:   rawConnect,
	recvfrom:  rawRecvfrom,
	sendto:    rawSendto,
	close:     unix.Close,
}

// socketFlags is what each socket is made with.
const socketFlags = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

type sysTable struct {
	epollWait func(p *epoll, n int, timeout int64) (int, unix.Errno)
	read      func(fd int, p []byte) (int, unix.Errno)
	write     func(fd int, p []byte) (int, unix.Errno)
	accept    func(fd int, sa *rawSockaddr) (int, unix.Errno)
	connect   func(fd int, sa *rawSockaddr) unix.Errno
	recvfrom  func(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno)
	sendto    func(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno)
	close     func(fd int) error
}

// uninterrupted makes a call until it was not interrupted by a signal. This is
// where EINTR is dealt with, for all calls but those that wait: for them it is
// an early return.
func uninterrupted(call func() (int, unix.Errno)) (int, unix.Errno) {
	for {
		n, errno := call()
		if errno != unix.EINTR {
			return n, errno
		}
	}
}

func closeFD(fd int) error { return sys.close(fd) } // EINTR must not be retried: the number is free

var zero byte

// pointer returns a pointer to p's first byte, or to some byte if it has none.
func pointer(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return unsafe.Pointer(&zero)
	}
	return unsafe.Pointer(unsafe.SliceData(p))
}

func rawRead(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	raceWrite(p[:n])
	raceAcquireIO()
	return int(n), 0
}

func rawWrite(fd int, p []byte) (int, unix.Errno) {
	raceReleaseIO()
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	raceRead(p[:n])
	return int(n), 0
}

func rawAccept(fd int, sa *rawSockaddr) (int, unix.Errno) {
	sa.len = unix.SizeofSockaddrAny
	n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)),
		uintptr(unsafe.Pointer(&sa.len)), socketFlags, 0, 0)
	return int(n), errno
}

func rawConnect(fd int, sa *rawSockaddr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(sa.len))
	return errno
}

func rawRecvfrom(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno) {
	sa.len = unix.SizeofSockaddrAny
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), 0,
		uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return 0, errno
	}
	raceWrite(p[:n])
	raceAcquireIO()
	return int(n), 0
}

func rawSendto(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno) {
	raceReleaseIO()
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), 0,
		uintptr(unsafe.Pointer(&sa.any)), uintptr(sa.len))
	if errno != 0 {
		return 0, errno
	}
	raceRead(p[:n])
	return int(n), 0
}

// isReadyNow asks the kernel whether fd is ready for events, without waiting.
func isReadyNow(fd int, events int16) bool {
	p := unix.PollFd{Fd: int32(fd), Events: events}
	var ts unix.Timespec
	n, _, _ := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return n != 0
}
