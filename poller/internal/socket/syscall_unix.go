//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package socket

import "golang.org/x/sys/unix"

// Sys is every system call that moves data, as a table so that tests can make the n-th one
// fail. The implementations are in the file of each system.
var Sys = Calls{
	Read:     RawRead,
	Write:    RawWrite,
	Accept:   RawAccept,
	Connect:  RawConnect,
	Recvfrom: rawRecvfrom,
	Sendto:   rawSendto,
	Close:    unix.Close,

	ReadNowait:  rawReadNowait,
	WriteNowait: rawWriteNowait,
}

// Calls is a table of system calls. None of them waits: a call that would, fails with EAGAIN. On
// the BSDs there is an exception, see rawReadNowait there.
type Calls struct {
	Read     func(fd int, p []byte) (int, unix.Errno)
	Write    func(fd int, p []byte) (int, unix.Errno)
	Accept   func(fd int, sa *Sockaddr) (int, unix.Errno)
	Connect  func(fd int, sa *Sockaddr) unix.Errno
	Recvfrom func(fd int, p []byte, sa *Sockaddr) (int, unix.Errno)
	Sendto   func(fd int, p []byte, sa *Sockaddr) (int, unix.Errno)
	Close    func(fd int) error

	// For descriptors that are not sockets. On Linux they do not wait in blocking mode either.
	ReadNowait  func(fd int, p []byte) (int, unix.Errno)
	WriteNowait func(fd int, p []byte) (int, unix.Errno)
}

// Dup returns a copy of fd that child processes do not inherit.
func Dup(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

// Close closes fd. It does not retry on EINTR: the number is free then, and may be in use again.
func Close(fd int) error { return Sys.Close(fd) }
