//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

func (c *PacketConn) readMsgUDP(p, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
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

func (c *PacketConn) writeMsgUDP(p, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
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

func (c *PacketConn) setReadBuffer(bytes int) error { return c.setBuffer(unix.SO_RCVBUF, bytes) }

func (c *PacketConn) setWriteBuffer(bytes int) error { return c.setBuffer(unix.SO_SNDBUF, bytes) }

func (c *PacketConn) setBuffer(name, bytes int) error {
	return c.opError("set", nil, c.d.Control("setsockopt", func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, name, bytes)
	}))
}
