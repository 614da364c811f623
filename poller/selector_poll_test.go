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
	p := s.(*pollSelector)
	p.begin(false)
	if n, errno := waitForEvents(p, len(p.raw), 0); n != 1 || errno != 0 {
		t.Fatal(n, errno)
	}
	s.remove(a)
	if err := s.add(a, 2); err != nil {
		t.Fatal(err)
	}
	var events [8]event
	if n := p.collect(events[:]); n != 0 {
		t.Errorf("%v", events[:n])
	}
	collect(t, s, 2, readyRead|readyWrite)
}
