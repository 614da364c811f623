//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A PacketConn is a datagram socket: UDP or Unix. It is a net.PacketConn, with further
// methods of net.UDPConn. What Conn says about tasks and goroutines holds for it too.
type PacketConn struct {
	d       fd.FD
	network string
	addr    net.Addr
	remote  net.Addr // nil: there is no peer
	domain  int
	path    string
}

func (lc *ListenConfig) listenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	fail := func(err error) (net.PacketConn, error) {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addrForError(network, address), Err: err}
	}
	fd, err := lc.open(ctx, network, address, false)
	if err != nil {
		return fail(err)
	}
	c := &PacketConn{network: network, addr: socket.LocalAddr(fd, network), domain: socket.DomainOf(fd)}
	if strings.HasPrefix(network, "unix") && address != "" && address[0] != '@' {
		c.path = address
	}
	h, err := sched.OrBackground(sched.Here())
	if err == nil {
		err = c.d.Watch(h, fd)
	}
	if err != nil {
		socket.Close(fd)
		return fail(err)
	}
	return c, nil
}

func (c *PacketConn) opError(op string, addr net.Addr, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.addr, Addr: addr, Err: err}
}

// ReadFrom waits for a datagram and returns its length and origin. What does not
// fit into p is lost.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	var sa socket.Sockaddr
	n, err := c.d.ReadFrom(sched.Here(), p, &sa)
	if err != nil {
		return n, nil, c.opError("read", nil, err)
	}
	return n, sa.Addr(c.network), nil
}

// ReadFromUDPAddrPort is ReadFrom without an allocation for the origin.
func (c *PacketConn) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	var sa socket.Sockaddr
	n, err := c.d.ReadFrom(sched.Here(), p, &sa)
	return n, sa.IP(), c.opError("read", nil, err)
}

// WriteTo sends p as one datagram. addr is a *net.UDPAddr, or a *net.UnixAddr for
// a Unix socket.
func (c *PacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	var sa socket.Sockaddr
	var err error
	switch a := addr.(type) {
	case *net.UDPAddr:
		err = sa.SetIP(c.domain, a.AddrPort())
	case *net.UnixAddr:
		err = sa.SetUnix(a.Name)
	default:
		err = syscall.EINVAL
	}
	if err != nil {
		return 0, c.opError("write", addr, err)
	}
	n, err := c.d.WriteTo(sched.Here(), p, &sa)
	return n, c.opError("write", addr, err)
}

// WriteToUDPAddrPort is WriteTo for a UDP socket.
func (c *PacketConn) WriteToUDPAddrPort(p []byte, addr netip.AddrPort) (int, error) {
	var sa socket.Sockaddr
	if err := sa.SetIP(c.domain, addr); err != nil {
		return 0, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
	}
	n, err := c.d.WriteTo(sched.Here(), p, &sa)
	if err != nil {
		err = c.opError("write", net.UDPAddrFromAddrPort(addr), err)
	}
	return n, err
}

// Close closes the socket. Calls that wait on it return net.ErrClosed. The file of
// a Unix socket stays, as with package net.
func (c *PacketConn) Close() error {
	if !c.d.Close(sched.Here()) {
		return c.opError("close", nil, net.ErrClosed)
	}
	return nil
}

// LocalAddr returns the socket's address.
func (c *PacketConn) LocalAddr() net.Addr { return c.addr }

// SetDeadline sets the instant after which reads and writes fail with
// os.ErrDeadlineExceeded. The zero Time means never.
func (c *PacketConn) SetDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Rd, &c.d.Wr))
}

// SetReadDeadline is SetDeadline for reading.
func (c *PacketConn) SetReadDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Rd))
}

// SetWriteDeadline is SetDeadline for writing.
func (c *PacketConn) SetWriteDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Wr))
}

// SyscallConn gives access to the descriptor.
func (c *PacketConn) SyscallConn() (syscall.RawConn, error) {
	op := func(op string, err error) error { return c.opError(op, nil, err) }
	if err := c.d.CheckOpen(); err != nil {
		return nil, op("raw-control", err)
	}
	return fd.NewRawConn(&c.d, op), nil
}

// File returns a copy of the descriptor, which the caller must close.
func (c *PacketConn) File() (*os.File, error) {
	f, err := c.d.File("socket")
	return f, c.opError("file", nil, err)
}
