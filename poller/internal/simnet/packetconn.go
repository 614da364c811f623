package simnet

import (
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// A PacketConn is a simulated UDP socket. It is a net.PacketConn and, if it has a
// peer, a net.Conn.
type PacketConn struct {
	s      *Net
	host   *Host
	place  place
	addr   netip.AddrPort
	peer   netip.AddrPort // the zero AddrPort: none
	queue  []datagram
	rd, wr direction // of wr only the deadline is used
	closed bool
}

// A datagram has arrived and has not been read.
type datagram struct {
	from netip.AddrPort
	data string
}

const (
	mostDatagram  = 65507 // bytes: the most that an IPv4 packet can hold
	mostDatagrams = 256   // in a socket's queue; later ones are lost
)

// ListenPacket makes a UDP socket on the host of the caller.
func (s *Net) ListenPacket(network, address string) (*PacketConn, error) {
	at, err := s.bindable(network, address)
	if err != nil {
		return nil, err
	}
	return s.listenPacket(at)
}

// listenPacket is ListenPacket with an address of the caller's host, which may be anyIP.
func (s *Net) listenPacket(at netip.AddrPort) (*PacketConn, error) {
	here, err := s.here()
	if err == nil {
		at, err = bind(here, here.sockets, at)
	}
	if err != nil {
		return nil, err
	}
	c := &PacketConn{s: s, host: here, place: place{here, here.boots}, addr: at}
	c.rd.init(s, sched.ParkRead, sched.ParkReadTurn)
	c.wr.init(s, sched.ParkWrite, sched.ParkWriteTurn)
	here.sockets.add(at, c)
	s.v.Note(sched.EventChanges, uint64(here.number)<<32|uint64(at.Port()), "udp")
	s.v.Tell("%s has UDP port %d", here.name, at.Port())
	return c, nil
}

// dialPacket makes a UDP socket that is bound to from, if that is valid, and has the peer to, which is
// the only destination and source.
func (s *Net) dialPacket(from, to netip.AddrPort) (*PacketConn, error) {
	here, err := s.here()
	if err != nil {
		return nil, err
	}
	_, from, to, err = s.route(here, from, to)
	if err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	c, err := s.listenPacket(from)
	if err != nil {
		return nil, err
	}
	c.peer = to
	return c, nil
}

func (c *PacketConn) opError(op string, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: "udp", Source: c.LocalAddr(), Addr: addr, Err: err}
}

// refuse returns an error if no call may be made in direction d now.
func (c *PacketConn) refuse(d *direction) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case !c.place.isUp():
		return ErrDown
	case d.expired():
		return os.ErrDeadlineExceeded
	}
	return nil
}

// receive waits for a datagram. It does so for p, too, which is copied to: n is less than len(x.data) if p was too short.
func (c *PacketConn) receive(p []byte) (n int, x datagram, err error) {
	if err := c.rd.begin(); err != nil {
		return 0, x, err
	}
	for {
		err := c.refuse(&c.rd)
		if err == nil && len(c.queue) > 0 {
			x = c.queue[0]
			c.queue[0] = datagram{}
			c.queue = c.queue[1:]
			c.rd.end()
			return copy(p, x.data), x, nil
		}
		if err == nil {
			err = c.rd.wait(c.rd.end)
		}
		if err != nil {
			c.rd.end()
			return 0, x, err
		}
	}
}

// ReadFrom waits for a datagram. Bytes that do not fit into p are lost.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, x, err := c.receive(p)
	if err != nil {
		return n, nil, c.opError("read", nil, err)
	}
	return n, net.UDPAddrFromAddrPort(x.from), nil
}

// ReadFromUDPAddrPort is ReadFrom with another type of address.
func (c *PacketConn) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n, x, err := c.receive(p)
	return n, x.from, c.opError("read", nil, err)
}

// Read is ReadFrom without the address.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, _, err := c.receive(p)
	return n, c.opError("read", c.RemoteAddr(), err)
}

// WriteTo sends p as one datagram to a *net.UDPAddr, see Sim.IP.
func (c *PacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	switch {
	case c.peer.IsValid():
		return 0, c.opError("write", addr, net.ErrWriteToConnected)
	case !ok || a == nil:
		return 0, c.opError("write", addr, ErrInvalid)
	}
	return c.WriteToUDPAddrPort(p, a.AddrPort())
}

