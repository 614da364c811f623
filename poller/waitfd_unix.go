//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A borrowed is a descriptor of somebody else while tasks of a hub wait for it.
type borrowed struct {
	d     desc
	users int
}

// borrowedOf is the descriptors that a hub has borrowed.
var borrowedOf = newHubLocal[map[int]*borrowed]()

// waitForFD is WaitRead and WaitWrite, of package poller, outside of a simulation.
func waitForFD(fd int, deadline time.Time, write bool) error {
	at := instantOf(deadline)
	h := currentHub()
	if h == nil || h.current == nil {
		mayBlock(h)
		return blockFD(fd, at, write)
	}
	b, err := borrow(h, fd)
	if b == nil {
		return err
	}
	s := &b.d.rd
	if write {
		s = &b.d.wr
	}
	b.d.mu.Lock()
	for !s.ready && err == nil {
		err = s.park(h, at)
	}
	b.d.mu.Unlock()
	if b.users--; b.users == 0 {
		delete(*borrowedOf.of(h), fd)
		b.d.close(h)
	}
	raise(h, err)
	return err
}

// borrow watches fd for one more user. Without a result and an error, fd is
// always ready.
func borrow(h *hub, fd int) (*borrowed, error) {
	all := borrowedOf.of(h)
	if b := (*all)[fd]; b != nil {
		b.d.mu.Lock()
		b.d.rd.ready, b.d.wr.ready = false, false
		b.d.mu.Unlock()
		if err := h.io.sel.Rearm(b.d.fd, b.d.id); err != nil {
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
		b.users++
		return b, nil
	}
	b := &borrowed{users: 1}
	b.d.borrows = true
	err := b.d.watch(h, fd)
	if err == unix.EEXIST { // it is a socket of ours: watch a copy
		copied, err := socket.Dup(fd)
		if err != nil {
			return nil, os.NewSyscallError("fcntl", err)
		}
		b.d.borrows = false
		if err := b.d.watch(h, copied); err != nil {
			socket.Close(copied)
			return nil, os.NewSyscallError("epoll_ctl", err)
		}
	} else if err == unix.EPERM {
		return nil, nil // such files do not block
	} else if err != nil {
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	if *all == nil {
		*all = make(map[int]*borrowed)
	}
	(*all)[fd] = b
	return b, nil
}

// blockFD is waitForFD for a goroutine without a hub.
func blockFD(fd int, at int64, write bool) error {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	if write {
		p[0].Events = unix.POLLOUT
	}
	for {
		timeout := int64(-1)
		if at != noInstant {
			timeout = max(at-nanotime(), 0)
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
		case at != noInstant && nanotime() >= at:
			return os.ErrDeadlineExceeded
		}
	}
}
