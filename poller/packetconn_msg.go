package poller

import (
	"net"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// The other methods of net.UDPConn, on which packages like golang.org/x/net/ipv4 and QUIC's
// depend. As there, they are for sockets with and without a peer; a PacketConn has none,
// unless FilePacketConn has made it of a connected socket.

// Read is ReadFrom without the origin. It is part of net.Conn.
func (c *PacketConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.opError("read", nil, c.readNothing())
	}
	from := newPacketAddr()
	n, err := c.readFrom(sched.Here(), p, from)
	freePacketAddr(from)
	return n, c.opError("read", nil, err)
}

// Write sends p to the peer, and fails if there is none. It is part of net.Conn.
func (c *PacketConn) Write(p []byte) (int, error) {
	n, err := c.writeTo(sched.Here(), p, nil)
	return n, c.opError("write", nil, err)
}

// RemoteAddr returns the peer's address, nil if there is none. It is part of net.Conn.
func (c *PacketConn) RemoteAddr() net.Addr { return c.remoteAddr() }

// ReadMsgUDP waits for a datagram, of which it stores as much as fits into p, and its
// control messages in oob. It returns the length of each, the flags that the system has set
// on the message, and its origin. It is for UDP sockets.
func (c *PacketConn) ReadMsgUDP(p, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	return c.readMsgUDP(p, oob)
}

// WriteMsgUDP sends p and the control messages oob as one datagram to addr, which must be
// nil if there is a peer. It returns how much of each was sent. It is for UDP sockets.
func (c *PacketConn) WriteMsgUDP(p, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	return c.writeMsgUDP(p, oob, addr)
}
