//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// What a PacketConn has of net.UDPConn besides, which packages like golang.org/x/net/ipv4
// and QUIC's ask for. As there, they are for sockets with and without a peer; a PacketConn
// has none, unless FilePacketConn has made it of one that has.

// Read is ReadFrom without the origin. It is part of net.Conn.
func (c *PacketConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.opError("read", nil, c.d.CheckOpen())
	}
	var sa socket.Sockaddr
	n, err := c.d.ReadFrom(sched.Here(), p, &sa)
	return n, c.opError("read", nil, err)
}

// Write sends p to the peer, and fails if there is none. It is part of net.Conn.
func (c *PacketConn) Write(p []byte) (int, error) {
	n, err := c.d.WriteTo(sched.Here(), p, nil)
	return n, c.opError("write", nil, err)
}

// RemoteAddr returns the peer's address, nil if there is none. It is part of net.Conn.
func (c *PacketConn) RemoteAddr() net.Addr { return c.remote }

// ReadMsgUDP waits for a datagram: what fits into p, and control messages into oob. It
// returns how much each is, the flags that the system has set on the message, and its
// origin. It is for UDP sockets.
func (c *PacketConn) ReadMsgUDP(p, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	if !c.isUDP() {
		return 0, 0, 0, nil, c.opError("read", nil, unix.EINVAL)
	}
	var sa socket.Sockaddr
	var errno unix.Errno
	err = c.d.Rd.Callback(func(fd uintptr) bool {
		for errno = unix.EINTR; errno == unix.EINTR; {
			n, oobn, flags, errno = socket.RawRecvmsg(int(fd), p, oob, &sa)
		}
		return errno != unix.EAGAIN
	})
	if err == nil && errno != 0 {
		err = fd.CallError("recvmsg", errno)
	}
	if err != nil {
		return 0, 0, 0, nil, c.opError("read", nil, err)
	}
	if h := sched.Here(); h != nil {
		h.ChargeIO()
	}
	addr, _ = sa.Addr(c.network).(*net.UDPAddr)
	return n, oobn, flags, addr, nil
}

// WriteMsgUDP sends p and the control messages oob as one datagram to addr, which must be
// nil if there is a peer. It returns how much of each was sent. It is for UDP sockets.
func (c *PacketConn) WriteMsgUDP(p, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	var sa *socket.Sockaddr
	switch {
	case !c.isUDP():
		err = unix.EINVAL
	case addr == nil && c.remote == nil:
		err = unix.EDESTADDRREQ
	case addr != nil && c.remote != nil:
		err = net.ErrWriteToConnected
	case addr != nil:
		sa = new(socket.Sockaddr)
		err = sa.SetIP(c.domain, addr.AddrPort())
	}
	var errno unix.Errno
	if err == nil {
		err = c.d.Wr.Callback(func(fd uintptr) bool {
			for errno = unix.EINTR; errno == unix.EINTR; {
				n, errno = socket.RawSendmsg(int(fd), p, oob, sa)
			}
			return errno != unix.EAGAIN
		})
	}
	if err == nil && errno != 0 {
		err = fd.CallError("sendmsg", errno)
	}
	if err != nil {
		var to net.Addr
		if addr != nil {
			to = addr
		}
		return 0, 0, c.opError("write", to, err)
	}
	if h := sched.Here(); h != nil {
		h.ChargeIO()
	}
	return n, len(oob), nil
}

func (c *PacketConn) isUDP() bool { return c.domain != unix.AF_UNIX }

// SetReadBuffer sets the size of the system's receive buffer, in bytes.
func (c *PacketConn) SetReadBuffer(bytes int) error { return c.setBuffer(unix.SO_RCVBUF, bytes) }

// SetWriteBuffer sets the size of the system's send buffer, in bytes.
func (c *PacketConn) SetWriteBuffer(bytes int) error { return c.setBuffer(unix.SO_SNDBUF, bytes) }

func (c *PacketConn) setBuffer(name, bytes int) error {
	return c.opError("set", nil, c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, name, bytes)
	}))
}
