//go:build linux && !poller_std && !poller_poll

package selector

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// An eventfd wakes an epoll. It is watched edge-triggered, so that each write is
// an event of its own and it need not be read: 64 bits do not overflow.
type eventfd struct {
	fd     int
	mu     runtimepatch.Mutex // excludes a write to fd after its number is in use again
	closed bool
}

func (w *eventfd) open() error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	w.fd = fd
	return os.NewSyscallError("eventfd2", err)
}

func (w *eventfd) wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	one := uint64(1)
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(w.fd), uintptr(unsafe.Pointer(&one)), 8)
		if errno != unix.EINTR {
			return
		}
	}
}

func (w *eventfd) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return os.NewSyscallError("close", socket.Close(w.fd))
}
