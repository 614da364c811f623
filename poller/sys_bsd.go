//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package poller

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

// seesUrgent: kqueue does not report urgent data, which ends reads early, so a
// short read does not mean that there is no more.
const seesUrgent = false

// acceptInherits: which of its listener's options a connection has differs from
// system to system.
const acceptInherits = false

// errnoOf returns what is in an error of a system call. Package syscall makes a
// few others, of bad addresses.
func errnoOf(err error) unix.Errno {
	var errno unix.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &errno):
		return errno
	}
	return unix.EINVAL
}

func rawRead(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Read(fd, p)
	return max(n, 0), errnoOf(err)
}

func rawWrite(fd int, p []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, p)
	return max(n, 0), errnoOf(err)
}

// No system call here can be told that it must not wait. They let go of the processor.
func rawReadNowait(fd int, p []byte) (int, unix.Errno)  { return rawRead(fd, p) }
func rawWriteNowait(fd int, p []byte) (int, unix.Errno) { return rawWrite(fd, p) }

func (d *desc) readFile(p []byte) (int, unix.Errno)  { return sys.readNowait(d.fd, p) }
func (d *desc) writeFile(p []byte) (int, unix.Errno) { return sys.writeNowait(d.fd, p) }

func rawAccept(fd int, sa *rawSockaddr) (int, unix.Errno) {
	n, from, err := acceptFD(fd)
	if err != nil {
		return -1, errnoOf(err)
	}
	sa.sa = from
	return n, 0
}

func rawConnect(fd int, sa *rawSockaddr) unix.Errno { return errnoOf(syscall.Connect(fd, sa.sa)) }

func rawRecvfrom(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno) {
	n, from, err := syscall.Recvfrom(fd, p, 0)
	if err != nil {
		return 0, errnoOf(err)
	}
	raceWrite(p[:n])
	raceAcquireIO()
	sa.sa = from
	return n, 0
}

func rawSendto(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno) {
	raceReleaseIO()
	if err := syscall.Sendto(fd, p, 0, sa.sa); err != nil {
		return 0, errnoOf(err)
	}
	raceRead(p)
	return len(p), 0 // datagrams go as a whole
}

func rawRecvmsg(fd int, p, oob []byte, sa *rawSockaddr) (n, oobn, flags int, errno unix.Errno) {
	n, oobn, flags, from, err := syscall.Recvmsg(fd, p, oob, unix.MSG_DONTWAIT)
	if err != nil {
		return 0, 0, 0, errnoOf(err)
	}
	raceWrite(p[:n])
	raceWrite(oob[:oobn])
	raceAcquireIO()
	sa.sa = from
	return n, oobn, flags, 0
}

func rawSendmsg(fd int, p, oob []byte, sa *rawSockaddr) (int, unix.Errno) {
	raceReleaseIO()
	var to syscall.Sockaddr
	if sa != nil {
		to = sa.sa
	}
	n, err := syscall.SendmsgN(fd, p, oob, to, unix.MSG_DONTWAIT)
	if err != nil {
		return 0, errnoOf(err)
	}
	raceRead(p)
	raceRead(oob)
	return n, 0
}

// isReadyNow asks the kernel whether fd is ready for events, without waiting.
func isReadyNow(fd int, events int16) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, 0)
	return n > 0
}

// bind gives fd the local address sa.
func bind(fd int, sa *rawSockaddr) error {
	return os.NewSyscallError("bind", syscall.Bind(fd, sa.sa))
}

// localAddr and remoteAddr ask the kernel.
func localAddr(fd int, network string) net.Addr {
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		return nil
	}
	return (&rawSockaddr{sa}).addr(network)
}

func remoteAddr(fd int, network string) net.Addr {
	sa, err := syscall.Getpeername(fd)
	if err != nil {
		return nil
	}
	return (&rawSockaddr{sa}).addr(network)
}

// domainOf returns the address family of a socket.
func domainOf(fd int) int {
	sa, _ := syscall.Getsockname(fd)
	switch sa.(type) {
	case *syscall.SockaddrInet6:
		return unix.AF_INET6
	case *syscall.SockaddrUnix:
		return unix.AF_UNIX
	}
	return unix.AF_INET
}
