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
	s       *Net
	host    *Host
	place   place
	addr    *net.UDPAddr
	port    uint16
	isLocal bool // bound to a loopback address: it receives from its own host only
	peer    *endpoint
	remote  *net.UDPAddr
	queue   []datagram
	rd, wr  direction // of wr only the deadline is used
	closed  bool
}

// An endpoint is a port of a host; isLoop says that it was addressed by a loopback address.
type endpoint struct {
	host   *Host
	port   uint16
	isLoop bool
}

func (e endpoint) addr() *net.UDPAddr {
	ip := e.host.ip
	if e.isLoop {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, e.port))
}

// A datagram has arrived and has not been read.
type datagram struct {
	from endpoint
	data string
}

const (
	mostDatagram  = 65507 // bytes: the most that an IPv4 packet can hold
	mostDatagrams = 256   // in a socket's queue; later ones are lost
)

// ListenPacket makes a UDP socket on the host of the caller.
func (s *Net) ListenPacket(network, address string) (*PacketConn, error) {
	here, port, isLocal, err := s.bind(network, address)
	if err != nil {
		return nil, err
	}
	return here.listenPacket(port, isLocal)
}

func (host *Host) listenPacket(port uint16, isLocal bool) (*PacketConn, error) {
	inUse := func(p uint16) bool { return host.sockets[p] != nil }
	var err error
	if port == 0 {
		if port, err = host.freePort(inUse); err != nil {
			return nil, err
		}
	} else if inUse(port) {
		return nil, os.NewSyscallError("bind", ErrInUse)
	}
	s := host.s
	c := &PacketConn{s: s, host: host, place: place{host, host.boots}, port: port, isLocal: isLocal}
	c.addr = endpoint{host, port, isLocal}.addr()
	c.rd.init(s, sched.ParkRead, sched.ParkReadTurn)
	c.wr.init(s, sched.ParkWrite, sched.ParkWriteTurn)
	host.sockets[port] = c
	s.v.Note(sched.EventChanges, uint64(host.number)<<32|uint64(port), "udp")
	s.v.Tell("%s has UDP port %d", host.name, port)
	return c, nil
}

// connect sets the peer of c, which then is the only destination and source.
func (c *PacketConn) connect(host *Host, port uint16, isLoop bool) {
	c.peer = &endpoint{host, port, isLoop}
	c.remote = c.peer.addr()
	if isLoop {
		c.addr.IP = c.remote.IP
	}
}

func (c *PacketConn) opError(op string, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: "udp", Source: c.addr, Addr: addr, Err: err}
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

// receive waits for a datagram and copies it to p.
func (c *PacketConn) receive(p []byte) (int, net.Addr, error) {
	if err := c.rd.begin(); err != nil {
		return 0, nil, err
	}
	for {
		err := c.refuse(&c.rd)
		if err == nil && len(c.queue) > 0 {
			x := c.queue[0]
			c.queue[0] = datagram{}
			c.queue = c.queue[1:]
			c.rd.end()
			return copy(p, x.data), x.from.addr(), nil
		}
		if err == nil {
			err = c.rd.wait(c.rd.end)
		}
		if err != nil {
			c.rd.end()
			return 0, nil, err
		}
	}
}

// ReadFrom waits for a datagram. Bytes that do not fit into p are lost.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, addr, err := c.receive(p)
	return n, addr, c.opError("read", nil, err)
}

// ReadFromUDPAddrPort is ReadFrom with another type of address.
func (c *PacketConn) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n, addr, err := c.receive(p)
	if err != nil {
		return n, netip.AddrPort{}, c.opError("read", nil, err)
	}
	return n, addr.(*net.UDPAddr).AddrPort(), nil
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
	case c.peer != nil:
		return 0, c.opError("write", addr, net.ErrWriteToConnected)
	case !ok || a == nil:
		return 0, c.opError("write", addr, ErrInvalid)
	}
	return c.WriteToUDPAddrPort(p, a.AddrPort())
}

// WriteToUDPAddrPort is WriteTo with another type of address.
func (c *PacketConn) WriteToUDPAddrPort(p []byte, addr netip.AddrPort) (int, error) {
	to := endpoint{c.s.byIP(addr.Addr().Unmap()), addr.Port(), false}
	if ip := addr.Addr(); ip.IsLoopback() || ip.IsUnspecified() {
		to.host, to.isLoop = c.host, true
	}
	n, err := c.send(p, to)
	return n, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
}

// Write sends p to the peer.
func (c *PacketConn) Write(p []byte) (int, error) {
	if c.peer == nil {
		return 0, c.opError("write", nil, ErrNoPeer)
	}
	n, err := c.send(p, *c.peer)
	return n, c.opError("write", c.remote, err)
}

// send puts p under way, which never waits. Its loss is not reported, as for UDP.
func (c *PacketConn) send(p []byte, to endpoint) (int, error) {
	if _, err := c.s.enter(); err != nil {
		return 0, err
	}
	if err := c.refuse(&c.wr); err != nil {
		return 0, err
	}
	switch {
	case len(p) > mostDatagram:
		return 0, os.NewSyscallError("sendto", ErrTooLong)
	case to.host == nil:
		return 0, os.NewSyscallError("sendto", ErrUnreachable)
	}
	n := c.s
	copies := 1
	if happens(&c.s.netRand, n.double) {
		copies = 2
	}
	f := flight{s: c.s, to: to, datagram: datagram{endpoint{c.host, c.port, to.isLoop}, string(p)}}
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
	s  *Net
	to endpoint
	datagram
	timer timers.Timer
}

// note records an event of the datagram in the trace.
func (f *flight) note(what sched.Event) {
	f.s.v.Note(what, uint64(f.from.host.number)<<48|uint64(f.from.port)<<32|uint64(f.to.host.number)<<16|uint64(f.to.port), f.data)
	if f.s.v.Trace.W != nil {
		f.s.v.Tell("%s:%d -> %s:%d datagram of %d bytes %s", f.from.host.name, f.from.port, f.to.host.name, f.to.port, len(f.data), what.Verb())
	}
}

// Expire is the arrival. The datagram is lost without a link or a socket, if the socket's
// queue is full, or if it serves another source.
func (f *flight) Expire(int64) {
	c := f.to.host.sockets[f.to.port]
	switch {
	case !f.s.reaches(f.from.host, f.to.host), c == nil, len(c.queue) == mostDatagrams,
		c.isLocal && !f.to.isLoop, c.peer != nil && (c.peer.host != f.from.host || c.peer.port != f.from.port):
		f.note(sched.EventDrops)
		return
	}
	f.note(sched.EventArrives)
	c.queue = append(c.queue, f.datagram)
	c.rd.wake()
}

// Close closes the socket. Calls that wait on it return net.ErrClosed.
func (c *PacketConn) Close() error {
	if sched.Here() != c.s.v.H {
		_, err := c.s.enter()
		return c.opError("close", nil, err)
	}
	if c.closed {
		return c.opError("close", nil, net.ErrClosed)
	}
	c.closed = true
	if c.place.isUp() {
		delete(c.host.sockets, c.port)
	}
	c.queue = nil
	c.rd.close()
	c.wr.close()
	return nil
}

// LocalAddr returns the address of the socket.
func (c *PacketConn) LocalAddr() net.Addr { return c.addr }

// RemoteAddr returns the peer's address, nil if there is none.
func (c *PacketConn) RemoteAddr() net.Addr {
	if c.remote == nil {
		return nil
	}
	return c.remote
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
