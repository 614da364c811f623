//go:build linux && !poller_std

package selector

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/testfd"
)

func init() {
	selectors["kqueue, woken by a filter"] = func() (Selector, error) { return OpenFakeKqueue(true) }
	selectors["kqueue, woken by a pipe"] = func() (Selector, error) { return OpenFakeKqueue(false) }
}

func TestKqueue_translate(t *testing.T) {
	for _, c := range []struct {
		filter kfilter
		flags  uint32
		want   Readiness
	}{
		{kfilterRead, 0x20, Readable}, // EV_CLEAR comes back with each event
		{kfilterWrite, 0x20, Writable},
		{kfilterRead, 0x20 | keventEOF, Readable | Writable | Hangup},
		{kfilterWrite, 0x20 | keventEOF, Writable},
		{kfilterRead, keventError, Readable | Writable | Hangup},
		{kfilterWrite, keventError, Readable | Writable | Hangup},
	} {
		if got := translateKevent(c.filter, c.flags); got != c.want {
			t.Errorf("filter %d, flags %x: %b, want %b", c.filter, c.flags, got, c.want)
		}
	}
}

// openKqueueTest returns a selector with its kernel.
func openKqueueTest(t *testing.T) (*kqueue, *fakeKernel) {
	t.Helper()
	k, err := newFakeKernel(true)
	if err != nil {
		t.Fatal(err)
	}
	s, err := openKqueue(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*kqueue), k
}

// An event that was on its way when its descriptor was removed is dropped, also if
// the number is in use again.
func TestKqueue_staleEvent(t *testing.T) {
	s, k := openKqueueTest(t)
	a, _ := testfd.Pair(t)
	var events [8]Event
	if err := s.Add(a, 1); err != nil {
		t.Fatal(err)
	}
	old := kevent{fd: a, filter: kfilterRead, flags: keventEOF, serial: s.slot(a).serial}
	s.Remove(a)
	k.stale = []kevent{old, {fd: 1 << 20, filter: kfilterRead, serial: 1}}
	if n, err := s.Wait(events[:], 0); n != 0 || err != nil {
		t.Errorf("%d events of a descriptor that was removed, %v", n, err)
	}
	if err := s.Add(a, 2); err != nil {
		t.Fatal(err)
	}
	k.stale = []kevent{old, {fd: a, filter: kfilterRead, serial: s.slot(a).serial}}
	if n, err := s.Wait(events[:], 0); n != 1 || err != nil || events[0] != (Event{2, Readable}) {
		t.Errorf("%v, %v", events[:n], err)
	}
}

// A direction that the system refuses to watch counts as ready, once for each add
// and rearm; if it refuses both, add fails.
func TestKqueue_refusedFilter(t *testing.T) {
	for _, c := range []struct {
		refused kfilter
		want    Readiness
	}{{kfilterRead, Readable | Hangup}, {kfilterWrite, Writable}} {
		s, k := openKqueueTest(t)
		a, b := testfd.Pair(t)
		k.refuse = map[kfilter]unix.Errno{c.refused: unix.EPIPE}
		if err := s.Add(a, 1); err != nil {
			t.Fatal(err)
		}
		collect(t, s, 1, c.want)
		if err := s.Rearm(a, 1); err != nil {
			t.Fatal(err)
		}
		collect(t, s, 1, c.want)
		unix.Write(b, []byte("x"))
		collect(t, s, 1, (Readable|Writable)&^c.want) // the other one is watched

		s.Rearm(a, 1)
		s.Remove(a)
		var events [8]Event
		for n := 1; n > 0; {
			n, _ = s.Wait(events[:], 0)
			for _, e := range events[:n] {
				t.Errorf("removed, but reported: %v", e)
			}
		}
	}
	// A wait that is under way reports it.
	s, k := openKqueueTest(t)
	a, _ := testfd.Pair(t)
	k.refuse = map[kfilter]unix.Errno{kfilterWrite: unix.EPIPE}
	for range 50 {
		added := make(chan error)
		go func() { added <- s.Add(a, 1) }()
		var events [8]Event
		for n := 0; n == 0; {
			n, _ = s.Wait(events[:], -1)
		}
		if err := <-added; err != nil || events[0] != (Event{1, Writable}) {
			t.Fatal(events[0], err)
		}
		s.Remove(a)
	}
	for _, refuse := range []map[kfilter]unix.Errno{
		{kfilterRead: unix.EINVAL, kfilterWrite: unix.EPIPE},
		{kfilterWrite: unix.ENOMEM},
	} {
		k.refuse = refuse
		if err := s.Add(a, 1); err != refuse[kfilterRead] && err != refuse[kfilterWrite] {
			t.Errorf("refused %v: %v", refuse, err)
		}
		if s.slot(a) != nil {
			t.Error("still watched")
		}
	}
}

// A pipe that is full of wake-ups still wakes, and is emptied by that: not every
// system makes an event of a write that finds it full.
func TestKqueue_fullPipe(t *testing.T) {
	s, err := OpenFakeKqueue(false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 70_000 {
		s.Wake()
	}
	var events [8]Event
	for range 3 {
		if n, err := s.Wait(events[:], -1); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := unix.Read(s.(*kqueue).pipe.r, make([]byte, 1)); err != unix.EAGAIN {
			t.Errorf("not emptied: %v", err)
		}
		s.Wake()
	}
}
