//go:build !poller_std

package socket

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// On macOS nothing that makes a descriptor takes flags: they are set afterwards,
// with syscall.ForkLock held so that no child process gets the descriptor between.

// AcceptName is the name of the system call of Calls.Accept, for errors.
const AcceptName = "accept"

func openSocket(domain, kind int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := unix.Socket(domain, kind, 0)
	if err != nil {
		return -1, err
	}
	return fd, unshared(fd)
}

// acceptFD may hold the lock, since the listener does not block.
func acceptFD(fd int) (int, syscall.Sockaddr, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	n, sa, err := syscall.Accept(fd)
	if err != nil {
		return -1, nil, err
	}
	return n, sa, unshared(n)
}

// OpenPipe makes a pipe that does not block at either end.
func OpenPipe() (r, w int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return -1, -1, err
	}
	if err := unshared(p[0]); err != nil {
		unix.Close(p[1])
		return -1, -1, err
	}
	if err := unshared(p[1]); err != nil {
		unix.Close(p[0])
		return -1, -1, err
	}
	return p[0], p[1], nil
}

// unshared keeps a new descriptor from children, and makes it non-blocking. If
// that fails, fd is closed.
func unshared(fd int) error {
	unix.CloseOnExec(fd)
	err := unix.SetNonblock(fd, true)
	if err != nil {
		unix.Close(fd)
	}
	return err
}

// The options of setKeepAlivePeriod.
const (
	KeepIdle     = unix.TCP_KEEPALIVE
	KeepInterval = unix.TCP_KEEPINTVL
)
