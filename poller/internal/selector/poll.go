//go:build poller_poll && (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A pollSelector is poll(2), which is level-triggered: a descriptor is in the list for
// the system only while it has a direction that was wanted and has not been
// reported since. So it keeps the contract of the edge-triggered ones, at a cost
// that grows with the number of descriptors, and with timeouts in milliseconds.
type pollSelector struct {
	waker wakePipe

	mu      runtimepatch.Mutex
	closed  bool
	blocked bool // Wait has made its list and may block: a later Want must wake it
	watched map[int]*pollEntry
	list    []*pollEntry // the same, in some order
	first   int          // index in raw at which collect begins, so that no descriptor starves

	// Of Wait alone: the list of the system call. Descriptors may be added and removed before
	// its results are collected: ids tell.
	raw []unix.PollFd
	ids []uint64
}

type pollEntry struct {
	fd     int
	id     uint64
	wanted Readiness // of Readable and Writable
	index  int       // in list
}

// LevelTriggered reports whether Want must be called, see Selector.
const LevelTriggered = true

// Backend is the selector that Sys.Wait waits on.
type Backend = pollSelector

// Open makes a selector of poll(2), as New does unless Sys.Open is replaced.
func Open() (Selector, error) {
	p := &pollSelector{watched: make(map[int]*pollEntry)}
	if err := p.waker.open(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *pollSelector) Add(fd int, id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	if p.watched[fd] != nil {
		return unix.EEXIST
	}
	if err := checkPollable(fd); err != nil {
		return err
	}
	e := &pollEntry{fd: fd, id: id, index: len(p.list)}
	p.list = append(p.list, e)
	p.watched[fd] = e
	p.wants(e, Readable|Writable)
	return nil
}

func (p *pollSelector) Rearm(fd int, id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.watched[fd]
	switch {
	case p.closed:
		return os.ErrClosed
	case e == nil:
		return unix.ENOENT
	}
	e.id = id
	e.wanted = 0
	p.wants(e, Readable|Writable)
	return nil
}

func (p *pollSelector) Want(fd int, what Readiness) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.watched[fd]; e != nil && !p.closed {
		p.wants(e, what)
	}
}

// wants adds what to the directions that e reports, and wakes a Wait whose list lacks it. mu
// is held.
func (p *pollSelector) wants(e *pollEntry, what Readiness) {
	if e.wanted&what == what {
		return
	}
	e.wanted |= what
	if p.blocked {
		p.waker.wake()
	}
}

func (p *pollSelector) Remove(fd int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.watched[fd]
	if e == nil {
		return unix.ENOENT
	}
	delete(p.watched, fd)
	last := len(p.list) - 1
	p.list[e.index] = p.list[last]
	p.list[e.index].index = e.index
	p.list[last] = nil
	p.list = p.list[:last]
	if p.blocked {
		p.waker.wake() // Linux does not end a connection that is closed while it is polled
	}
	return nil
}

func (p *pollSelector) Wait(events []Event, timeout int64) (int, error) {
	if err := p.begin(timeout != 0); err != nil {
		return 0, err
	}
	n, errno := Sys.Wait(p, len(p.raw), timeout)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked = false
	switch {
	case errno == unix.EINTR || errno == unix.EAGAIN:
		return 0, nil
	case errno != 0:
		return 0, os.NewSyscallError("poll", errno)
	case n == 0:
		return 0, nil
	}
	if p.raw[0].Revents != 0 {
		p.waker.drain()
	}
	return p.collect(events), nil
}

// begin makes the list for the system call. Its first element is the waker.
func (p *pollSelector) begin(blocks bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return os.ErrClosed
	}
	p.raw = append(p.raw[:0], unix.PollFd{Fd: int32(p.waker.r), Events: unix.POLLIN})
	p.ids = append(p.ids[:0], 0)
	for _, e := range p.list {
		if e.wanted != 0 {
			p.raw = append(p.raw, unix.PollFd{Fd: int32(e.fd), Events: pollEvents(e.wanted)})
			p.ids = append(p.ids, e.id)
		}
	}
	p.blocked = blocks
	return nil
}

// collect turns the results of the system call into events. If there is no room for all, the
// next call begins with the others.
func (p *pollSelector) collect(events []Event) (n int) {
	k := len(p.raw) - 1 // without the waker
	if p.first >= k {
		p.first = 0
	}
	for i := range k {
		if n == len(events) {
			p.first = (p.first + i) % k
			return n
		}
		j := 1 + (p.first+i)%k
		raw := &p.raw[j]
		if raw.Revents == 0 {
			continue
		}
		e := p.watched[int(raw.Fd)]
		if e == nil || e.id != p.ids[j] {
			continue // removed meanwhile
		}
		what := translatePoll(raw.Revents)
		e.wanted &^= what
		events[n] = Event{e.id, what}
		n++
	}
	return n
}

func pollEvents(wanted Readiness) (e int16) {
	if wanted&Readable != 0 {
		e |= unix.POLLIN | pollRDHUP // POLLPRI would stay set after a read
	}
	if wanted&Writable != 0 {
		e |= unix.POLLOUT
	}
	return e
}

// translatePoll is translateEpoll for poll, without urgent data: a read that has
// stopped before it is followed by a Want. A descriptor that was closed without Remove is
// reported as ready, and the call on it fails.
func translatePoll(e int16) (r Readiness) {
	if e&unix.POLLIN != 0 {
		r |= Readable
	}
	if e&unix.POLLOUT != 0 {
		r |= Writable
	}
	if e&pollRDHUP != 0 {
		r |= Readable | Hangup
	}
	if e&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
		r |= Readable | Writable | Hangup
	}
	return r
}

// WaitForEvents is the system call.
func WaitForEvents(p *Backend, n int, timeout int64) (int, unix.Errno) {
	n, err := unix.Poll(p.raw[:n], Milliseconds(timeout))
	if err != nil {
		return 0, err.(unix.Errno)
	}
	return n, 0
}

func (p *pollSelector) Wake() { p.waker.wake() }

func (p *pollSelector) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return p.waker.close()
}
