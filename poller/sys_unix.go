//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import "golang.org/x/sys/unix"

// sys is every system call that moves data or waits, so that tests can make the
// n-th one fail. What each is made of is said in a file for the system.
var sys = sysTable{
	wait:     waitForEvents,
	read:     rawRead,
	write:    rawWrite,
	accept:   rawAccept,
	connect:  rawConnect,
	recvfrom: rawRecvfrom,
	sendto:   rawSendto,
	close:    unix.Close,

	readNowait:  rawReadNowait,
	writeNowait: rawWriteNowait,
}

type sysTable struct {
	selector func() (selector, error) // nil: openSelector, which would be a cycle here
	wait     func(p *backend, n int, timeout int64) (int, unix.Errno)
	read     func(fd int, p []byte) (int, unix.Errno)
	write    func(fd int, p []byte) (int, unix.Errno)
	accept   func(fd int, sa *rawSockaddr) (int, unix.Errno)
	connect  func(fd int, sa *rawSockaddr) unix.Errno
	recvfrom func(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno)
	sendto   func(fd int, p []byte, sa *rawSockaddr) (int, unix.Errno)
	close    func(fd int) error

	readNowait  func(fd int, p []byte) (int, unix.Errno) // Linux
	writeNowait func(fd int, p []byte) (int, unix.Errno)
}

func newSelector() (selector, error) {
	if sys.selector != nil {
		return sys.selector()
	}
	return openSelector()
}

// dupFD returns a copy of fd that no child process gets.
func dupFD(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

func closeFD(fd int) error { return sys.close(fd) } // EINTR must not be retried: the number is free

// milliseconds rounds a timeout up, so that no timer fires early, and clamps it
// to what fits in the kernel's int.
func milliseconds(ns int64) int {
	const most = 1 << 30
	switch {
	case ns < 0:
		return -1
	case ns/1e6 >= most:
		return most
	}
	return int((ns + 1e6 - 1) / 1e6)
}
