//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import "golang.org/x/sys/unix"

// Sys is the backend and its waiting system call. Only tests replace them.
var Sys struct {
	Open func() (Selector, error)
	Wait func(p *Backend, n int, timeout int64) (int, unix.Errno)
}

func init() { Sys.Open, Sys.Wait = Open, WaitForEvents } // both refer to Sys

// New returns a selector that watches nothing yet.
func New() (Selector, error) { return Sys.Open() }

// Milliseconds rounds a timeout up, so that no timer fires early, and clamps it to the
// range of the kernel's int.
func Milliseconds(ns int64) int {
	const most = 1 << 30
	switch {
	case ns < 0:
		return -1
	case ns/1e6 >= most:
		return most
	}
	return int((ns + 1e6 - 1) / 1e6)
}
