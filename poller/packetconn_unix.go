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

// A packetFD is the descriptor of a PacketConn, with its addresses.
type packetFD struct {
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
	c := &PacketConn{packetFD{network: network, addr: socket.LocalAddr(fd, network), domain: socket.DomainOf(fd)}}
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

func (c *PacketConn) readFrom(h *sched.Hub, p []byte, from *packetAddr) (int, error) {
	return c.d.ReadFrom(h, p, from)
}

func (c *PacketConn) writeTo(h *sched.Hub, p []byte, to *packetAddr) (int, error) {
	return c.d.WriteTo(h, p, to)
}

func (c *PacketConn) readNothing() error { return c.d.CheckOpen() }

func (c *PacketConn) setAddr(to *packetAddr, addr net.Addr) error {
	switch a := addr.(type) {
	case *net.UDPAddr:
		return to.SetIP(c.domain, a.AddrPort())
	case *net.UnixAddr:
		return to.SetUnix(a.Name)
	}
	return syscall.EINVAL
}

func (c *PacketConn) setIP(to *packetAddr, addr netip.AddrPort) error {
	return to.SetIP(c.domain, addr)
}

func (c *PacketConn) addrOf(from *packetAddr) net.Addr { return from.Addr(c.network) }

func (c *PacketConn) close() error {
	if !c.d.Close(sched.Here()) {
		return c.opError("close", nil, net.ErrClosed)
	}
	return nil
}

func (c *PacketConn) localAddr() net.Addr  { return c.addr }
func (c *PacketConn) remoteAddr() net.Addr { return c.remote }

func (c *PacketConn) setDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Rd, &c.d.Wr))
}

func (c *PacketConn) setReadDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Rd))
}

func (c *PacketConn) setWriteDeadline(t time.Time) error {
	return c.opError("set", nil, c.d.SetDeadline(t, &c.d.Wr))
}

func (c *PacketConn) syscallConn() (syscall.RawConn, error) {
	op := func(op string, err error) error { return c.opError(op, nil, err) }
	if err := c.d.CheckOpen(); err != nil {
		return nil, op("raw-control", err)
	}
	return fd.NewRawConn(&c.d, op), nil
}

func (c *PacketConn) file() (*os.File, error) {
	f, err := c.d.File("socket")
	return f, c.opError("file", nil, err)
}
