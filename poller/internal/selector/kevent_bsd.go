//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std && !poller_poll

package selector

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// bsdKernel is the kqueueKernel of the system.
//
// The serial number of a descriptor is in the event's field for user data, which has
// the type of a pointer on most systems, and a pointer's size on all. A number must not be
// where the garbage collector expects a pointer: so the elements are in memory that it does
// not scan, and are never copied.
type bsdKernel struct {
	fd      int
	raw     []unix.Kevent_t
	changes []unix.Kevent_t
}

// LevelTriggered reports whether Want must be called, see Selector.
const LevelTriggered = false

// Backend is the selector that Sys.Wait waits on.
type Backend = bsdKernel

// The flags that kqueue.go tests.
var (
	_ [keventEOF - unix.EV_EOF]struct{}     = [0]struct{}{}
	_ [keventError - unix.EV_ERROR]struct{} = [0]struct{}{}
)

// Open makes a selector of the system's, as New does unless Sys.Open is replaced.
func Open() (Selector, error) {
	fd, err := unix.Kqueue() // children do not inherit it
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	unix.CloseOnExec(fd)
	return openKqueue(&bsdKernel{fd, makeKevents(Batch), makeKevents(2)})
}

// makeKevents allocates n elements without pointers.
func makeKevents(n int) []unix.Kevent_t {
	words := make([]uint64, (uintptr(n)*unsafe.Sizeof(unix.Kevent_t{})+7)/8)
	return unsafe.Slice((*unix.Kevent_t)(unsafe.Pointer(&words[0])), n)
}

// keventSerial returns a pointer to the serial number in an event.
func keventSerial(e *unix.Kevent_t) *uintptr { return (*uintptr)(unsafe.Pointer(&e.Udata)) }

func (k *bsdKernel) change(add bool, fd int, serial uint32, filters ...kfilter) unix.Errno {
	flags := unix.EV_DELETE
	if add {
		flags = unix.EV_ADD | unix.EV_CLEAR
	}
	for i, filter := range filters {
		e := &k.changes[i]
		switch filter {
		case kfilterRead:
			unix.SetKevent(e, fd, unix.EVFILT_READ, flags)
		case kfilterWrite:
			unix.SetKevent(e, fd, unix.EVFILT_WRITE, flags)
		case kfilterUser:
			if !haveUserFilter {
				return unix.EINVAL
			}
			unix.SetKevent(e, fd, userFilter, flags)
		}
		e.Fflags, e.Data = 0, 0
		*keventSerial(e) = uintptr(serial)
	}
	return k.apply(len(filters))
}

// apply hands n changes to the system. It does not wait, but a signal may interrupt it; then
// all of them are made again, which is allowed.
func (k *bsdKernel) apply(n int) unix.Errno {
	for {
		_, err := unix.Kevent(k.fd, k.changes[:n], nil, nil)
		if errno := socket.ErrnoOf(err); errno != unix.EINTR {
			return errno
		}
	}
}

func (k *bsdKernel) trigger() {
	if haveUserFilter {
		e := &k.changes[0]
		unix.SetKevent(e, 0, userFilter, 0)
		e.Fflags, e.Data = noteTrigger, 0
		*keventSerial(e) = 0
		k.apply(1)
	}
}

func (k *bsdKernel) wait(events []kevent, timeout int64) (int, unix.Errno) {
	n, errno := Sys.Wait(k, min(len(events), len(k.raw)), timeout)
	if errno != 0 {
		return 0, errno
	}
	for i := range n {
		e := &k.raw[i]
		events[i] = kevent{int(e.Ident), kfilterOf(int(e.Filter)), uint32(e.Flags), uint32(*keventSerial(e))}
	}
	return n, 0
}

func kfilterOf(filter int) kfilter {
	switch filter {
	case unix.EVFILT_READ:
		return kfilterRead
	case unix.EVFILT_WRITE:
		return kfilterWrite
	}
	return kfilterUser
}

// WaitForEvents is the system call.
func WaitForEvents(k *Backend, n int, timeout int64) (int, unix.Errno) {
	const most = 1e6 * 1e9 // macOS refuses more than 10^8 seconds
	var ts *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(min(timeout, most))
		ts = &t
	}
	n, err := unix.Kevent(k.fd, nil, k.raw[:n], ts)
	return max(n, 0), socket.ErrnoOf(err)
}

func (k *bsdKernel) close() error { return os.NewSyscallError("close", socket.Close(k.fd)) }
