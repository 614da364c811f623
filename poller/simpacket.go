package poller

import (
	"net"
	"net/netip"
	"os"
	"time"
)

// A simPacketConn is a simulated UDP socket. It is a net.PacketConn and, if it has a
// peer, a net.Conn.
type simPacketConn struct {
	s       *simNet
	host    *simHost
	place   simPlace
	addr    *net.UDPAddr
	port    uint16
	isLocal bool // it hears its own host only
	peer    *simEndpoint
	remote  *net.UDPAddr
	queue   []simDatagram
	rd, wr  simSide // of wr only the deadline is used
	closed  bool
}

// A simEndpoint is a port of a host; isLoop says that the host itself was addressed, by
// the loopback address.
type simEndpoint struct {
	host   *simHost
	port   uint16
	isLoop bool
}

func (e simEndpoint) addr() *net.UDPAddr {
	ip := e.host.ip
	if e.isLoop {
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, e.port))
}

type simDatagram struct {
	from simEndpoint
	data string
}

const (
	simMostDatagram  = 65507 // bytes
	simMostDatagrams = 256   // that wait to be read
)

// listenPacket makes a UDP socket on the host of the caller.
func (s *simNet) listenPacket(network, address string) (*simPacketConn, error) {
	here, port, isLocal, err := s.bind(network, address)
	if err != nil {
		return nil, err
	}
	return here.listenPacket(port, isLocal)
}

func (host *simHost) listenPacket(port uint16, isLocal bool) (*simPacketConn, error) {
	inUse := func(p uint16) bool { return host.sockets[p] != nil }
	var err error
	if port == 0 {
		if port, err = host.freePort(inUse); err != nil {
			return nil, err
		}
	} else if inUse(port) {
		return nil, os.NewSyscallError("bind", errSimInUse)
	}
	s := host.s
	c := &simPacketConn{s: s, host: host, place: simPlace{host, host.boots}, port: port, isLocal: isLocal}
	c.addr = simEndpoint{host, port, isLocal}.addr()
	c.rd.init(s, parkRead, parkReadTurn)
	c.wr.init(s, parkWrite, parkWriteTurn)
	host.sockets[port] = c
	s.v.note(simChanges, uint64(host.number)<<32|uint64(port), "udp")
	s.v.tell("%s has UDP port %d", host.name, port)
	return c, nil
}

func (c *simPacketConn) connect(host *simHost, port uint16, isLoop bool) {
	c.peer = &simEndpoint{host, port, isLoop}
	c.remote = c.peer.addr()
	if isLoop {
		c.addr.IP = c.remote.IP
	}
}

func (c *simPacketConn) opError(op string, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: "udp", Source: c.addr, Addr: addr, Err: err}
}

