package simnet

import (
	"net"
	"os"
	"slices"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Listener is a simulated net.Listener.
type Listener struct {
	s       *Net
	host    *Host
	place   place
	addr    *net.TCPAddr
	port    uint16
	isLocal bool      // it listens at a loopback address, and so serves its own host only
	backlog int       // length of Queue at which a SYN is dropped
	Queue   []*Conn   // established, and not accepted
	dir     direction // of Accept
	closed  bool
}

// Listen makes a listener on the host of the caller. A backlog of 0 or less stands for
// defaultBacklog.
func (s *Net) Listen(network, address string, backlog int) (*Listener, error) {
	here, port, isLocal, err := s.bind(network, address)
	if err != nil {
		return nil, err
	}
	inUse := func(p uint16) bool { return here.listeners[p] != nil }
	if port == 0 {
		if port, err = here.freePort(inUse); err != nil {
			return nil, err
		}
	} else if inUse(port) {
		return nil, os.NewSyscallError("bind", ErrInUse)
	}
	l := &Listener{s: s, host: here, place: place{here, here.boots}, addr: tcpAddr(here.ip, port), port: port,
		isLocal: isLocal, backlog: backlog}
	if isLocal {
		l.addr.IP = net.IPv4(127, 0, 0, 1)
	}
	if l.backlog <= 0 {
		l.backlog = defaultBacklog
	}
	l.dir.init(s, sched.ParkRead, sched.ParkReadTurn)
	here.listeners[port] = l
	s.v.Note(sched.EventChanges, uint64(here.number)<<32|uint64(port), "listen")
	s.v.Tell("%s listens at port %d", here.name, port)
	return l, nil
}

// bind checks the address of a listener or UDP socket, and returns the caller's host and the
// port, 0 for any. isLocal reports a loopback address, at which only the own host is served.
func (s *Net) bind(network, address string) (here *Host, port uint16, isLocal bool, err error) {
	if err := CheckNetwork(network); err != nil {
		return nil, 0, false, err
	}
	if here, err = s.here(); err != nil {
		return nil, 0, false, err
	}
	if address == "" {
		address = ":0"
	}
	host, port, isHere, err := s.resolve(here, address)
	switch {
	case err != nil:
		return nil, 0, false, err
	case host != here:
		return nil, 0, false, os.NewSyscallError("bind", ErrNotMine)
	case isHere:
		name, _, _ := net.SplitHostPort(address)
		ip := net.ParseIP(name)
		isLocal = name == "localhost" || ip != nil && ip.IsLoopback()
	}
	return here, port, isLocal, nil
}

// accepts reports whether l serves c, the dialling end.
func (l *Listener) accepts(c *Conn) bool { return !l.isLocal || c.isLoop }

// Accept waits for a connection and returns it, in the order of the queue.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.accept()
	if err != nil {
		return nil, l.opError("accept", err)
	}
	return c, nil
}

func (l *Listener) accept() (*Conn, error) {
	if err := l.dir.begin(); err != nil {
		return nil, err
	}
	for {
		var err error
		switch {
		case l.closed:
			err = net.ErrClosed
		case !l.place.isUp():
			err = ErrDown
		case l.dir.expired():
			err = os.ErrDeadlineExceeded
		case len(l.Queue) > 0:
			c := l.Queue[0]
			l.Queue[0] = nil
			l.Queue = l.Queue[1:]
			l.dir.end()
			return c, nil
		default:
			err = l.dir.wait(l.dir.end)
		}
		if err != nil {
			l.dir.end()
			return nil, err
		}
	}
}

func (l *Listener) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: l.addr, Err: err}
}

// Close closes the listener. Connections that were not accepted are reset.
func (l *Listener) Close() error {
	if sched.Here() != l.s.v.H {
		_, err := l.s.enter()
		return l.opError("close", err)
	}
	if l.closed {
		return l.opError("close", net.ErrClosed)
	}
	l.closed = true
	if l.place.isUp() {
		delete(l.host.listeners, l.port)
	}
	l.dir.close()
	for _, c := range l.Queue {
		c.abrupt = true
		c.Close()
	}
	l.Queue = nil
	return nil
}

// Addr returns the address that l listens at.
func (l *Listener) Addr() net.Addr { return l.addr }

// SetDeadline sets the instant after which Accept fails.
func (l *Listener) SetDeadline(t time.Time) error {
	if sched.Here() == l.s.v.H && l.closed {
		return l.opError("set", net.ErrClosed)
	}
	return l.opError("set", l.s.setDeadlines(t, &l.dir))
}

// sortedByPort returns the values of a host's map, in the order of their ports.
func sortedByPort[T any](at map[uint16]T) []T {
	var ports []uint16
	for p := range at {
		ports = append(ports, p)
	}
	slices.Sort(ports)
	var all []T
	for _, p := range ports {
		all = append(all, at[p])
	}
	return all
}
