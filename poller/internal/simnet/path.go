package simnet

import (
	"fmt"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// A path is one direction of a TCP connection: the segments that are under way. They
// arrive in order, each after its latency, but not while the link is cut or the receiving
// host is down: then the first one is dropped at its arrival, and sent again, as a
// retransmission, when the link has healed.
type path struct {
	from   *Conn
	to     *Conn // nil until the SYN has arrived, in the direction of the dial
	toHost *Host
	queue  []segment
	timer  timers.Timer // the arrival of queue[0]; not armed while the segment is dropped
	unread int          // bytes in queue, and bytes that the other end has not read
}

// A segment is a TCP segment.
type segment struct {
	kind segmentKind
	data string
	at   int64 // instant of its arrival, or later if the segment before it is late
}

type segmentKind uint8

const (
	segSYN segmentKind = iota
	segSYNACK
	segData
	segFIN
	segRST
)

// String returns the name of k for the trace.
func (k segmentKind) String() string { return [...]string{"SYN", "SYN-ACK", "data", "FIN", "RST"}[k] }

// Window is how many bytes that the other end has not read Write accepts: the sum of a
// sender's and a receiver's buffer.
const Window = 64 << 10

// mostSegment is how many bytes one segment carries.
const mostSegment = 16 << 10

func (p *path) init(from *Conn, toHost *Host) {
	p.from, p.toHost = from, toHost
	p.timer.Owner = p
}

// send puts a segment under way.
func (p *path) send(kind segmentKind, data string) {
	s := p.from.s
	at := s.v.Now + int64(s.latency())
	p.queue = append(p.queue, segment{kind, data, at})
	p.unread += len(data)
	p.note(sched.EventSends, kind, data)
	if len(p.queue) == 1 {
		s.register(p.from) // for retry
		s.v.H.Timers.Arm(&p.timer, at)
	}
}

// note records an event of a segment in the trace.
func (p *path) note(what sched.Event, kind segmentKind, data string) {
	s := p.from.s
	s.v.Note(what, p.from.number<<8|uint64(kind), data)
	if s.v.Trace.W == nil {
		return
	}
	size := ""
	if kind == segData {
		size = fmt.Sprintf(" of %d bytes", len(data))
	}
	s.v.Tell("%s:%d -> %s:%d %v%s %s", p.from.host.name, p.from.local.Port(), p.toHost.name, p.from.remote.Port(), kind, size, what.Verb())
}

// drop discards all segments under way.
func (p *path) drop() {
	for _, x := range p.queue {
		p.unread -= len(x.data)
	}
	p.queue = nil
	p.from.s.v.H.Timers.Disarm(&p.timer)
}

// retry sends the first segment again if it was dropped for lack of a link, and there is one
// now.
func (p *path) retry() {
	s := p.from.s
	if len(p.queue) > 0 && p.timer.Place == 0 && s.reaches(p.from.host, p.toHost) {
		s.v.H.Timers.Arm(&p.timer, s.v.Now+int64(s.latency()))
	}
}

// Expire is the arrival of the first segment. It is dropped if there is no link: then the
// segment stays in the queue without a timer, until retry.
func (p *path) Expire(int64) {
	s := p.from.s
	x := p.queue[0]
	if !s.reaches(p.from.host, p.toHost) {
		p.note(sched.EventDrops, x.kind, x.data)
		return
	}
	if x.kind == segSYN && p.to == nil && p.isCrowded() {
		p.note(sched.EventDrops, x.kind, x.data)
		s.v.H.Timers.Arm(&p.timer, sched.After(retrySYN))
		return
	}
	p.queue[0] = segment{}
	p.queue = p.queue[1:]
	if len(p.queue) > 0 {
		s.v.H.Timers.Arm(&p.timer, max(p.queue[0].at, s.v.Now))
	}
	p.note(sched.EventArrives, x.kind, x.data)
	p.arrive(x)
	p.from.unregister()
}

// arrive has x take effect at the other end.
func (p *path) arrive(x segment) {
	if x.kind == segSYN {
		p.acceptSYN()
		return
	}
	c := p.to
	if c.isGone() {
		p.unread -= len(x.data)
		if x.kind == segData || x.kind == segSYNACK {
			c.out.send(segRST, "") // as a host answers for a connection that it does not know
		}
		return
	}
	switch x.kind {
	case segSYNACK:
		c.established = true
		c.wr.wake()
		c.watchLink()
	case segData:
		if c.noRead {
			p.unread -= len(x.data)
			p.from.wr.wake()
			break
		}
		c.in = append(c.in, x.data...)
		c.rd.wake()
	case segFIN:
		c.eof = true
		c.rd.wake()
	case segRST:
		if c.established {
			c.fail(ErrReset)
		} else {
			c.fail(ErrRefused)
		}
	}
}

// isCrowded reports whether there is a listener with no room for another connection.
func (p *path) isCrowded() bool {
	l, ok := p.toHost.listeners.at(p.from.remote)
	return ok && len(l.Queue) >= l.backlog
}

// acceptSYN is the arrival of a SYN. It makes the other end of the connection, and puts it
// into the listener's queue, or without a listener, resets the connection.
func (p *path) acceptSYN() {
	c := newConn(p.toHost, p.from.remote, p.from.host, p.from.local)
	p.to, c.out.to = c, p.from
	l, ok := p.toHost.listeners.at(p.from.remote)
	if !ok {
		c.closed = true
		c.out.send(segRST, "")
		return
	}
	c.established = true
	c.out.send(segSYNACK, "")
	l.Queue = append(l.Queue, c)
	l.dir.wake()
}
