package simnet

import (
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/stackful-go/stackful/internal/netpatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

var _, _, _ netpatch.Socket = streamSocket{}, listenSocket{}, packetSocket{}

// A streamSocket is a TCP connection, or one of Unix sockets.
type streamSocket struct {
	c    *Conn
	unix string // the name to which it is bound, "" if to none
}

func (s streamSocket) Addrs() (local, remote netip.AddrPort)       { return s.c.local, s.c.remote }
func (s streamSocket) UnixName(a netip.AddrPort) string            { return s.c.host.unixNames[a] }
func (s streamSocket) Accept() (any, error)                        { return nil, ErrInvalid }
func (s streamSocket) Read(p []byte) (int, error)                  { return s.c.read(p) }
func (s streamSocket) Write(p []byte) (int, error)                 { return s.c.write(p) }
func (s streamSocket) WriteTo([]byte, netip.AddrPort) (int, error) { return 0, errConnected }
func (s streamSocket) Check() error                                { return s.c.change(func() {}) }

func (s streamSocket) ReadFrom(p []byte) (int, netip.AddrPort, bool, error) {
	n, err := s.c.read(p)
	return n, s.c.remote, false, err
}

// Peek is readable, and copies what there is.
func (s streamSocket) Peek(p []byte) (n int, eof bool, err error) {
	if err := s.c.s.check(s.c.closed); err != nil {
		return 0, false, err
	}
	_, err = s.c.readable()
	if err == io.EOF {
		return 0, true, nil
	}
	n = copy(p, s.c.in)
	return n, n == len(s.c.in) && (s.c.eof || s.c.noRead), err
}

func (s streamSocket) Skip(n int) { s.c.take(n) }

func (s streamSocket) WaitRead() error { return s.c.waitReadable() }

func (s streamSocket) SetLinger(seconds int) error {
	return s.c.change(func() { s.c.abrupt = seconds == 0 })
}

func (s streamSocket) SetDeadline(t time.Time, reads, writes bool) error {
	return s.c.s.setStdDeadline(s.c.closed, t, reads, writes, &s.c.rd, &s.c.wr)
}

// Shutdown fails on a connection that has ended, as the system's does.
func (s streamSocket) Shutdown(reads, writes bool) (err error) {
	refused := s.c.change(func() {
		if s.c.err != nil {
			err = errNotConnected
			return
		}
		if reads {
			s.c.endReads()
		}
		if writes {
			s.c.endWrites()
		}
	})
	if refused != nil {
		return refused
	}
	return err
}

func (s streamSocket) Close() error {
	err := s.c.close()
	if err == nil && s.unix != "" {
		s.c.place.freeUnix(s.unix)
	}
	return err
}

// A listenSocket is a listener.
type listenSocket struct {
	l    *Listener
	unix string // as of a streamSocket
}

func (s listenSocket) Addrs() (local, remote netip.AddrPort)       { return s.l.addr, remote }
func (s listenSocket) UnixName(a netip.AddrPort) string            { return s.l.host.unixNames[a] }
func (s listenSocket) Read([]byte) (int, error)                    { return 0, errNotConnected }
func (s listenSocket) Write([]byte) (int, error)                   { return 0, errNotConnected }
func (s listenSocket) WriteTo([]byte, netip.AddrPort) (int, error) { return 0, errNotConnected }
func (s listenSocket) Shutdown(bool, bool) error                   { return errNotConnected }
func (s listenSocket) SetLinger(int) error                         { return s.Check() }

func (s listenSocket) ReadFrom([]byte) (int, netip.AddrPort, bool, error) {
	return 0, netip.AddrPort{}, false, errNotConnected
}

func (s listenSocket) Accept() (any, error) {
	c, err := s.l.accept()
	if err != nil {
		return nil, err
	}
	return streamSocket{c: c}, nil
}

func (s listenSocket) Peek([]byte) (int, bool, error) { return 0, false, errNotConnected }
func (s listenSocket) Skip(int)                       {}
func (s listenSocket) WaitRead() error                { return errNotConnected }

func (s listenSocket) SetDeadline(t time.Time, reads, _ bool) error {
	return s.l.s.setStdDeadline(s.l.closed, t, reads, false, &s.l.dir, nil)
}

func (s listenSocket) Check() error { return s.l.s.check(s.l.closed) }

func (s listenSocket) Close() error {
	err := s.l.close()
	if err == nil && s.unix != "" {
		s.l.place.freeUnix(s.unix)
	}
	return err
}

// A packetSocket is a UDP socket.
type packetSocket struct{ c *PacketConn }

func (s packetSocket) Addrs() (local, remote netip.AddrPort) { return s.c.addr, s.c.peer }
func (s packetSocket) UnixName(netip.AddrPort) string        { return "" }
func (s packetSocket) Accept() (any, error)                  { return nil, ErrInvalid }
func (s packetSocket) Shutdown(bool, bool) error             { return errNotConnected }
func (s packetSocket) SetLinger(int) error                   { return s.Check() }
func (s packetSocket) Check() error                          { return s.c.s.check(s.c.closed) }
func (s packetSocket) Close() error                          { return s.c.close() }

func (s packetSocket) Read(p []byte) (int, error) {
	n, _, err := s.c.receive(p)
	return n, err
}

func (s packetSocket) ReadFrom(p []byte) (int, netip.AddrPort, bool, error) {
	n, x, err := s.c.receive(p)
	return n, x.from, n < len(x.data), err
}

func (s packetSocket) Peek([]byte) (int, bool, error) { return 0, false, ErrInvalid }
func (s packetSocket) Skip(int)                       {}
func (s packetSocket) WaitRead() error                { return ErrInvalid }

func (s packetSocket) Write(p []byte) (int, error) {
	if !s.c.peer.IsValid() {
		return 0, ErrNoPeer
	}
	return s.c.send(p, s.c.peer)
}

func (s packetSocket) WriteTo(p []byte, to netip.AddrPort) (int, error) {
	if to.Port() == 0 {
		return 0, ErrInvalid
	}
	return s.c.send(p, netip.AddrPortFrom(unmapped(to.Addr()), to.Port()))
}

func (s packetSocket) SetDeadline(t time.Time, reads, writes bool) error {
	return s.c.s.setStdDeadline(s.c.closed, t, reads, writes, &s.c.rd, &s.c.wr)
}

// check returns the error of a call on a socket that does not wait.
func (n *Net) check(closed bool) error {
	switch {
	case sched.Here() != n.v.H:
		_, err := n.enter()
		return err
	case closed:
		return net.ErrClosed
	}
	return nil
}

// setStdDeadline sets deadlines of a socket to a t of time.Now.
func (n *Net) setStdDeadline(closed bool, t time.Time, reads, writes bool, rd, wr *direction) error {
	if err := n.check(closed); err != nil {
		return err
	}
	at := instantOf(t)
	if reads {
		rd.setDeadline(at)
	}
	if writes {
		wr.setDeadline(at)
	}
	return nil
}
