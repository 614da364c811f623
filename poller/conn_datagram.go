package poller

import (
	"net"
	"strings"
)

// A dgramConn is a Conn of datagrams. Such a connection must be a net.PacketConn: by that,
// package net's resolver, for one, distinguishes it from a stream. The methods cannot be
// part of Conn, whose ReadFrom is io.ReaderFrom's.
type dgramConn struct{ *Conn }

func asDialed(network string, c *Conn) net.Conn {
	if strings.HasPrefix(network, "udp") || network == "unixgram" {
		return dgramConn{c}
	}
	return c
}

// ReadFrom is part of net.PacketConn. It receives the peer's datagrams only.
func (c dgramConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := c.Read(p)
	if err != nil {
		return n, nil, err
	}
	return n, c.RemoteAddr(), nil
}

// WriteTo is part of net.PacketConn: it fails, since there is a peer already.
func (c dgramConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	return 0, &net.OpError{Op: "write", Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: addr, Err: net.ErrWriteToConnected}
}
