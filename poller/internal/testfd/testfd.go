//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

// Package testfd makes the descriptors that tests of poller's packages watch. They do not
// block, and are closed at the end of the test.
package testfd

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Pair returns two connected sockets.
func Pair(t *testing.T) (a, b int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	return own(t, p, err)
}

// Pipe returns the two ends of a pipe.
func Pipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	err := unix.Pipe(p[:])
	return own(t, p, err)
}

func own(t *testing.T, p [2]int, err error) (int, int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range p {
		t.Cleanup(func() { unix.Close(fd) })
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
	return p[0], p[1]
}
