//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package socket

import "golang.org/x/sys/unix"

// Sys is every system call that moves data, so that tests can make the n-th one fail. What each is made of is said in a file for the system.
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

type Calls struct {
	Read     func(fd int, p []byte) (int, unix.Errno)
	Write    func(fd int, p []byte) (int, unix.Errno)
	Accept   func(fd int, sa *Sockaddr) (int, unix.Errno)
	Connect  func(fd int, sa *Sockaddr) unix.Errno
	Recvfrom func(fd int, p []byte, sa *Sockaddr) (int, unix.Errno)
	Sendto   func(fd int, p []byte, sa *Sockaddr) (int, unix.Errno)
	Close    func(fd int) error

	ReadNowait  func(fd int, p []byte) (int, unix.Errno) // Linux
	WriteNowait func(fd int, p []byte) (int, unix.Errno)
}

// Dup returns a copy of fd that no child process gets.
func Dup(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

func Close(fd int) error { return Sys.Close(fd) } // EINTR must not be retried: the number is free
