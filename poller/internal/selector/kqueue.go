//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// kqueue is the selector of macOS and the BSDs: all but the system calls, which
// are behind kqueueKernel. It is compiled on Linux too, for its tests.
//
// Each descriptor has two filters, one for each direction, both edge-triggered
// (EV_CLEAR), and never modified but by Rearm.
type kqueue struct {
	kernel kqueueKernel
	pipe   *wakePipe // the waker, on systems without a user filter; else nil
	raw    [Batch]kevent

	mu      runtimepatch.Mutex // guards the fields below, and excludes a call on a number that is in use again
	closed  bool
	slots   []kqueueSlot // by descriptor
	serial  uint32       // of the last slot
	refused []Event      // of filters that the system has refused; the next Wait reports them
}

// A kqueueSlot is a watched descriptor. The system's events carry the serial number: an id does
// not fit into their field for user data where an address has 32 bits.
type kqueueSlot struct {
	id     uint64
	serial uint32 // 0 if the slot is free
}

// A kevent is the part of the system's struct of this name that the selector uses. The types
// of its fields differ from system to system.
type kevent struct {
	fd     int
	filter kfilter
	flags  uint32
	serial uint32
}

type kfilter uint8

const (
	kfilterRead kfilter = iota
	kfilterWrite
	kfilterUser // triggered by trigger; it has no descriptor
)

// The flags of an event that the selector tests have one value everywhere.
const (
	keventEOF   = 0x8000
	keventError = 0x4000
)

// A kqueueKernel makes the system calls of one queue.
type kqueueKernel interface {
	// change adds or deletes filters of one descriptor, in order, up to the first
	// that fails. A filter that is added again reports again. A user filter may be
	// refused with any error.
	change(add bool, fd int, serial uint32, filters ...kfilter) unix.Errno
	// wait is Selector.Wait, in terms of kevents; its errors are the system's.
	wait(events []kevent, timeout int64) (int, unix.Errno)
	// trigger makes an event of the user filter.
	trigger()
	close() error
}

func openKqueue(kernel kqueueKernel) (Selector, error) {
	p := &kqueue{kernel: kernel}
	if kernel.change(true, 0, 0, kfilterUser) == 0 {
		return p, nil
	}
	p.pipe = new(wakePipe)
	err := p.pipe.open()
	if err == nil {
		if errno := kernel.change(true, p.pipe.r, 0, kfilterRead); errno != 0 {
			err = os.NewSyscallError("kevent", errno)
			p.pipe.close()
		}
	}
	if err != nil {
		kernel.close()
		return nil, err
	}
	return p, nil
}

func (p *kqueue) Add(fd int, id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	if p.slot(fd) != nil {
		return unix.EEXIST
	}
	if err := checkPollable(fd); err != nil {
		return err
	}
	for fd >= len(p.slots) {
		p.slots = append(p.slots, make([]kqueueSlot, max(64, len(p.slots)))...)
	}
	if p.serial++; p.serial == 0 {
		p.serial = 1
	}
	p.slots[fd] = kqueueSlot{id, p.serial}
	err := p.register(fd)
	if err != nil {
		p.slots[fd] = kqueueSlot{}
	}
	return err
}

func (p *kqueue) Rearm(fd int, id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.slot(fd)
	switch {
	case p.closed:
		return os.ErrClosed
	case s == nil:
		return unix.ENOENT
	}
	s.id = id
	return p.register(fd)
}

func (p *kqueue) Want(int, Readiness) {}

func (p *kqueue) Remove(fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.slot(fd)
	if s == nil {
		return unix.ENOENT
	}
	if !p.closed {
		p.change(false, fd, s.serial) // it may have one of the filters only
	}
	for i := 0; i < len(p.refused); {
		if p.refused[i].ID == s.id {
			p.refused = append(p.refused[:i], p.refused[i+1:]...)
		} else {
			i++
		}
	}
	*s = kqueueSlot{}
	return nil
}

// slot returns the slot of a descriptor, nil if it is not watched.
func (p *kqueue) slot(fd int) *kqueueSlot {
	if fd < 0 || fd >= len(p.slots) || p.slots[fd].serial == 0 {
		return nil
	}
	return &p.slots[fd]
}

// register adds the filters of fd. A pipe may be refused one of them, if it has
// one direction or the other end is gone (FreeBSD: EPIPE). That direction would
// never become ready, so it is reported as ready, and the call on it fails with the reason.
func (p *kqueue) register(fd int) error {
	s := p.slots[fd]
	r, w := p.change(true, fd, s.serial)
	if r != 0 && w != 0 || r == unix.ENOMEM || w == unix.ENOMEM {
		p.change(false, fd, s.serial)
		if r != 0 {
			return r
		}
		return w
	}
	if r != 0 {
		p.owe(Event{s.id, Readable | Hangup})
	}
	if w != 0 {
		p.owe(Event{s.id, Writable})
	}
	return nil
}

// change makes one system call for both filters, and one for each only if that
// fails: then one of the two may not have been tried.
func (p *kqueue) change(add bool, fd int, serial uint32) (r, w unix.Errno) {
	if p.kernel.change(add, fd, serial, kfilterRead, kfilterWrite) == 0 {
		return 0, 0
	}
	return p.kernel.change(add, fd, serial, kfilterRead), p.kernel.change(add, fd, serial, kfilterWrite)
}

func (p *kqueue) owe(e Event) {
	p.refused = append(p.refused, e)
	p.wakeLocked()
}

func (p *kqueue) Wait(events []Event, timeout int64) (int, error) {
	p.mu.Lock()
	if len(p.refused) > 0 {
		n := copy(events, p.refused)
		p.refused = append(p.refused[:0], p.refused[n:]...)
		p.mu.Unlock()
		return n, nil
	}
	p.mu.Unlock()
	raw := p.raw[:min(len(events), len(p.raw))]
	n, errno := p.kernel.wait(raw, timeout)
	switch errno {
	case 0:
	case unix.EINTR, unix.ETIMEDOUT: // macOS has been seen to say the latter (golang.org/issue/59679)
		return 0, nil
	default:
		return 0, os.NewSyscallError("kevent", errno)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	k := 0
	for _, raw := range raw[:n] {
		if raw.filter == kfilterUser {
			continue
		}
		if p.pipe != nil && raw.fd == p.pipe.r {
			p.pipe.drain()
			continue
		}
		if s := p.slot(raw.fd); s != nil && s.serial == raw.serial {
			events[k] = Event{s.id, translateKevent(raw.filter, raw.flags)}
			k++
		}
	}
	return k, nil
}

// translateKevent returns the Readiness of an event. EOF of the filter for reading, also after a
// half-close, means that a write should be tried too: when the reader of a pipe is closed, some
// systems tell the writer by the filter for reading alone. EOF of the filter for writing,
// also after our own shutdown, means nothing for reads.
func translateKevent(filter kfilter, flags uint32) Readiness {
	switch {
	case flags&keventError != 0:
		return Readable | Writable | Hangup
	case filter == kfilterRead && flags&keventEOF != 0:
		return Readable | Writable | Hangup
	case filter == kfilterRead:
		return Readable
	}
	return Writable
}

func (p *kqueue) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked()
}

func (p *kqueue) wakeLocked() {
	switch {
	case p.closed:
	case p.pipe != nil:
		p.pipe.wake()
	default:
		p.kernel.trigger()
	}
}

func (p *kqueue) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	var err error
	if p.pipe != nil {
		err = p.pipe.close()
	}
	return errors.Join(err, p.kernel.close())
}
