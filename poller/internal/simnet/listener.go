package simnet

import (
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Listener is a simulated net.Listener.
type Listener struct {
	s       *Net
	host    *Host
	place   place
	addr    netip.AddrPort
	backlog int       // length of Queue at which a SYN is dropped
	Queue   []*Conn   // established, and not accepted
	dir     direction // of Accept
	closed  bool
}

// Listen makes a listener on the host of the caller. A backlog of 0 or less stands for
// defaultBacklog.
func (s *Net) Listen(network, address string, backlog int) (*Listener, error) {
	at, err := s.bindable(network, address)
	if err != nil {
		return nil, err
	}
	return s.listen(at, backlog)
}

// listen is Listen with an address of the caller's host, which may be anyIP.
func (s *Net) listen(at netip.AddrPort, backlog int) (*Listener, error) {
	here, err := s.here()
	if err == nil {
		at, err = bind(here, here.listeners, at)
	}
	if err != nil {
		return nil, err
	}
	l := &Listener{s: s, host: here, place: place{here, here.boots}, addr: at, backlog: backlog}
	if l.backlog <= 0 {
		l.backlog = defaultBacklog
	}
	l.dir.init(s, sched.ParkRead, sched.ParkReadTurn)
	here.listeners.add(at, l)
	s.v.Note(sched.EventChanges, uint64(here.number)<<32|uint64(at.Port()), "listen")
	s.v.Tell("%s listens at port %d", here.name, at.Port())
	return l, nil
}

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
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}

// Close closes the listener. Connections that were not accepted are reset.
func (l *Listener) Close() error { return l.opError("close", l.close()) }

func (l *Listener) close() error {
	if sched.Here() != l.s.v.H {
		_, err := l.s.enter()
		return err
	}
	if l.closed {
		return net.ErrClosed
	}
	l.closed = true
	if l.place.isUp() {
		l.host.listeners.remove(l.addr)
	}
	l.dir.close()
	for _, c := range l.Queue {
		c.abrupt = true
		c.Close()
	}
	l.Queue = nil
	return nil
}

// Addr returns the address that l listens at: the host's, if it listens at all.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.host.named(l.addr)) }

// SetDeadline sets the instant after which Accept fails.
func (l *Listener) SetDeadline(t time.Time) error {
	if sched.Here() == l.s.v.H && l.closed {
		return l.opError("set", net.ErrClosed)
	}
	return l.opError("set", l.s.setDeadlines(t, &l.dir))
}
