//go:build (darwin || dragonfly || freebsd || netbsd || openbsd) && !poller_std

package socket

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Sockaddr is a socket address as package syscall has it.
type Sockaddr struct{ sa syscall.Sockaddr }

func (sa *Sockaddr) setInet4(ip [4]byte, port uint16) {
	sa.sa = &syscall.SockaddrInet4{Addr: ip, Port: int(port)}
}

func (sa *Sockaddr) setInet6(ip [16]byte, zone uint32, port uint16) {
	sa.sa = &syscall.SockaddrInet6{Addr: ip, ZoneId: zone, Port: int(port)}
}

// SetUnix sets sa to the Unix address name. There is no abstract name space.
func (sa *Sockaddr) SetUnix(name string) error {
	if len(name) >= len(unix.RawSockaddrUnix{}.Path) {
		return unix.EINVAL
	}
	sa.sa = &syscall.SockaddrUnix{Name: name}
	return nil
}

// IP returns the address; the zero AddrPort if sa is not an IP address.
func (sa *Sockaddr) IP() netip.AddrPort {
	switch in := sa.sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port))
	case *syscall.SockaddrInet6:
		addr := netip.AddrFrom16(in.Addr)
		if in.ZoneId != 0 {
			addr = addr.WithZone(zoneName(in.ZoneId))
		}
		return netip.AddrPortFrom(addr, uint16(in.Port))
	}
	return netip.AddrPort{}
}

func (sa *Sockaddr) isUnix() bool {
	_, ok := sa.sa.(*syscall.SockaddrUnix)
	return ok
}

// unixName returns the name of a Unix address.
func (sa *Sockaddr) unixName() string {
	if un, ok := sa.sa.(*syscall.SockaddrUnix); ok {
		return un.Name
	}
	return ""
}
