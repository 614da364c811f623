//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package socket

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Family is the choice of a socket, which a network name and an address determine.
type Family struct {
	Domain int
	Kind   int
	v6only bool
}

// FamilyOf chooses like package net: a wildcard address of "tcp" or "udp" is an
// IPv6 socket for both protocols, where there is such a thing.
func FamilyOf(network string, addr netip.Addr, listening bool) Family {
	f := Family{Domain: unix.AF_INET, Kind: unix.SOCK_STREAM}
	if strings.HasPrefix(network, "udp") {
		f.Kind = unix.SOCK_DGRAM
	}
	switch {
	case strings.HasSuffix(network, "4"):
	case strings.HasSuffix(network, "6"):
		f.Domain, f.v6only = unix.AF_INET6, true
	case !addr.IsValid():
		if listening && HaveIPv6() && haveMapped() {
			f.Domain = unix.AF_INET6
		}
	case addr.Is6() && !addr.Is4In6():
		f.Domain = unix.AF_INET6
		f.v6only = !addr.IsUnspecified() || !haveMapped()
	}
	return f
}

// HaveIPv6 reports whether an IPv6 socket can be bound.
var HaveIPv6 = sync.OnceValue(func() bool {
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

// UnixKind returns the socket type of a network "unix", "unixgram" or "unixpacket".
func UnixKind(network string) int {
	switch network {
	case "unixgram":
		return unix.SOCK_DGRAM
	case "unixpacket":
		return unix.SOCK_SEQPACKET
	}
	return unix.SOCK_STREAM
}

// New makes a non-blocking socket, which child processes do not inherit.
func New(f Family) (int, error) {
	fd, err := openSocket(f.Domain, f.Kind)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if f.Domain == unix.AF_INET6 {
		only := 0
		if f.v6only {
			only = 1
		}
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only)
	}
	if f.Kind == unix.SOCK_DGRAM {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
	return fd, nil
}

// Control calls a user's Control function, unless it is nil, on a new socket. The socket is
// non-blocking afterwards, even if f has changed that.
func Control(f func(network, address string, c syscall.RawConn) error, network, address string, fd int) error {
	if f == nil {
		return nil
	}
	if err := f(network, address, bareConn(fd)); err != nil {
		return err
	}
	return os.NewSyscallError("fcntl", unix.SetNonblock(fd, true))
}

// bareConn is a socket without an fd.FD, as a syscall.RawConn.
type bareConn int

func (c bareConn) Control(f func(fd uintptr)) error { f(uintptr(c)); return nil }
func (c bareConn) Read(func(fd uintptr) bool) error {
	return fault.Unsupported("Read before the socket is in use")
}
func (c bareConn) Write(func(fd uintptr) bool) error {
	return fault.Unsupported("Write before the socket is in use")
}

// IsSelfConnected reports whether a TCP socket is connected to itself: the kernel may choose
// the port to connect to as the local port.
func IsSelfConnected(local, remote net.Addr) bool {
	l, ok1 := local.(*net.TCPAddr)
	r, ok2 := remote.(*net.TCPAddr)
	return ok1 && ok2 && l.Port == r.Port && l.IP.Equal(r.IP)
}