func (c *simPacketConn) refuse(d *simSide) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case !c.place.isUp():
		return errSimDown
	case d.expired():
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (c *simPacketConn) receive(p []byte) (int, net.Addr, error) {
	if err := c.rd.begin(); err != nil {
		return 0, nil, err
	}
	for {
		err := c.refuse(&c.rd)
		if err == nil && len(c.queue) > 0 {
			x := c.queue[0]
			c.queue[0] = simDatagram{}
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

// ReadFrom waits for a datagram. What does not fit into p is lost.
func (c *simPacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, addr, err := c.receive(p)
	return n, addr, c.opError("read", nil, err)
}

// ReadFromUDPAddrPort is ReadFrom with another type of address.
func (c *simPacketConn) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	n, addr, err := c.receive(p)
	if err != nil {
		return n, netip.AddrPort{}, c.opError("read", nil, err)
	}
	return n, addr.(*net.UDPAddr).AddrPort(), nil
}

func (c *simPacketConn) Read(p []byte) (int, error) {
	n, _, err := c.receive(p)
	return n, c.opError("read", c.RemoteAddr(), err)
}

// WriteTo sends p as one datagram to a *net.UDPAddr, see Sim.IP.
func (c *simPacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	switch {
	case c.peer != nil:
		return 0, c.opError("write", addr, net.ErrWriteToConnected)
	case !ok || a == nil:
		return 0, c.opError("write", addr, errSimInvalid)
	}
	return c.WriteToUDPAddrPort(p, a.AddrPort())
}

// WriteToUDPAddrPort is WriteTo with another type of address.
func (c *simPacketConn) WriteToUDPAddrPort(p []byte, addr netip.AddrPort) (int, error) {
	to := simEndpoint{c.s.byIP(addr.Addr().Unmap()), addr.Port(), false}
	if ip := addr.Addr(); ip.IsLoopback() || ip.IsUnspecified() {
		to.host, to.isLoop = c.host, true
	}
	n, err := c.send(p, to)
	return n, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
}

func (c *simPacketConn) Write(p []byte) (int, error) {
	if c.peer == nil {
		return 0, c.opError("write", nil, errSimNoPeer)
	}
	n, err := c.send(p, *c.peer)
	return n, c.opError("write", c.remote, err)
}

// send sends p, which never waits, and never says what becomes of it.
func (c *simPacketConn) send(p []byte, to simEndpoint) (int, error) {
	if _, err := c.s.enter(); err != nil {
		return 0, err
	}
	if err := c.refuse(&c.wr); err != nil {
		return 0, err
	}
	switch {
	case len(p) > simMostDatagram:
		return 0, os.NewSyscallError("sendto", errSimTooLong)
	case to.host == nil:
		return 0, os.NewSyscallError("sendto", errSimUnreachable)
	}
	n := c.s
	copies := 1
	if happens(&c.s.luck, n.double) {
		copies = 2
	}
	f := simFlight{s: c.s, to: to, simDatagram: simDatagram{simEndpoint{c.host, c.port, to.isLoop}, string(p)}}
	for range copies {
		one := f
		one.timer.owner = &one
		one.note(simSends)
		if happens(&c.s.luck, n.loss) {
			one.note(simDrops)
			continue
		}
		c.s.v.h.timers.arm(&one.timer, after(n.latency()))
	}
	return len(p), nil
}

// A simFlight is a datagram under way.
type simFlight struct {
	s  *simNet
	to simEndpoint
	simDatagram
	timer timer
}

func (f *simFlight) note(what simEvent) {
	f.s.v.note(what, uint64(f.from.host.number)<<48|uint64(f.from.port)<<32|uint64(f.to.host.number)<<16|uint64(f.to.port), f.data)
	if f.s.v.trace.w != nil {
		f.s.v.tell("%s:%d -> %s:%d datagram of %d bytes %s", f.from.host.name, f.from.port, f.to.host.name, f.to.port, len(f.data), what.verb())
	}
}

// expire is the arrival.
func (f *simFlight) expire(int64) {
	c := f.to.host.sockets[f.to.port]
	switch {
	case !f.s.reaches(f.from.host, f.to.host), c == nil, len(c.queue) == simMostDatagrams,
		c.isLocal && !f.to.isLoop, c.peer != nil && (c.peer.host != f.from.host || c.peer.port != f.from.port):
		f.note(simDrops)
		return
	}
	f.note(simArrives)
	c.queue = append(c.queue, f.simDatagram)
	c.rd.wake()
}

// Close closes the socket. Calls that wait on it return net.ErrClosed.
func (c *simPacketConn) Close() error {
	if currentHub() != c.s.v.h {
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

func (c *simPacketConn) LocalAddr() net.Addr { return c.addr }

// RemoteAddr returns the peer's address, nil if there is none.
func (c *simPacketConn) RemoteAddr() net.Addr {
	if c.remote == nil {
		return nil
	}
	return c.remote
}

func (c *simPacketConn) SetDeadline(t time.Time) error      { return c.deadlines(t, &c.rd, &c.wr) }
func (c *simPacketConn) SetReadDeadline(t time.Time) error  { return c.deadlines(t, &c.rd) }
func (c *simPacketConn) SetWriteDeadline(t time.Time) error { return c.deadlines(t, &c.wr) }

func (c *simPacketConn) deadlines(t time.Time, sides ...*simSide) error {
	if currentHub() == c.s.v.h && c.closed {
		return c.opError("set", nil, net.ErrClosed)
	}
	return c.opError("set", nil, c.s.setDeadlines(t, sides...))
}
