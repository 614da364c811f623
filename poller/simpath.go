package poller

import "fmt"

// A simPath is one direction of a TCP connection: the segments that are under way. They
// arrive in order, each after its latency, but not while the hosts are cut off from each
// other, or the other one is down: then all that is to arrive is sent again when that
// is over.
type simPath struct {
	from   *simConn
	to     *simConn // nil until the first segment has arrived, if that is the SYN
	toHost *simHost
	toPort uint16
	queue  []simSegment
	timer  timer // of the first of them
	unread int   // bytes in queue and, unread, at the other end
}

type simSegment struct {
	kind simKind
	data string
	at   int64 // when it is to arrive, unless one before it comes later
}

type simKind uint8

const (
	simSYN simKind = iota
	simSYNACK
	simData
	simFIN
	simRST
)

func (k simKind) String() string { return [...]string{"SYN", "SYN-ACK", "data", "FIN", "RST"}[k] }

// simWindow is how many bytes Write accepts that the other end has not read.
const simWindow = 64 << 10

// simMostSegment is how many bytes one segment carries.
const simMostSegment = 16 << 10

func (p *simPath) init(from *simConn, toHost *simHost, toPort uint16) {
	p.from, p.toHost, p.toPort = from, toHost, toPort
	p.timer.owner = p
}

func (p *simPath) send(kind simKind, data string) {
	s := p.from.s
	at := s.v.now + int64(s.latency())
	p.queue = append(p.queue, simSegment{kind, data, at})
	p.unread += len(data)
	p.note(simSends, kind, data)
	if len(p.queue) == 1 {
		s.add(p.from) // to be sent again, if need be
		s.v.h.timers.arm(&p.timer, at)
	}
}

func (p *simPath) note(what simEvent, kind simKind, data string) {
	s := p.from.s
	s.v.note(what, p.from.number<<8|uint64(kind), data)
	if s.v.trace.w == nil {
		return
	}
	size := ""
	if kind == simData {
		size = fmt.Sprintf(" of %d bytes", len(data))
	}
	s.v.tell("%s:%d -> %s:%d %v%s %s", p.from.host.name, p.from.local.Port, p.toHost.name, p.toPort, kind, size, what.verb())
}

// drop forgets what is under way.
func (p *simPath) drop() {
	for _, x := range p.queue {
		p.unread -= len(x.data)
	}
	p.queue = nil
	p.from.s.v.h.timers.disarm(&p.timer)
}

// retry sends again what could not arrive, if it can by now.
func (p *simPath) retry() {
	s := p.from.s
	if len(p.queue) > 0 && p.timer.place == 0 && s.reaches(p.from.host, p.toHost) {
		s.v.h.timers.arm(&p.timer, s.v.now+int64(s.latency()))
	}
}

// expire is called when the first segment is to arrive.
func (p *simPath) expire(int64) {
	s := p.from.s
	x := p.queue[0]
	if !s.reaches(p.from.host, p.toHost) {
		p.note(simDrops, x.kind, x.data)
		return
	}
	if x.kind == simSYN && p.to == nil && p.isCrowded() {
		p.note(simDrops, x.kind, x.data)
		s.v.h.timers.arm(&p.timer, after(simRetrySYN))
		return
	}
	p.queue[0] = simSegment{}
	p.queue = p.queue[1:]
	if len(p.queue) > 0 {
		s.v.h.timers.arm(&p.timer, max(p.queue[0].at, s.v.now))
	}
	p.note(simArrives, x.kind, x.data)
	p.arrive(x)
	p.from.retire()
}

// arrive is what x does at the other end.
func (p *simPath) arrive(x simSegment) {
	if x.kind == simSYN {
		p.knock()
		return
	}
	c := p.to
	if c.isGone() {
		p.unread -= len(x.data)
		if x.kind == simData || x.kind == simSYNACK {
			c.out.send(simRST, "") // there is no such connection any more
		}
		return
	}
	switch x.kind {
	case simSYNACK:
		c.established = true
		c.wr.wake()
		c.watchLink()
	case simData:
		if c.noRead {
			p.unread -= len(x.data)
			p.from.wr.wake()
			break
		}
		c.in = append(c.in, x.data...)
		c.rd.wake()
	case simFIN:
		c.eof = true
		c.rd.wake()
	case simRST:
		if c.established {
			c.fail(errSimReset)
		} else {
			c.fail(errSimRefused)
		}
	}
}

// isCrowded reports whether there is a listener with no room for another connection.
func (p *simPath) isCrowded() bool {
	l := p.toHost.listeners[p.toPort]
	return l != nil && l.accepts(p.from) && len(l.queue) >= l.backlog
}

// knock is the arrival of a SYN: the other end of the connection comes into being.
func (p *simPath) knock() {
	c := newSimConn(p.toHost, p.toPort, p.from.host, uint16(p.from.local.Port))
	if p.from.isLoop {
		c.local.IP, c.remote.IP = p.from.remote.IP, p.from.local.IP
	}
	p.to, c.out.to = c, p.from
	l := p.toHost.listeners[p.toPort]
	if l == nil || !l.accepts(p.from) {
		c.closed = true
		c.out.send(simRST, "")
		return
	}
	c.established = true
	c.out.send(simSYNACK, "")
	l.queue = append(l.queue, c)
	l.side.wake()
}
