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

// SeesUrgent reports that kqueue does not report urgent data, which ends reads early, so that
// a short read may be followed by more.
const SeesUrgent = false

// AcceptInherits reports that a connection may lack options of its listener: which ones differs
// from system to system.
const AcceptInherits = false

// ErrnoOf returns the number in an error of a system call, 0 for nil. Package syscall returns a
// few errors without one, for bad addresses.
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

// RawRead is Calls.Read, for sockets: tests that replace that call it.
func RawRead(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Read(fd, p)
	return max(n, 0), ErrnoOf(err)
}

// RawWrite is Calls.Write, for sockets.
func RawWrite(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, p)
	return max(n, 0), ErrnoOf(err)
}

// No system call here has a non-waiting form. They are announced to the Go scheduler, so
// that one that blocks stops the hub, but not the process.
func rawReadNowait(fd int, p []byte) (int, unix.Errno)  { return RawRead(fd, p) }
func rawWriteNowait(fd int, p []byte) (int, unix.Errno) { return RawWrite(fd, p) }

// RawAccept is Calls.Accept.
func RawAccept(fd int, sa *Sockaddr) (int, unix.Errno) {
	n, from, err := acceptFD(fd)
	if err != nil {
		return -1, ErrnoOf(err)
	}
	sa.sa = from
	return n, 0
}

// RawConnect is Calls.Connect.
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

// RawRecvmsg is Calls.Recvfrom with control messages.
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

// RawSendmsg is Calls.Sendto with control messages; sa is nil for a connected socket.
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

// LocalAddr returns the address that fd is bound to, as the kernel has it; nil on an error.
func LocalAddr(fd int, network string) net.Addr {
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return nil
	}
	return (&Sockaddr{sa}).Addr(network)
}

// RemoteAddr returns the address that fd is connected to, as the kernel has it; nil on an error.
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
