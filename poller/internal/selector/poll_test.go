//go:build poller_poll && (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/testfd"
)

// What the system says of a descriptor that was removed meanwhile is dropped, also
// if the number is in use again.
func TestPoll_staleEvent(t *testing.T) {
	s, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, b := testfd.Pair(t)
	unix.Write(b, []byte("x"))
	if err := s.Add(a, 1); err != nil {
		t.Fatal(err)
	}
	p := s.(*pollSelector)
	p.begin(false)
	if n, errno := WaitForEvents(p, len(p.raw), 0); n != 1 || errno != 0 {
		t.Fatal(n, errno)
	}
	s.Remove(a)
	if err := s.Add(a, 2); err != nil {
		t.Fatal(err)
	}
	var events [8]Event
	if n := p.collect(events[:]); n != 0 {
		t.Errorf("%v", events[:n])
	}
	collect(t, s, 2, Readable|Writable)
}
