//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package socket

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The system calls of the BSDs and of macOS, which all go through the C library,
// or through the Go scheduler at least: macOS and OpenBSD allow nothing else. Those
// with addresses are package syscall's, since it has accept4 for all of them.
//
// A write to a connection that the peer has ended raises SIGPIPE. The Go runtime
// takes it, and the write returns EPIPE: package net relies on that too.

// SeesUrgent: kqueue does not report urgent data, which ends reads early, so a
// short read does not mean that there is no more.
const SeesUrgent = false

// AcceptInherits: which of its listener's options a connection has differs from
// system to system.
const AcceptInherits = false

// ErrnoOf returns what is in an error of a system call. Package syscall makes a
// few others, of bad addresses.
func ErrnoOf(err error) unix.Errno {
	var errno unix.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return errno
	}
	return unix.EINVAL
}

func RawRead(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Read(fd, p)
	return max(n, 0), ErrnoOf(err)
}

func RawWrite(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, p)
	return max(n, 0), ErrnoOf(err)
}

// No system call here can be told that it must not wait. They let go of the processor.
func rawReadNowait(fd int, p []byte) (int, unix.Errno)  { return RawRead(fd, p) }
func rawWriteNowait(fd int, p []byte) (int, unix.Errno) { return RawWrite(fd, p) }

func RawAccept(fd int, sa *Sockaddr) (int, unix.Errno) {
	n, from, err := acceptFD(fd)
	if err != nil {
		return -1, ErrnoOf(err)
	}
	sa.sa = from
	return n, 0
}

func RawConnect(fd int, sa *Sockaddr) unix.Errno { return ErrnoOf(syscall.Connect(fd, sa.sa)) }

func rawRecvfrom(fd int, p []byte, sa *Sockaddr) (int, unix.Errno) {
	n, from, err := syscall.Recvfrom(fd, p, 0)
	if err != nil {
		return 0, ErrnoOf(err)
	}
	raceWrite(p[:n])
	raceAcquireIO()
	sa.sa = from
	return n, 0
}

func rawSendto(fd int, p []byte, sa *Sockaddr) (int, unix.Errno) {
	raceReleaseIO()
	if err := syscall.Sendto(fd, p, 0, sa.sa); err != nil {
		return 0, ErrnoOf(err)
	}
	raceRead(p)
	return len(p), 0 // datagrams go as a whole
}

func RawRecvmsg(fd int, p, oob []byte, sa *Sockaddr) (n, oobn, flags int, errno unix.Errno) {
	n, oobn, flags, from, err := syscall.Recvmsg(fd, p, oob, unix.MSG_DONTWAIT)
	if err != nil {
		return 0, 0, 0, ErrnoOf(err)
	}
	raceWrite(p[:n])
	raceWrite(oob[:oobn])
	raceAcquireIO()
	sa.sa = from
	return n, oobn, flags, 0
}

func RawSendmsg(fd int, p, oob []byte, sa *Sockaddr) (int, unix.Errno) {
	raceReleaseIO()
	var to syscall.Sockaddr
	if sa != nil {
		to = sa.sa
	}
	n, err := syscall.SendmsgN(fd, p, oob, to, unix.MSG_DONTWAIT)
	if err != nil {
		return 0, ErrnoOf(err)
	}
	raceRead(p)
	raceRead(oob)
	return n, 0
}

// IsReadyNow asks the kernel whether fd is ready for events, without waiting.
func IsReadyNow(fd int, events int16) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, 0)
	return n > 0
}

// Bind gives fd the local address sa.
func Bind(fd int, sa *Sockaddr) error {
	return os.NewSyscallError("bind", syscall.Bind(fd, sa.sa))
}

// LocalAddr and RemoteAddr ask the kernel.
func LocalAddr(fd int, network string) net.Addr {
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return nil
	}
	return (&Sockaddr{sa}).Addr(network)
}

func RemoteAddr(fd int, network string) net.Addr {
	sa, err := syscall.Getpeername(fd)
	if err != nil {
		return nil
	}
	return (&Sockaddr{sa}).Addr(network)
}

// DomainOf returns the address family of a socket.
func DomainOf(fd int) int {
	sa, _ := syscall.Getsockname(fd)
	switch sa.(type) {
	case *syscall.SockaddrInet6:
		return unix.AF_INET6
	case *syscall.SockaddrUnix:
		return unix.AF_UNIX
	}
	return unix.AF_INET
}
