//go:build linux && !poller_std

package poller

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A fakeKernel is a kqueueKernel on Linux. Each filter has an epoll of its own, so
// that, as with kqueue, what happens in one direction makes no event of the
// other. It tests the logic of the selector where no kqueue is; what the kernels
// of macOS and the BSDs do is known from their manuals only.
type fakeKernel struct {
	hasUser bool // there is a filter for wake-ups
	refuse  map[kfilter]unix.Errno
	stale   []kevent // the next wait reports these first, as if they had been on their way

	both    int // watches the others, by level
	filters [2]int
	user    int // an eventfd
	raw     [eventBatch]unix.EpollEvent
}

var fakeEvents = [2]uint32{
	kfilterRead:  unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET,
	kfilterWrite: unix.EPOLLOUT | unix.EPOLLET,
}

func newFakeKernel(hasUser bool) (k *fakeKernel, err error) {
	k = &fakeKernel{hasUser: hasUser}
	var failed error
	check := func(fd int, err error) int {
		if err != nil {
			failed = err
		}
		return fd
	}
	k.both = check(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
	k.user = check(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
	for f := range k.filters {
		k.filters[f] = check(unix.EpollCreate1(unix.EPOLL_CLOEXEC))
	}
	for _, fd := range []int{k.user, k.filters[0], k.filters[1]} {
		check(0, unix.EpollCtl(k.both, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}))
	}
	return k, failed
}

func (k *fakeKernel) change(add bool, fd int, serial uint32, filters ...kfilter) unix.Errno {
	for _, f := range filters {
		errno := k.refuse[f]
		switch {
		case f == kfilterUser && !k.hasUser:
			errno = unix.EINVAL
		case f == kfilterUser || errno != 0:
		default:
			errno = k.control(add, fd, serial, f)
		}
		if errno != 0 {
			return errno
		}
	}
	return 0
}

func (k *fakeKernel) control(add bool, fd int, serial uint32, f kfilter) unix.Errno {
	ev := unix.EpollEvent{Events: fakeEvents[f], Fd: int32(fd), Pad: int32(serial)}
	op := unix.EPOLL_CTL_ADD
	if !add {
		op = unix.EPOLL_CTL_DEL
	}
	err := unix.EpollCtl(k.filters[f], op, fd, &ev)
	if err == unix.EEXIST {
		err = unix.EpollCtl(k.filters[f], unix.EPOLL_CTL_MOD, fd, &ev)
	}
	if err != nil {
		return err.(unix.Errno)
	}
	return 0
}

func (k *fakeKernel) wait(events []kevent, timeout int64) (n int, errno unix.Errno) {
	if n := copy(events, k.stale); n > 0 {
		k.stale = nil
		return n, 0
	}
	if _, err := unix.EpollWait(k.both, k.raw[:4], milliseconds(timeout)); err != nil {
		return 0, err.(unix.Errno)
	}
	for f, ep := range k.filters {
		m := 0
		if n < len(events) {
			m, _ = unix.EpollWait(ep, k.raw[:len(events)-n], 0)
		}
		for _, ev := range k.raw[:max(m, 0)] {
			e := kevent{fd: int(ev.Fd), filter: kfilter(f), serial: uint32(ev.Pad)}
			if ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
				e.flags |= keventEOF
			}
			events[n] = e
			n++
		}
	}
	if n < len(events) {
		if _, err := unix.Read(k.user, make([]byte, 8)); err == nil {
			events[n] = kevent{filter: kfilterUser}
			n++
		}
	}
	return n, 0
}

