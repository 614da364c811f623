//go:build poller_poll && (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"testing"

	"golang.org/x/sys/unix"
)

// What the system says of a descriptor that was removed meanwhile is dropped, also
// if the number is in use again.
func TestPoll_staleEvent(t *testing.T) {
	s, err := openSelector()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	a, b := socketPair(t)
	unix.Write(b, []byte("x"))
	if err := s.add(a, 1); err != nil {
		t.Fatal(err)
	}
	saved := sys
	defer func() { sys = saved }()
	sys.wait = func(p *backend, n int, timeout int64) (int, unix.Errno) {
		n, errno := waitForEvents(p, n, timeout)
		s.remove(a)
		s.add(a, 2)
		return n, errno
	}
	var events [8]event
	if n, err := s.wait(events[:], 0); n != 0 || err != nil {
		t.Errorf("%v, %v", events[:n], err)
	}
	sys = saved
	collect(t, s, 2, readyRead|readyWrite)
}
