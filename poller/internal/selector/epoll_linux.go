//go:build linux && !poller_std && !poller_poll

package selector

import (
	"errors"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// epoll is the selector of Linux. Each descriptor is registered once, with all
// events, edge-triggered, and never modified but by Rearm.
type epoll struct {
	fd    int
	waker eventfd
	raw   [Batch]unix.EpollEvent

	mu     runtimepatch.Mutex // guards closed, and excludes a call on fd after its number is in use again
	closed bool

	coarse bool // do not use epoll_pwait2: timeouts are milliseconds
}

const epollEvents = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET

// LevelTriggered reports whether Want must be called, see Selector.
const LevelTriggered = false

// Backend is the selector that Sys.Wait waits on.
type Backend = epoll

// wakerID is the id of events of the waker: package sched gives no descriptor the id 0.
const wakerID = 0

// NoPwait2 is set once epoll_pwait2 has failed with ENOSYS (before Linux 5.11).
var NoPwait2 atomic.Bool

// Open makes a selector of the system's, as New does unless Sys.Open is replaced.
func Open() (Selector, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	p := &epoll{fd: fd}
	if err := p.waker.open(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := p.Add(p.waker.fd, wakerID); err != nil {
		p.Close()
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	return p, nil
}

// Descriptor returns the epoll descriptor, which is readable while there are events.
func (p *epoll) Descriptor() int { return p.fd }

func (p *epoll) Add(fd int, id uint64) error   { return p.control(unix.EPOLL_CTL_ADD, fd, id) }
func (p *epoll) Rearm(fd int, id uint64) error { return p.control(unix.EPOLL_CTL_MOD, fd, id) }
func (p *epoll) Remove(fd int) error           { return p.control(unix.EPOLL_CTL_DEL, fd, 0) }

func (p *epoll) Want(int, Readiness) {}

func (p *epoll) control(op, fd int, id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	ev := unix.EpollEvent{Events: epollEvents, Fd: int32(uint32(id)), Pad: int32(uint32(id >> 32))}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&ev)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func (p *epoll) Wait(events []Event, timeout int64) (int, error) {
	n, errno := Sys.Wait(p, min(len(events), len(p.raw)), timeout) // WaitForEvents, unless a test has replaced it
	switch errno {
	case 0:
	case unix.EINTR:
		return 0, nil
	default:
		return 0, os.NewSyscallError("epoll_wait", errno)
	}
	k := 0
	for i := range p.raw[:n] {
		ev := &p.raw[i]
		id := uint64(uint32(ev.Fd)) | uint64(uint32(ev.Pad))<<32
		if id == wakerID {
			continue
		}
		events[k] = Event{id, translateEpoll(ev.Events)}
		k++
	}
	return k, nil
}

// translateEpoll returns the Readiness of an event. Hang-ups and errors make a descriptor
// ready in both directions, since only read and write report the cause.
func translateEpoll(e uint32) (r Readiness) {
	if e&unix.EPOLLIN != 0 {
		r |= Readable
	}
	if e&unix.EPOLLOUT != 0 {
		r |= Writable
	}
	if e&unix.EPOLLPRI != 0 {
		r |= Readable | Urgent
	}
	if e&unix.EPOLLRDHUP != 0 {
		r |= Readable | Hangup
	}
	if e&(unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		r |= Readable | Writable | Hangup
	}
	return r
}

// kernelTimespec is struct __kernel_timespec: 64 bits on every CPU.
type kernelTimespec struct{ sec, nsec int64 }

// WaitForEvents is the system call. With timeout 0 it is a raw one, unknown to the Go
// scheduler, which is faster and right for a call that cannot block. Otherwise the Go
// scheduler gives the processor to other goroutines.
func WaitForEvents(p *epoll, n int, timeout int64) (int, unix.Errno) {
	raw := uintptr(unsafe.Pointer(&p.raw[0]))
	if timeout == 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), raw, uintptr(n), 0, 0, 0)
		return int(n), errno
	}
	if timeout > 0 && !p.coarse && !NoPwait2.Load() {
		ts := kernelTimespec{timeout / 1e9, timeout % 1e9}
		n, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), raw, uintptr(n),
			uintptr(unsafe.Pointer(&ts)), 0, 0)
		if errno != unix.ENOSYS {
			return int(n), errno
		}
		NoPwait2.Store(true)
	}
	n2, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), raw, uintptr(n), uintptr(Milliseconds(timeout)), 0, 0)
	return int(n2), errno
}

func (p *epoll) Wake() { p.waker.wake() }

func (p *epoll) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return errors.Join(p.waker.close(), os.NewSyscallError("close", socket.Close(p.fd)))
}
