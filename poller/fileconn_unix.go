//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// copySocket returns a copy of the socket f, and its network in package net's terms.
func copySocket(f *os.File) (sock int, network string, err error) {
	sock, _, err = fd.Copy(f)
	if err != nil {
		return -1, "", err
	}
	sa, err := syscall.Getsockname(sock)
	if err != nil {
		err = os.NewSyscallError("getsockname", err)
	} else {
		var kind int
		if kind, err = unix.GetsockoptInt(sock, unix.SOL_SOCKET, unix.SO_TYPE); err == nil {
			if network = networkOf(sa, kind); network != "" {
				return sock, network, nil
			}
			err = unix.EPROTONOSUPPORT
		} else {
			err = os.NewSyscallError("getsockopt", err)
		}
	}
	socket.Close(sock)
	return -1, "", err
}

func networkOf(sa syscall.Sockaddr, kind int) string {
	switch sa.(type) {
	case *syscall.SockaddrInet4, *syscall.SockaddrInet6:
		switch kind {
		case unix.SOCK_STREAM:
			return "tcp"
		case unix.SOCK_DGRAM:
			return "udp"
		}
	case *syscall.SockaddrUnix:
		switch kind {
		case unix.SOCK_STREAM:
			return "unix"
		case unix.SOCK_DGRAM:
			return "unixgram"
		case unix.SOCK_SEQPACKET:
			return "unixpacket"
		}
	}
	return ""
}

func fileConn(f *os.File) (net.Conn, error) {
	sock, network, err := copySocket(f)
	if err != nil {
		return nil, err
	}
	c := &Conn{connFD: connFD{local: socket.LocalAddr(sock, network), remote: socket.RemoteAddr(sock, network)}}
	if c.remote == nil {
		socket.Close(sock)
		return nil, os.NewSyscallError("getpeername", unix.ENOTCONN)
	}
	c.describe(network)
	if err := c.d.Adopt(sock); err != nil {
		return nil, err
	}
	return asDialed(network, c), nil
}

func fileListener(f *os.File) (net.Listener, error) {
	sock, network, err := copySocket(f)
	if err != nil {
		return nil, err
	}
	if listens, err := unix.GetsockoptInt(sock, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listens == 0 {
		socket.Close(sock)
		return nil, unix.EINVAL
	}
	l := &Listener{listenerFD{network: network}}
	l.limits.init(new(ListenConfig))
	l.describe(sock, "")
	if err := l.d.Adopt(sock); err != nil {
		return nil, err
	}
	return l, nil
}

func filePacketConn(f *os.File) (net.PacketConn, error) {
	sock, network, err := copySocket(f)
	if err != nil {
		return nil, err
	}
	if network != "udp" && network != "unixgram" {
		socket.Close(sock)
		return nil, unix.EPROTONOSUPPORT
	}
	c := &PacketConn{packetFD{network: network, addr: socket.LocalAddr(sock, network), remote: socket.RemoteAddr(sock, network), domain: socket.DomainOf(sock)}}
	if err := c.d.Adopt(sock); err != nil {
		return nil, err
	}
	return c, nil
}
