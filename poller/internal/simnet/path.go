package simnet

import (
	"fmt"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A path is one direction of a TCP connection: the segments that are under way. They
// arrive in order, each after its latency, but not while the hosts are cut off from each
// other, or the other one is down: then all that is to arrive is sent again when that
// is over.
type path struct {
	from   *Conn
	to     *Conn // nil until the first segment has arrived, if that is the SYN
	toHost *Host
	toPort uint16
	queue  []segment
	timer  sched.Timer // of the first of them
	unread int         // bytes in queue and, unread, at the other end
}

type segment struct {
	kind segmentKind
	data string
	at   int64 // when it is to arrive, unless one before it comes later
}

type segmentKind uint8

const (
	segSYN segmentKind = iota
	segSYNACK
	segData
	segFIN
	segRST
)

func (k segmentKind) String() string { return [...]string{"SYN", "SYN-ACK", "data", "FIN", "RST"}[k] }

// Window is how many bytes Write accepts that the other end has not read.
const Window = 64 << 10

// mostSegment is how many bytes one segment carries.
const mostSegment = 16 << 10

func (p *path) init(from *Conn, toHost *Host, toPort uint16) {
	p.from, p.toHost, p.toPort = from, toHost, toPort
	p.timer.Owner = p
}

func (p *path) send(kind segmentKind, data string) {
	s := p.from.s
	at := s.v.Now + int64(s.latency())
	p.queue = append(p.queue, segment{kind, data, at})
	p.unread += len(data)
	p.note(sched.EventSends, kind, data)
	if len(p.queue) == 1 {
		s.register(p.from) // to be sent again, if need be
		s.v.H.Timers.Arm(&p.timer, at)
	}
}

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
	s.v.Tell("%s:%d -> %s:%d %v%s %s", p.from.host.name, p.from.local.Port, p.toHost.name, p.toPort, kind, size, what.Verb())
}

// drop forgets what is under way.
func (p *path) drop() {
	for _, x := range p.queue {
		p.unread -= len(x.data)
	}
	p.queue = nil
	p.from.s.v.H.Timers.Disarm(&p.timer)
}

// retry sends again what could not arrive, if it can by now.
func (p *path) retry() {
	s := p.from.s
	if len(p.queue) > 0 && p.timer.Place == 0 && s.reaches(p.from.host, p.toHost) {
		s.v.H.Timers.Arm(&p.timer, s.v.Now+int64(s.latency()))
	}
}

// Expire is called when the first segment is to arrive.
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

// arrive is what x does at the other end.
func (p *path) arrive(x segment) {
	if x.kind == segSYN {
		p.acceptSYN()
		return
	}
	c := p.to
	if c.isGone() {
		p.unread -= len(x.data)
		if x.kind == segData || x.kind == segSYNACK {
			c.out.send(segRST, "") // there is no such connection any more
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
	l := p.toHost.listeners[p.toPort]
	return l != nil && l.accepts(p.from) && len(l.Queue) >= l.backlog
}

// acceptSYN is the arrival of a SYN: the other end of the connection comes into being.
func (p *path) acceptSYN() {
	c := newConn(p.toHost, p.toPort, p.from.host, uint16(p.from.local.Port))
	if p.from.isLoop {
		c.local.IP, c.remote.IP = p.from.remote.IP, p.from.local.IP
	}
	p.to, c.out.to = c, p.from
	l := p.toHost.listeners[p.toPort]
	if l == nil || !l.accepts(p.from) {
		c.closed = true
		c.out.send(segRST, "")
		return
	}
	c.established = true
	c.out.send(segSYNACK, "")
	l.Queue = append(l.Queue, c)
	l.dir.wake()
}
