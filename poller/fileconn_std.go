//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"net"
	"os"
)

func fileConn(f *os.File) (net.Conn, error) {
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	return asDialed(c.LocalAddr().Network(), ownConn(c)), nil
}

func fileListener(f *os.File) (net.Listener, error) {
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	return &Listener{listenerFD{std: l, hub: own(l)}}, nil
}

func filePacketConn(f *os.File) (net.PacketConn, error) {
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return &PacketConn{packetFD{std: c, hub: own(c)}}, nil
}
