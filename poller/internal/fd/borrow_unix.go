//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package fd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A borrowed is a descriptor that the user owns, while tasks of a hub wait for it. Its FD
// only serves the waits: no call is made on it, and it has no owner of a direction.
type borrowed struct {
	d     FD
	users int // tasks that wait
}

// Borrowed is the descriptors that a hub has borrowed, by number. An entry lives as long as
// a task waits: the user may close the number at any other time.
var Borrowed = sched.NewHubLocal[map[int]*borrowed]()

// Wait is WaitRead and WaitWrite of package poller, outside of a simulation: it returns when
// fd may be ready, or os.ErrDeadlineExceeded. Outside of a task it blocks in poll(2).
func Wait(fd int, deadline time.Time, write bool) error {
	at := sched.InstantOf(deadline)
	h := sched.Here()
	if h == nil || h.Current == nil {
		sched.MayBlock(h)
		return block(fd, at, write)
	}
	b, err := borrow(h, fd)
	if b == nil {
		return err
	}
	s := &b.d.Rd
	if write {
		s = &b.d.Wr
	}
	// Ready is not cleared here: an event wakes all tasks that wait for the direction, and
	// each of them returns. borrow clears it for a task that begins to wait later.
	b.d.Mu.Lock()
	for !s.Ready && err == nil {
		err = s.Park(h, at)
	}
	b.d.Mu.Unlock()
	if b.users--; b.users == 0 {
		// The last task unregisters the number, which may mean another file from now on.
		delete(*Borrowed.Of(h), fd)
		b.d.Close(h)
	}
	sched.Raise(h, err)
	return err
}

// borrow watches fd for one more task, and has its readiness reported anew, since readiness
// is edge-triggered and the user's own system calls go unnoticed. If both results are nil,
// fd is always ready.
func borrow(h *sched.Hub, fd int) (*borrowed, error) {
	all := Borrowed.Of(h)
	if b := (*all)[fd]; b != nil {
		// Readiness that an earlier event has reported may be stale: clear it, and have the
		// selector report the present one.
		b.d.Mu.Lock()
		b.d.Rd.Ready, b.d.Wr.Ready = false, false
		b.d.Mu.Unlock()
		if err := h.IO.Sel.Rearm(b.d.Sysfd, b.d.id); err != nil {
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
		b.users++
		return b, nil
	}
	b := &borrowed{users: 1}
	b.d.Borrows = true
	// The background hub's and other hubs' selectors may watch the same number: each selector
	// reports to its own hub.
	err := b.d.Watch(h, fd)
	if err == unix.EEXIST { // the selector watches it for an FD already: watch a copy
		copied, err := socket.Dup(fd)
		if err != nil {
			return nil, os.NewSyscallError("fcntl", err)
		}
		b.d.Borrows = false // the copy is closed with b.d
		if err := b.d.Watch(h, copied); err != nil {
			socket.Close(copied)
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
	} else if err == unix.EPERM {
		return nil, nil // a regular file or the like, which never blocks
	} else if err != nil {
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	if *all == nil {
		*all = make(map[int]*borrowed)
	}
	(*all)[fd] = b
	return b, nil
}

// block is Wait for a goroutine without a hub.
func block(fd int, at int64, write bool) error {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if write {
		p[0].Events = unix.POLLOUT
	}
	for { // a signal restarts the wait with the time that remains
		timeout := int64(-1)
		if at != sched.Never {
			timeout = max(at-sched.Nanotime(), 0)
		}
		n, err := unix.Poll(p, selector.Milliseconds(timeout))
		switch {
		case err == unix.EINTR:
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n > 0 && p[0].Revents&unix.POLLNVAL != 0:
			return os.NewSyscallError("poll", unix.EBADF)
		case n > 0:
			return nil
		case at != sched.Never && sched.Nanotime() >= at:
			return os.ErrDeadlineExceeded
		}
	}
}