// WriteToUDPAddrPort is WriteTo with another type of address.
func (c *PacketConn) WriteToUDPAddrPort(p []byte, addr netip.AddrPort) (int, error) {
	n, err := c.send(p, netip.AddrPortFrom(unmapped(addr.Addr()), addr.Port()))
	return n, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
}

// Write sends p to the peer.
func (c *PacketConn) Write(p []byte) (int, error) {
	if !c.peer.IsValid() {
		return 0, c.opError("write", nil, ErrNoPeer)
	}
	n, err := c.send(p, c.peer)
	return n, c.opError("write", c.RemoteAddr(), err)
}

// send puts p under way, which never waits. Its loss is not reported, as for UDP.
func (c *PacketConn) send(p []byte, to netip.AddrPort) (int, error) {
	if _, err := c.s.enter(); err != nil {
		return 0, err
	}
	if err := c.refuse(&c.wr); err != nil {
		return 0, err
	}
	if len(p) > mostDatagram {
		return 0, os.NewSyscallError("sendto", ErrTooLong)
	}
	n := c.s
	host, from, to, err := n.route(c.host, c.addr, to)
	if err != nil {
		return 0, os.NewSyscallError("sendto", err)
	}
	copies := 1
	if happens(&c.s.netRand, n.double) {
		copies = 2
	}
	f := flight{s: c.s, fromHost: c.host, toHost: host, to: to, datagram: datagram{from, string(p)}}
	for range copies {
		one := f
		one.timer.Owner = &one
		one.note(sched.EventSends)
		if happens(&c.s.netRand, n.loss) {
			one.note(sched.EventDrops)
			continue
		}
		c.s.v.H.Timers.Arm(&one.timer, sched.After(n.latency()))
	}
	return len(p), nil
}

// A flight is a datagram under way; its timer is the arrival.
type flight struct {
	s        *Net
	fromHost *Host
	toHost   *Host
	to       netip.AddrPort
	datagram
	timer timers.Timer
}

// note records an event of the datagram in the trace.
func (f *flight) note(what sched.Event) {
	f.s.v.Note(what, uint64(f.fromHost.number)<<48|uint64(f.from.Port())<<32|uint64(f.toHost.number)<<16|uint64(f.to.Port()), f.data)
	if f.s.v.Trace.W != nil {
		f.s.v.Tell("%s:%d -> %s:%d datagram of %d bytes %s", f.fromHost.name, f.from.Port(), f.toHost.name, f.to.Port(), len(f.data), what.Verb())
	}
}

// Expire is the arrival. The datagram is lost without a link or a socket, if the socket's
// queue is full, or if it serves another source.
func (f *flight) Expire(int64) {
	c, ok := f.toHost.sockets.at(f.to)
	switch {
	case !f.s.reaches(f.fromHost, f.toHost), !ok, len(c.queue) == mostDatagrams, c.peer.IsValid() && c.peer != f.from:
		f.note(sched.EventDrops)
		return
	}
	f.note(sched.EventArrives)
	c.queue = append(c.queue, f.datagram)
	c.rd.wake()
}

// Close closes the socket. Calls that wait on it return net.ErrClosed.
func (c *PacketConn) Close() error { return c.opError("close", nil, c.close()) }

func (c *PacketConn) close() error {
	if sched.Here() != c.s.v.H {
		_, err := c.s.enter()
		return err
	}
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	if c.place.isUp() {
		c.host.sockets.remove(c.addr)
	}
	c.queue = nil
	c.rd.close()
	c.wr.close()
	return nil
}

// LocalAddr returns the address of the socket: the host's, if it is bound to all.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.host.named(c.addr)) }

// RemoteAddr returns the peer's address, nil if there is none.
func (c *PacketConn) RemoteAddr() net.Addr {
	if !c.peer.IsValid() {
		return nil
	}
	return net.UDPAddrFromAddrPort(c.peer)
}

// SetDeadline is net.PacketConn's. t must come from poller.Now.
func (c *PacketConn) SetDeadline(t time.Time) error { return c.deadlines(t, &c.rd, &c.wr) }

// SetReadDeadline is SetDeadline for reads.
func (c *PacketConn) SetReadDeadline(t time.Time) error { return c.deadlines(t, &c.rd) }

// SetWriteDeadline is SetDeadline for writes.
func (c *PacketConn) SetWriteDeadline(t time.Time) error { return c.deadlines(t, &c.wr) }

func (c *PacketConn) deadlines(t time.Time, dirs ...*direction) error {
	if sched.Here() == c.s.v.H && c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	return c.opError("set", nil, c.s.setDeadlines(t, dirs...))
}
