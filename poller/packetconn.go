package poller

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A PacketConn is a datagram socket: UDP or Unix. It is a net.PacketConn, with further
// methods of net.UDPConn. The rules of Conn about tasks and goroutines apply to it too.
type PacketConn struct {
	packetFD
}

// packetFD is the platform's part: a descriptor that a hub watches, in
// packetconn_unix.go, or a socket of package net, in packetconn_std.go. Beside each of these,
// in packetaddr_unix.go or packetaddr_std.go, is the type packetAddr, an address as its calls
// take it, with a method IP. Each supplies as methods of PacketConn:
//
//   - readFrom and writeTo, which park, and must be small enough to be inlined, see Conn;
//     writeTo without an address sends to the peer.
//   - readNothing, a Read into no bytes.
//   - setAddr and setIP, which make a packetAddr, and addrOf, the reverse of setAddr.
//   - opError, which makes a *net.OpError of an error of those, unless it is nil or a
//     *net.OpError of package net already.
//   - a method of the same name for each of the other exported ones.

// ReadFrom waits for a datagram and returns its length and origin. Bytes beyond the length
// of p are lost.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	from := newPacketAddr()
	n, err := c.readFrom(sched.Here(), p, from)
	if err != nil {
		return n, nil, c.opError("read", nil, err)
	}
	addr := c.addrOf(from)
	freePacketAddr(from)
	return n, addr, nil
}

// ReadFromUDPAddrPort is ReadFrom for a UDP socket. Natively on Linux it allocates nothing,
// unless the origin has a zone.
func (c *PacketConn) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	from := newPacketAddr()
	n, err := c.readFrom(sched.Here(), p, from)
	addr := from.IP()
	freePacketAddr(from)
	return n, addr, c.opError("read", nil, err)
}

// WriteTo sends p as one datagram. addr is a *net.UDPAddr, or a *net.UnixAddr for
// a Unix socket.
func (c *PacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	to := newPacketAddr()
	if err := c.setAddr(to, addr); err != nil {
		return 0, c.opError("write", addr, err)
	}
	n, err := c.writeTo(sched.Here(), p, to)
	freePacketAddr(to)
	return n, c.opError("write", addr, err)
}

// WriteToUDPAddrPort is WriteTo for a UDP socket. Natively on Linux it allocates nothing,
// unless addr has a zone.
func (c *PacketConn) WriteToUDPAddrPort(p []byte, addr netip.AddrPort) (int, error) {
	to := newPacketAddr()
	if err := c.setIP(to, addr); err != nil {
		return 0, c.opError("write", net.UDPAddrFromAddrPort(addr), err)
	}
	n, err := c.writeTo(sched.Here(), p, to)
	freePacketAddr(to)
	if err != nil {
		err = c.opError("write", net.UDPAddrFromAddrPort(addr), err)
	}
	return n, err
}

// Close closes the socket. Calls that wait on it return net.ErrClosed. The file of
// a Unix socket stays, as with package net.
func (c *PacketConn) Close() error { return c.close() }

// LocalAddr returns the socket's address.
func (c *PacketConn) LocalAddr() net.Addr { return c.localAddr() }

// SetDeadline sets the instant after which reads and writes fail with
// os.ErrDeadlineExceeded. The zero Time means never.
func (c *PacketConn) SetDeadline(t time.Time) error { return c.setDeadline(t) }

// SetReadDeadline is SetDeadline for reading.
func (c *PacketConn) SetReadDeadline(t time.Time) error { return c.setReadDeadline(t) }

// SetWriteDeadline is SetDeadline for writing.
func (c *PacketConn) SetWriteDeadline(t time.Time) error { return c.setWriteDeadline(t) }

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *PacketConn) SetReadBuffer(bytes int) error { return c.setReadBuffer(bytes) }

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *PacketConn) SetWriteBuffer(bytes int) error { return c.setWriteBuffer(bytes) }

// SyscallConn gives access to the descriptor.
func (c *PacketConn) SyscallConn() (syscall.RawConn, error) { return c.syscallConn() }

// File returns a copy of the descriptor, which the caller must close.
func (c *PacketConn) File() (*os.File, error) { return c.file() }
