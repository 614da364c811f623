package doctor

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelFacts tries the system calls that the poller uses or could use: a container's filter
// may refuse calls that its kernel has.
func kernelFacts() []fact {
	return []fact{
		{"kernel", kernelName()},
		{"epoll_pwait2", probeEpoll()},
		{"eventfd", probeEventfd()},
		{"io_uring", probeUring()},
		{"open files", openFiles()},
		{"listen queue", strings.TrimSpace(readText("/proc/sys/net/core/somaxconn"))},
	}
}

// kernelName is the output of `uname -srm`.
func kernelName() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "Linux, uname: " + err.Error()
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
}

// readText returns the text of a file, "?" if it cannot be read.
func readText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "?"
	}
	return string(text)
}

// answer writes the outcome of a probing call.
func answer(err error) string {
	if err != nil {
		return "no: " + err.Error()
	}
	return "yes"
}

// probeEpoll tries epoll_pwait2, whose timeouts are in nanoseconds, with none.
func probeEpoll() string {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return "no epoll at all: " + err.Error()
	}
	defer unix.Close(fd)
	var events [1]unix.EpollEvent
	var zero unix.Timespec
	_, _, errno := unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), 1,
		uintptr(unsafe.Pointer(&zero)), 0, 0)
	if errno != 0 {
		return "no: " + errno.Error() + "; timers are as fine as epoll_wait's milliseconds"
	}
	return "yes"
}

// probeEventfd tries the descriptor that wakes a hub from another goroutine.
func probeEventfd() string {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		unix.Close(fd)
	}
	return answer(err)
}

// probeUring sets up a ring of one entry. Package poller does not use io_uring; docs/files.md
// has the reasons.
func probeUring() string {
	var params [120]byte // struct io_uring_params
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params[0])), 0)
	if errno != 0 {
		text := answer(errno)
		if v := strings.TrimSpace(readText("/proc/sys/kernel/io_uring_disabled")); v != "?" {
			text += "; kernel.io_uring_disabled = " + v
		}
		return text
	}
	unix.Close(int(fd))
	return "yes; not used"
}

// openFiles writes the limits on descriptors, which bound the number of connections.
func openFiles() string {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return "?"
	}
	return fmt.Sprintf("at most %d, the limit can be raised to %d", r.Cur, r.Max)
}
