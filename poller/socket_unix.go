//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A family is what a network name and an address say about the socket to make.
type family struct {
	domain int
	kind   int
	v6only bool
}

// familyOf chooses like package net: a wildcard address of "tcp" or "udp" is an
// IPv6 socket for both protocols, where there is such a thing.
func familyOf(network string, addr netip.Addr, listening bool) family {
	f := family{domain: unix.AF_INET, kind: unix.SOCK_STREAM}
	if strings.HasPrefix(network, "udp") {
		f.kind = unix.SOCK_DGRAM
	}
	switch {
	case strings.HasSuffix(network, "4"):
	case strings.HasSuffix(network, "6"):
		f.domain, f.v6only = unix.AF_INET6, true
	case !addr.IsValid():
		if listening && haveIPv6() && haveMapped() {
			f.domain = unix.AF_INET6
		}
	case addr.Is6() && !addr.Is4In6():
		f.domain = unix.AF_INET6
		f.v6only = !addr.IsUnspecified() || !haveMapped()
	}
	return f
}

// haveIPv6 reports whether an IPv6 socket can be bound.
var haveIPv6 = sync.OnceValue(func() bool {
	return canBind(netip.IPv6Loopback(), 1)
})

// haveMapped reports whether an IPv6 socket can serve IPv4 too: not on OpenBSD
// and DragonFly, and elsewhere a matter of settings.
var haveMapped = sync.OnceValue(func() bool {
	return canBind(netip.MustParseAddr("::ffff:127.0.0.1"), 0)
})

func canBind(addr netip.Addr, v6only int) bool {
	fd, err := openSocket(unix.AF_INET6, unix.SOCK_STREAM)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, v6only) != nil {
		return false
	}
	return unix.Bind(fd, &unix.SockaddrInet6{Addr: addr.As16()}) == nil
}

func unixKind(network string) int {
	switch network {
	case "unixgram":
		return unix.SOCK_DGRAM
	case "unixpacket":
		return unix.SOCK_SEQPACKET
	}
	return unix.SOCK_STREAM
}

// newSocket makes a socket that does not block.
func newSocket(f family) (int, error) {
	fd, err := openSocket(f.domain, f.kind)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if f.domain == unix.AF_INET6 {
		only := 0
		if f.v6only {
			only = 1
		}
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only)
	}
	if f.kind == unix.SOCK_DGRAM {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
	return fd, nil
}

// control calls a user's Control function, if there is one, on a new socket.
func control(f func(network, address string, c syscall.RawConn) error, network, address string, fd int) error {
	if f == nil {
		return nil
	}
	return f(network, address, bareConn(fd))
}

// bareConn is a socket that no desc has yet, as a syscall.RawConn.
type bareConn int

func (c bareConn) Control(f func(fd uintptr)) error { f(uintptr(c)); return nil }
func (c bareConn) Read(func(fd uintptr) bool) error {
	return unsupported("Read before the socket is in use")
}
func (c bareConn) Write(func(fd uintptr) bool) error {
	return unsupported("Write before the socket is in use")
}

// connect connects fd, which d is to watch, to sa, and waits for it until at or
// until ctx is done. If it fails, fd is closed.
func (d *desc) connect(ctx context.Context, h *hub, fd int, sa *rawSockaddr, at int64) error {
	errno := sys.connect(fd, sa)
	switch errno {
	case 0, unix.EISCONN, unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
	default:
		closeFD(fd)
		return os.NewSyscallError("connect", errno)
	}
	owner, err := hubOrBackground(h)
	if err == nil {
		err = d.watch(owner, fd)
	}
	if err != nil {
		closeFD(fd)
		return err
	}
	if errno == 0 || errno == unix.EISCONN {
		return nil
	}
	stop := context.AfterFunc(ctx, func() { d.setDeadline(time.Unix(1, 0), &d.wr) })
	defer stop()
	done := false
	defer func() {
		if !done {
			d.close(h)
		}
	}()
	if err := d.awaitConnected(h, at); err != nil {
		if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			err = contextError(ctx)
		}
		return err
	}
	if !stop() && ctx.Err() != nil {
		return contextError(ctx)
	}
	done = true
	return nil
}

// contextError says what package net says when a context ends a dial.
func contextError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return ctx.Err()
}

// awaitConnected waits until the connection is made or refused. Readiness alone
// does not say that: SO_ERROR and getpeername do.
func (d *desc) awaitConnected(h *hub, at int64) error {
	s := &d.wr
	for {
		d.mu.Lock()
		for !s.ready {
			err := s.refuse()
			if err == nil {
				err = s.park(h, at)
			}
			if err != nil {
				d.mu.Unlock()
				if err == errInterrupted {
					raiseInterruption(h)
				}
				return err
			}
		}
		if err := s.refuse(); err != nil {
			d.mu.Unlock()
			return err
		}
		s.ready = false
		d.mu.Unlock()
		code, err := unix.GetsockoptInt(d.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil {
			return os.NewSyscallError("getsockopt", err)
		}
		switch errno := unix.Errno(code); errno {
		case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
			continue
		case 0, unix.EISCONN:
		default:
			return os.NewSyscallError("connect", errno)
		}
		if remoteAddr(d.fd, "tcp") != nil {
			d.mu.Lock()
			s.ready = true
			d.mu.Unlock()
			return nil
		}
	}
}

// isSelfConnected reports whether a TCP socket talks to itself: when the kernel
// chose the very port as the local one that it was to connect to.
func isSelfConnected(local, remote net.Addr) bool {
	l, ok1 := local.(*net.TCPAddr)
	r, ok2 := remote.(*net.TCPAddr)
	return ok1 && ok2 && l.Port == r.Port && l.IP.Equal(r.IP)
}
