//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A packetFD is a socket of package net.
type packetFD struct {
	std          net.PacketConn
	hub          *sched.Hub
	readDeadline atomic.Pointer[time.Time] // nil as long as none was set
}

func (lc *ListenConfig) listenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	c, err := Await(func() (net.PacketConn, error) { return lc.std().ListenPacket(ctx, network, address) })
	if err != nil {
		return nil, err
	}
	return &PacketConn{packetFD{std: c, hub: own(c)}}, nil
}

// opError: see Conn.opError.
func (c *PacketConn) opError(_ string, _ net.Addr, err error) error { return err }

func (c *PacketConn) readFrom(h *sched.Hub, p []byte, from *packetAddr) (int, error) {
	return offloaded(h, c.abortRead, c.restoreRead, func() (n int, err error) {
		n, from.Addr, err = c.std.ReadFrom(p)
		return n, err
	})
}

func (c *PacketConn) readNothing() error {
	_, err := c.readFrom(sched.Here(), nil, new(packetAddr))
	return err
}

func (c *PacketConn) writeTo(_ *sched.Hub, p []byte, to *packetAddr) (int, error) {
	if to != nil {
		return c.std.WriteTo(p, to.Addr)
	}
	w, ok := c.std.(net.Conn)
	if !ok {
		return 0, fault.Unsupported("Write of a socket without a peer")
	}
	return w.Write(p)
}

func (c *PacketConn) setAddr(to *packetAddr, addr net.Addr) error {
	to.Addr = addr
	return nil
}

func (c *PacketConn) setIP(to *packetAddr, addr netip.AddrPort) error {
	to.Addr = net.UDPAddrFromAddrPort(addr)
	return nil
}

func (c *PacketConn) addrOf(from *packetAddr) net.Addr { return from.Addr }

func (c *PacketConn) close() error {
	disown(c.hub, c.std)
	return c.std.Close()
}

func (c *PacketConn) localAddr() net.Addr { return c.std.LocalAddr() }

func (c *PacketConn) remoteAddr() net.Addr {
	if r, ok := c.std.(net.Conn); ok {
		return r.RemoteAddr()
	}
	return nil
}

func (c *PacketConn) abortRead()   { c.std.SetReadDeadline(past) }
func (c *PacketConn) restoreRead() { c.std.SetReadDeadline(deref(c.readDeadline.Load())) }

func (c *PacketConn) setDeadline(t time.Time) error {
	c.readDeadline.Store(&t)
	return c.std.SetDeadline(t)
}

func (c *PacketConn) setReadDeadline(t time.Time) error {
	c.readDeadline.Store(&t)
	return c.std.SetReadDeadline(t)
}

func (c *PacketConn) setWriteDeadline(t time.Time) error { return c.std.SetWriteDeadline(t) }

func (c *PacketConn) readMsgUDP(p, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	u, ok := c.std.(*net.UDPConn)
	if !ok {
		return 0, 0, 0, nil, fault.Unsupported("ReadMsgUDP of a socket that is not of UDP")
	}
	_, err = offloaded(sched.Here(), c.abortRead, c.restoreRead, func() (int, error) {
		var err error
		n, oobn, flags, addr, err = u.ReadMsgUDP(p, oob)
		return 0, err
	})
	return n, oobn, flags, addr, err
}

func (c *PacketConn) writeMsgUDP(p, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	u, ok := c.std.(*net.UDPConn)
	if !ok {
		return 0, 0, fault.Unsupported("WriteMsgUDP of a socket that is not of UDP")
	}
	return u.WriteMsgUDP(p, oob, addr)
}

func (c *PacketConn) setReadBuffer(bytes int) error {
	if b, ok := c.std.(interface{ SetReadBuffer(int) error }); ok {
		return b.SetReadBuffer(bytes)
	}
	return fault.Unsupported("SetReadBuffer")
}

func (c *PacketConn) setWriteBuffer(bytes int) error {
	if b, ok := c.std.(interface{ SetWriteBuffer(int) error }); ok {
		return b.SetWriteBuffer(bytes)
	}
	return fault.Unsupported("SetWriteBuffer")
}

func (c *PacketConn) syscallConn() (syscall.RawConn, error) { return stdSyscallConn(c.std) }
func (c *PacketConn) file() (*os.File, error)               { return stdFile(c.std) }
