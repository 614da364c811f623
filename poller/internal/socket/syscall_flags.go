//go:build (dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package socket

import "golang.org/x/sys/unix"

// Systems on which a descriptor is non-blocking, and closed in children, from the
// call that makes it.

func openSocket(domain, kind int) (int, error) {
	return unix.Socket(domain, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
}

// OpenPipe makes a pipe that does not block at either end.
func OpenPipe() (r, w int, err error) {
	var p [2]int
	err = unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC)
	return p[0], p[1], err
}
