package fd

import (
	"net"
	"syscall"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// An FD is a descriptor that a hub watches: its readiness, its waiters, and its deadlines.
// It can be used from any goroutine. Mu guards all fields, except those that are set
// before Watch and never change: Hub, Sysfd, id, Borrows, IsFile and OnClose. Mu is held for
// a few instructions at a time, never across a system call that moves data, and never while
// a caller parks.
//
// Each direction is used by one call at a time, from its first byte to its last,
// as net.Conn promises; others queue for it in order.
type FD struct {
	Mu      runtimepatch.Mutex
	Hub     *sched.Hub // that watches it; callers may have another hub, or none
	Sysfd   int
	id      uint64 // in the selector's events
	calls   int32  // system calls in progress; close(2) waits for them
	Closing bool   // no new calls
	closed  bool   // close(2) was called
	Borrows bool   // Sysfd belongs to the user, or another FD: do not close it

	IsFile  bool   // not a socket: see readFile
	Idle    int64  // nanoseconds that a wait for readiness may take; 0 means no limit
	OnClose func() // called with Mu held before Sysfd is closed; nil means nothing

	// ShortReadDrains: a read of a TCP socket that returns less than was asked for has
	// emptied the socket, so the next read parks without a system call that would fail. Not
	// so for other kinds: Unix sockets and pipes stop at boundaries of messages and of
	// passed descriptors, and a TCP socket at urgent data.
	ShortReadDrains bool

	Rd, Wr Direction
}

// A Direction is one direction of an FD, guarded by FD.Mu. The owner is the call for which
// Busy was set; it alone clears Ready before a try, and parks in IO again and again until it
// has finished.
type Direction struct {
	D        *FD
	Ready    bool        // a try may succeed: set by events, cleared by a try, set again if there may be more
	Ended    bool        // hung up: a try never blocks again, though no event will come
	Busy     bool        // a call owns the direction
	mayBlock bool        // the system call has no non-blocking form; used by the owner only, see readFile
	Turn     sched.Queue // contenders for the ownership, in order
	IO       sched.Queue // waiters for Ready: the owner, WaitReadable, and WaitRead of package poller
	expired  bool        // the deadline has passed
	deadline *deadline   // nil as long as none was set
}

// Close ends d: all waits on it end with net.ErrClosed, and when no system
// call is in progress, the descriptor is closed. It reports whether it was open. here is the
// calling goroutine's hub, or nil. Close does not park.
func (d *FD) Close(here *sched.Hub) bool {
	d.Mu.Lock()
	if d.Closing || d.Hub == nil { // not the descriptor 0 of the zero FD
		d.Mu.Unlock()
		return false
	}
	d.Closing = true
	// The owner of a direction, if it is parked, is in IO too; in a system call, it finds
	// Closing when it next locks Mu.
	for _, s := range [...]*Direction{&d.Rd, &d.Wr} {
		s.Turn.WakeAll(here, net.ErrClosed)
		s.IO.WakeAll(here, net.ErrClosed)
		if s.deadline != nil {
			s.deadline.at = sched.Never // an Expire or a posted arm that is under way does nothing
		}
	}
	if d.calls == 0 {
		d.destroy()
	}
	closed := d.closed
	d.Mu.Unlock()
	// The calls in progress are on other goroutines and cannot block, so the last of them
	// closes the descriptor soon: so the number, and a listener's port, are free when Close
	// returns. Only a user's callback (SyscallConn) may take longer; it is not waited for.
	for i := 0; !closed && i < 100; i++ {
		runtimepatch.Gosched()
		d.Mu.Lock()
		closed = d.closed
		d.Mu.Unlock()
	}
	return true
}

// destroy closes the descriptor, with Mu held. It is taken out of the selector first:
// another process may hold a copy, which would keep the registration alive.
func (d *FD) destroy() {
	d.closed = true
	h := d.Hub
	d.disarm()
	h.IO.Sel.Remove(d.Sysfd)
	if d.OnClose != nil {
		d.OnClose()
	}
	if !d.Borrows {
		socket.Close(d.Sysfd)
		descriptorFreed()
	}
	if h.IO.Slots.Drop(d.id) && h.IsShared {
		h.Post(func(*sched.Hub) {}) // wakes the background goroutine, which may end now
	}
}

// IsClosing reports whether Close has been called.
func (d *FD) IsClosing() bool {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return d.Closing
}

// unusable returns an error if d is closed, or the zero FD, which stands for no descriptor; in
// particular not for 0. Mu is held.
func (d *FD) unusable() error {
	switch {
	case d.Hub == nil:
		return syscall.EINVAL
	case d.Closing:
		return net.ErrClosed
	}
	return nil
}
