//go:build poller_poll && (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A pollSelector is poll(2), which reports levels: a descriptor is in the list
// that the system is given only while there is something that was wanted and not
// reported since. So it keeps the contract of the edge-triggered ones, at a cost
// that grows with the number of descriptors, and to the millisecond.
type pollSelector struct {
	waker wakePipe

	mu      sync.Mutex
	closed  bool
	blocked bool // wait has made its list, and may wait: it does not see what is wanted from now on
	watched map[int]*pollEntry
	list    []*pollEntry // the same, in some order
	first   int          // where in raw to look for events first

	// Of wait alone: what the system was given. Descriptors may come and go before
	// what it says is looked at: ids tell.
	raw []unix.PollFd
	ids []uint64
}

type pollEntry struct {
	fd     int
	id     uint64
	wanted readiness // of readyRead and readyWrite
	index  int       // in list
}

const levelTriggered = true

// backend is what sys.wait works on.
type backend = pollSelector

func openSelector() (selector, error) {
	p := &pollSelector{watched: make(map[int]*pollEntry)}
	if err := p.waker.open(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *pollSelector) add(fd int, id uint64) error {
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
	p.wants(e, readyRead|readyWrite)
	return nil
}

func (p *pollSelector) rearm(fd int, id uint64) error {
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
	p.wants(e, readyRead|readyWrite)
	return nil
}

func (p *pollSelector) want(fd int, what readiness) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.watched[fd]; e != nil && !p.closed {
		p.wants(e, what)
	}
}

// wants makes a wait that is under way begin anew, if it does not watch for what.
func (p *pollSelector) wants(e *pollEntry, what readiness) {
	if e.wanted&what == what {
		return
	}
	e.wanted |= what
	if p.blocked {
		p.waker.wake()
	}
}

func (p *pollSelector) remove(fd int) error {
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

func (p *pollSelector) wait(events []event, timeout int64) (int, error) {
	if err := p.begin(timeout != 0); err != nil {
		return 0, err
	}
	n, errno := sys.wait(p, len(p.raw), timeout)
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

// begin makes the list that the system is given. Its first element is the waker.
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

// collect turns what the system says into events. If there are more than there is
// room for, the next call begins with the others.
func (p *pollSelector) collect(events []event) (n int) {
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
		events[n] = event{e.id, what}
		n++
	}
	return n
}

func pollEvents(wanted readiness) (e int16) {
	if wanted&readyRead != 0 {
		e |= unix.POLLIN | pollRDHUP // POLLPRI would stay set after a read
	}
	if wanted&readyWrite != 0 {
		e |= unix.POLLOUT
	}
	return e
}

// translatePoll is translateEpoll for poll, without urgent data: a read that has
// stopped short of it asks again by want. A descriptor that was closed behind
// our back is ready for the call that will say so.
func translatePoll(e int16) (r readiness) {
	if e&unix.POLLIN != 0 {
		r |= readyRead
	}
	if e&unix.POLLOUT != 0 {
		r |= readyWrite
	}
	if e&pollRDHUP != 0 {
		r |= readyRead | readyHangup
	}
	if e&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
		r |= readyRead | readyWrite | readyHangup
	}
	return r
}

// waitForEvents is the system call.
func waitForEvents(p *backend, n int, timeout int64) (int, unix.Errno) {
	n, err := unix.Poll(p.raw[:n], milliseconds(timeout))
	if err != nil {
		return 0, err.(unix.Errno)
	}
	return n, 0
}

func (p *pollSelector) wake() { p.waker.wake() }

func (p *pollSelector) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return p.waker.close()
}