func (k *fakeKernel) trigger() { unix.Write(k.user, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (k *fakeKernel) close() error {
	for _, fd := range []int{k.both, k.user, k.filters[0], k.filters[1]} {
		unix.Close(fd)
	}
	return nil
}

func openFake(hasUser bool) (selector, error) {
	k, err := newFakeKernel(hasUser)
	if err != nil {
		return nil, err
	}
	return openKqueue(k)
}

func init() {
	selectors["kqueue, woken by a filter"] = func() (selector, error) { return openFake(true) }
	selectors["kqueue, woken by a pipe"] = func() (selector, error) { return openFake(false) }
}

func TestKqueue_translate(t *testing.T) {
	for _, c := range []struct {
		filter kfilter
		flags  uint32
		want   readiness
	}{
		{kfilterRead, 0x20, readyRead}, // EV_CLEAR comes back with each event
		{kfilterWrite, 0x20, readyWrite},
		{kfilterRead, 0x20 | keventEOF, readyRead | readyWrite | readyHangup},
		{kfilterWrite, 0x20 | keventEOF, readyWrite},
		{kfilterRead, keventError, readyRead | readyWrite | readyHangup},
		{kfilterWrite, keventError, readyRead | readyWrite | readyHangup},
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
	t.Cleanup(func() { s.close() })
	return s.(*kqueue), k
}

// An event that was on its way when its descriptor was removed is dropped, also if
// the number is in use again.
func TestKqueue_staleEvent(t *testing.T) {
	s, k := openKqueueTest(t)
	a, _ := socketPair(t)
	var events [8]event
	if err := s.add(a, 1); err != nil {
		t.Fatal(err)
	}
	old := kevent{fd: a, filter: kfilterRead, flags: keventEOF, serial: s.slot(a).serial}
	s.remove(a)
	k.stale = []kevent{old, {fd: 1 << 20, filter: kfilterRead, serial: 1}}
	if n, err := s.wait(events[:], 0); n != 0 || err != nil {
		t.Errorf("%d events of a descriptor that was removed, %v", n, err)
	}
	if err := s.add(a, 2); err != nil {
		t.Fatal(err)
	}
	k.stale = []kevent{old, {fd: a, filter: kfilterRead, serial: s.slot(a).serial}}
	if n, err := s.wait(events[:], 0); n != 1 || err != nil || events[0] != (event{2, readyRead}) {
		t.Errorf("%v, %v", events[:n], err)
	}
}

// A direction that the system refuses to watch counts as ready, once for each add
// and rearm; if it refuses both, add fails.
func TestKqueue_refusedFilter(t *testing.T) {
	for _, c := range []struct {
		refused kfilter
		want    readiness
	}{{kfilterRead, readyRead | readyHangup}, {kfilterWrite, readyWrite}} {
		s, k := openKqueueTest(t)
		a, b := socketPair(t)
		k.refuse = map[kfilter]unix.Errno{c.refused: unix.EPIPE}
		if err := s.add(a, 1); err != nil {
			t.Fatal(err)
		}
		collect(t, s, 1, c.want)
		if err := s.rearm(a, 1); err != nil {
			t.Fatal(err)
		}
		collect(t, s, 1, c.want)
		unix.Write(b, []byte("x"))
		collect(t, s, 1, (readyRead|readyWrite)&^c.want) // the other one is watched

		s.rearm(a, 1)
		s.remove(a)
		var events [8]event
		for n := 1; n > 0; {
			n, _ = s.wait(events[:], 0)
			for _, e := range events[:n] {
				t.Errorf("removed, but reported: %v", e)
			}
		}
	}
	// A wait that is under way reports it.
	s, k := openKqueueTest(t)
	a, _ := socketPair(t)
	k.refuse = map[kfilter]unix.Errno{kfilterWrite: unix.EPIPE}
	for range 50 {
		added := make(chan error)
		go func() { added <- s.add(a, 1) }()
		var events [8]event
		for n := 0; n == 0; {
			n, _ = s.wait(events[:], -1)
		}
		if err := <-added; err != nil || events[0] != (event{1, readyWrite}) {
			t.Fatal(events[0], err)
		}
		s.remove(a)
	}
	for _, refuse := range []map[kfilter]unix.Errno{
		{kfilterRead: unix.EINVAL, kfilterWrite: unix.EPIPE},
		{kfilterWrite: unix.ENOMEM},
	} {
		k.refuse = refuse
		if err := s.add(a, 1); err != refuse[kfilterRead] && err != refuse[kfilterWrite] {
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
	s, err := openFake(false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for range 70_000 {
		s.wake()
	}
	var events [8]event
	for range 3 {
		if n, err := s.wait(events[:], -1); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := unix.Read(s.(*kqueue).pipe.r, make([]byte, 1)); err != unix.EAGAIN {
			t.Errorf("not emptied: %v", err)
		}
		s.wake()
	}
}

// The tests of everything above the selector, on kqueue.
func TestKqueue_suite(t *testing.T) {
	if _, err := hubOrBackground(nil); err != nil { // it stays: let it be as usual
		t.Fatal(err)
	}
	defer func() { sys.selector = nil }()
	sys.selector = func() (selector, error) { return openFake(true) }
	for name, test := range map[string]func(t *testing.T){
		"halfClose":              TestProbe_halfClose,
		"reset":                  TestProbe_reset,
		"slowReader":             TestProbe_slowReader,
		"outOfDescriptors":       TestProbe_outOfDescriptors,
		"outOfDescriptorsReally": TestProbe_outOfDescriptorsForReal,
		"closeWakes":             TestClose_wakes,
		"numberReused":           TestClose_numberReused,
		"deadline":               TestDeadline,
		"partialWrite":           TestDeadline_partialWrite,
		"twoAtOnce":              TestConn_twoAtOnce,
		"killedReader":           TestConn_killedReader,
		"waitReadable":           TestConn_waitReadable,
		"dialErrors":             TestDial_errors,
		"dialTimeout":            TestDial_timeout,
		"waitRead":               TestWaitRead,
		"waitReadSeveral":        TestWaitRead_several,
		"waitReadOfConn":         TestWaitRead_ofConn,
		"nettestForeignHubs":     TestNettest_foreignHubs,
	} {
		t.Run(name, test)
	}
}
