//go:build !poller_std

package socket

import (
	"net"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of Linux. They are raw where they cannot block: the Go scheduler knows
// nothing of a raw call. A raw call that did block would keep its processor, and
// the next collection would wait for it, with the whole process. O_NONBLOCK is no guarantee
// that a call does not block: it belongs to the open file, which others share, such as a
// copy on which Fd was called, or a child process. So either the call has a flag that
// forbids it to wait (MSG_DONTWAIT), or it is not raw. For other descriptors than sockets,
// see syscall_file_linux.go.

// SeesUrgent reports that the selector reports urgent data, so that without such a report a
// short read has emptied the socket.
const SeesUrgent = true

// AcceptName is the name of the system call of Calls.Accept, for errors.
const AcceptName = "accept4"

// AcceptInherits reports that a connection has the options of its listener.
const AcceptInherits = true

var zero byte

// pointer returns a pointer to p's first byte, or to another valid one if p is empty.
func pointer(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return unsafe.Pointer(&zero)
	}
	return unsafe.Pointer(unsafe.SliceData(p))
}

// RawRead is Calls.Read, for sockets: tests that replace that call it.
func RawRead(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	raceWrite(p[:n])
	raceAcquireIO()
	return int(n), 0
}

// RawWrite is Calls.Write, for sockets.
func RawWrite(fd int, p []byte) (int, unix.Errno) {
	raceReleaseIO()
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	raceRead(p[:n])
	return int(n), 0
}

// RawAccept is Calls.Accept. accept4 has no flag against waiting for the listener, so that is
// put into non-blocking mode; another process may clear it in between, so the call is not raw.
func RawAccept(fd int, sa *Sockaddr) (int, unix.Errno) {
	KeepNonblocking(fd)
	sa.len = unix.SizeofSockaddrAny
	n, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)),
		uintptr(unsafe.Pointer(&sa.len)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int(n), errno
}

// RawConnect connects a new socket, which no other process shares and which is non-blocking: see
// Control.
func RawConnect(fd int, sa *Sockaddr) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(sa.len))
	return errno
}

func rawRecvfrom(fd int, p []byte, sa *Sockaddr) (int, unix.Errno) {
	sa.len = unix.SizeofSockaddrAny
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return 0, errno
	}
	raceWrite(p[:n])
	raceAcquireIO()
	return int(n), 0
}

func rawSendto(fd int, p []byte, sa *Sockaddr) (int, unix.Errno) {
	raceReleaseIO()
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&sa.any)), uintptr(sa.len))
	if errno != 0 {
		return 0, errno
	}
	raceRead(p[:n])
	return int(n), 0
}

// RawRecvmsg is Calls.Recvfrom with control messages.
func RawRecvmsg(fd int, p, oob []byte, sa *Sockaddr) (n, oobn, flags int, errno unix.Errno) {
	v := unix.Iovec{Base: (*byte)(pointer(p))}
	v.SetLen(len(p))
	m := unix.Msghdr{Name: (*byte)(unsafe.Pointer(&sa.any)), Namelen: unix.SizeofSockaddrAny, Iov: &v}
	m.SetIovlen(1)
	if len(oob) > 0 {
		m.Control = &oob[0]
		m.SetControllen(len(oob))
	}
	r, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if errno != 0 {
		return 0, 0, 0, errno
	}
	sa.len = m.Namelen
	n, oobn = int(r), int(m.Controllen)
	raceWrite(p[:min(n, len(p))])
	raceWrite(oob[:oobn])
	raceAcquireIO()
	return n, oobn, int(m.Flags), 0
}

// RawSendmsg is Calls.Sendto with control messages; sa is nil for a connected socket.
func RawSendmsg(fd int, p, oob []byte, sa *Sockaddr) (int, unix.Errno) {
	raceReleaseIO()
	v := unix.Iovec{Base: (*byte)(pointer(p))}
	v.SetLen(len(p))
	m := unix.Msghdr{Iov: &v}
	m.SetIovlen(1)
	if sa != nil {
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&sa.any)), sa.len
	}
	if len(oob) > 0 {
		m.Control = &oob[0]
		m.SetControllen(len(oob))
	}
	r, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, errno
	}
	raceRead(p)
	raceRead(oob)
	return int(r), 0
}

// Blocks reports whether fd is in blocking mode.
func Blocks(fd int) bool {
	flags, _, errno := unix.RawSyscall(unix.SYS_FCNTL, uintptr(fd), unix.F_GETFL, 0)
	return errno == 0 && flags&unix.O_NONBLOCK == 0
}

// KeepNonblocking puts fd into non-blocking mode if it is not. It must be called before a system
// call on a socket that has no flag against waiting.
func KeepNonblocking(fd int) {
	if Blocks(fd) {
		unix.SetNonblock(fd, true)
	}
}

// IsReadyNow asks the kernel whether fd is ready for events, without waiting.
func IsReadyNow(fd int, events int16) bool {
	p := unix.PollFd{Fd: int32(fd), Events: events}
	var ts unix.Timespec
	n, _, _ := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return n != 0
}

// Bind gives fd the local address sa.
func Bind(fd int, sa *Sockaddr) error {
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(sa.len))
	if errno != 0 {
		return os.NewSyscallError("bind", errno)
	}
	return nil
}

// LocalAddr returns the address that fd is bound to, as the kernel has it; nil on an error.
func LocalAddr(fd int, network string) net.Addr {
	sa := Sockaddr{len: unix.SizeofSockaddrAny}
	_, _, errno := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return nil
	}
	return sa.Addr(network)
}

// RemoteAddr returns the address that fd is connected to, as the kernel has it; nil on an error.
func RemoteAddr(fd int, network string) net.Addr {
	sa := Sockaddr{len: unix.SizeofSockaddrAny}
	_, _, errno := unix.RawSyscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return nil
	}
	return sa.Addr(network)
}

// DomainOf returns the address family of a socket.
func DomainOf(fd int) int {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return unix.AF_INET
	}
	return n
}
