//go:build !poller_std

package socket

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Sockaddr is a socket address as the kernel has it.
type Sockaddr struct {
	any unix.RawSockaddrAny
	len uint32
}

// putPort stores a port in network byte order.
func putPort(p *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(p))[:], port)
}

func getPort(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }

func (sa *Sockaddr) setInet4(ip [4]byte, port uint16) {
	in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa.any))
	*in = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: ip}
	putPort(&in.Port, port)
	sa.len = unix.SizeofSockaddrInet4
}

func (sa *Sockaddr) setInet6(ip [16]byte, zone uint32, port uint16) {
	in := (*unix.RawSockaddrInet6)(unsafe.Pointer(&sa.any))
	*in = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: ip, Scope_id: zone}
	putPort(&in.Port, port)
	sa.len = unix.SizeofSockaddrInet6
}

// SetUnix sets sa to the Unix address name; a leading @ means the abstract name
// space.
func (sa *Sockaddr) SetUnix(name string) error {
	un := (*unix.RawSockaddrUnix)(unsafe.Pointer(&sa.any))
	*un = unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	if len(name) > len(un.Path) || len(name) == len(un.Path) && name[0] != '@' {
		return unix.EINVAL
	}
	for i := range len(name) {
		un.Path[i] = int8(name[i])
	}
	sa.len = 2
	if len(name) > 0 {
		sa.len += uint32(len(name)) + 1
	}
	if len(name) > 0 && name[0] == '@' {
		un.Path[0] = 0
		sa.len--
	}
	return nil
}

// IP returns the address; the zero AddrPort if sa is not an IP address.
func (sa *Sockaddr) IP() netip.AddrPort {
	switch sa.any.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa.any))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), getPort(&in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(&sa.any))
		addr := netip.AddrFrom16(in.Addr)
		if in.Scope_id != 0 {
			addr = addr.WithZone(zoneName(in.Scope_id))
		}
		return netip.AddrPortFrom(addr, getPort(&in.Port))
	}
	return netip.AddrPort{}
}

func (sa *Sockaddr) isUnix() bool { return sa.any.Addr.Family == unix.AF_UNIX }

// unixName returns the name of a Unix address, for one without a name "@", as
// package net does.
func (sa *Sockaddr) unixName() string {
	un := (*unix.RawSockaddrUnix)(unsafe.Pointer(&sa.any))
	if sa.len <= 2 {
		return "@"
	}
	name := unsafe.Slice((*byte)(unsafe.Pointer(&un.Path[0])), len(un.Path))[:min(int(sa.len-2), len(un.Path))]
	if name[0] == 0 {
		return "@" + string(name[1:])
	}
	for i, c := range name {
		if c == 0 {
			name = name[:i]
			break
		}
	}
	return string(name)
}
