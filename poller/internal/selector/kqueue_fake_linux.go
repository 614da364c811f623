//go:build !poller_std

package selector

import "golang.org/x/sys/unix"

// A fakeKernel is a kqueueKernel on Linux. Each filter has an epoll of its own, so that, as
// with kqueue, a change in one direction makes no event of the other. It tests the logic of
// the selector where no kqueue is; the behaviour of the kernels of macOS and the BSDs is
// known from their manuals only.
type fakeKernel struct {
	hasUser bool // there is a filter for wake-ups
	refuse  map[kfilter]unix.Errno
	stale   []kevent // the next wait reports these first, as if they had been on their way

	both    int // watches the others, by level
	filters [2]int
	user    int // an eventfd
	raw     [Batch]unix.EpollEvent
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
	if _, err := unix.EpollWait(k.both, k.raw[:4], Milliseconds(timeout)); err != nil {
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

// OpenFakeKqueue makes a kqueue over a fakeKernel, for tests.
func OpenFakeKqueue(hasUser bool) (Selector, error) {
	k, err := newFakeKernel(hasUser)
	if err != nil {
		return nil, err
	}
	return openKqueue(k)
}
