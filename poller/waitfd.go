package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// WaitRead waits until a read of the descriptor fd would not block: data, end of
// file or an error is there. It is for descriptors that are not this package's:
// of pipes, terminals, timers, other libraries. The time limit is deadline, unless
// it is the zero Time.
//
// It returns nil when fd is ready, at once for a regular file, which always is;
// os.ErrDeadlineExceeded; an error of the system call if fd is no descriptor; or, on
// systems without a readiness backend, an *UnsupportedError. Readiness may be gone by the
// time that fd is read, if fd has other readers: it should be in non-blocking mode.
//
// fd must stay open during the wait: a waiter is not woken by a close outside this package.
// Several tasks may wait for one fd at once.
//
// In a goroutine without a hub, it blocks the goroutine.
func WaitRead(fd int, deadline time.Time) error {
	return waitFD(fd, deadline, false)
}

// WaitWrite is WaitRead for writing.
func WaitWrite(fd int, deadline time.Time) error {
	return waitFD(fd, deadline, true)
}

// waitFD is WaitRead, or with write WaitWrite, of a descriptor.
func waitFD(number int, deadline time.Time, write bool) error {
	if err := sched.RefuseSimulated("wait for a descriptor"); err != nil {
		return err
	}
	return fd.Wait(number, deadline, write)
}
