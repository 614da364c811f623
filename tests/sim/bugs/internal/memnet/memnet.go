// Package memnet is a network in memory for tests in bubbles of testing/synctest, in which a
// wait for a real socket does not let the clock move.
package memnet

import (
	"net"
	"sync"
	"time"
)

// A Listener hands out the far ends of the connections that Dial makes.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// Listen returns a new listener.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects to l.
func (l *Listener) Dial() (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Dial.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns an address that means nothing.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

// A PacketConn receives what is written to the connections of Dial, in that order.
type PacketConn struct {
	Listener
	datagrams chan []byte
}

// ListenPacket returns a new connection for datagrams.
func ListenPacket() *PacketConn {
	p := &PacketConn{datagrams: make(chan []byte, 256)}
	p.closed = make(chan struct{})
	return p
}

// ReadFrom waits for a datagram.
func (p *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-p.datagrams:
		return copy(b, d), p.Addr(), nil
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo sends to p itself.
func (p *PacketConn) WriteTo(b []byte, _ net.Addr) (int, error) {
	select {
	case p.datagrams <- append([]byte(nil), b...):
	default: // lost
	}
	return len(b), nil
}

// LocalAddr returns an address that means nothing.
func (p *PacketConn) LocalAddr() net.Addr { return p.Addr() }

// SetDeadline does nothing.
func (p *PacketConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (p *PacketConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing.
func (p *PacketConn) SetWriteDeadline(time.Time) error { return nil }

// Dial returns a writer of datagrams to p.
func (p *PacketConn) Dial() (net.Conn, error) { return packetWriter{p: p}, nil }

type packetWriter struct {
	net.Conn
	p *PacketConn
}

func (w packetWriter) Write(b []byte) (int, error) { return w.p.WriteTo(b, nil) }
func (w packetWriter) Close() error                { return nil }
