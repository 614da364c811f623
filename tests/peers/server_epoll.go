package main

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollLoop is what one writes by hand, with raw system calls and nothing else:
// one level-triggered loop, one buffer, no state for a connection unless its
// peer does not read. When descriptors run out it spins, as such loops do.
type epollLoop struct {
	epoll, listener int
	buf             []byte
	pending         map[int32][]byte // output that the kernel did not take
}

func serveEpoll(ready func(addr string)) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(fd, 1<<16); err != nil { // the system has its own limit
		return err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	l := epollLoop{epoll: epoll, listener: fd, buf: make([]byte, 64<<10), pending: make(map[int32][]byte)}
	if err := l.control(unix.EPOLL_CTL_ADD, int32(fd), unix.EPOLLIN); err != nil {
		return err
	}
	ready(localAddr(fd))
	return l.run()
}

func localAddr(fd int) string {
	sa := must(unix.Getsockname(fd)).(*unix.SockaddrInet4)
	return fmt.Sprintf("127.0.0.1:%d", sa.Port)
}

func (l *epollLoop) control(op int, fd int32, events uint32) error {
	return unix.EpollCtl(l.epoll, op, int(fd), &unix.EpollEvent{Events: events, Fd: fd})
}

// epollWait looks, and then waits if there was nothing. A goroutine that is not
// scheduled anew for 10 ms, as none of this one's system calls does it, has its
// processor taken away in each of them by the runtime's monitor, which then looks
// 50,000 times a second. Hence Gosched.
func epollWait(epoll int, events []unix.EpollEvent, wait bool) (int, error) {
	p := uintptr(unsafe.Pointer(&events[0]))
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), p, uintptr(len(events)), 0, 0, 0)
	if n == 0 && errno == 0 && wait {
		runtime.Gosched()
		n, _, errno = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), p, uintptr(len(events)), ^uintptr(0), 0, 0)
	}
	if errno == unix.EINTR {
		return 0, nil
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (l *epollLoop) run() error {
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := epollWait(l.epoll, events, true)
		if err != nil {
			return err
		}
		for i := range events[:n] {
			switch e := &events[i]; {
			case int(e.Fd) == l.listener:
				l.accept()
			case e.Events&unix.EPOLLOUT != 0:
				l.flush(e.Fd)
			default:
				l.echo(e.Fd)
			}
		}
	}
}

func (l *epollLoop) accept() {
	for {
		fd, _, err := unix.Accept4(l.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if l.control(unix.EPOLL_CTL_ADD, int32(fd), unix.EPOLLIN) != nil {
			unix.Close(fd)
		}
	}
}

func (l *epollLoop) echo(fd int32) {
	n, _, errno := rawIO(unix.SYS_READ, fd, l.buf)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
	case errno != 0 || n == 0:
		unix.Close(int(fd))
	default:
		l.write(fd, l.buf[:n])
	}
}

// write writes data, and keeps what the kernel does not take; nothing more is
// read until it has.
func (l *epollLoop) write(fd int32, data []byte) {
	n, _, errno := rawIO(unix.SYS_WRITE, fd, data)
	switch {
	case errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR:
		delete(l.pending, fd)
		unix.Close(int(fd))
		return
	case errno != 0:
		n = 0
	}
	before := l.pending[fd] != nil
	switch rest := data[n:]; {
	case len(rest) > 0 && !before:
		l.pending[fd] = append([]byte(nil), rest...)
		l.control(unix.EPOLL_CTL_MOD, fd, unix.EPOLLOUT)
	case len(rest) > 0:
		l.pending[fd] = rest
	case before:
		delete(l.pending, fd)
		l.control(unix.EPOLL_CTL_MOD, fd, unix.EPOLLIN)
	}
}

func (l *epollLoop) flush(fd int32) { l.write(fd, l.pending[fd]) }

func rawIO(call uintptr, fd int32, p []byte) (n, _ uintptr, errno syscall.Errno) {
	return syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)))
}
