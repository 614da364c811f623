//go:build linux && !poller_std

package poller

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A rawSockaddr is a socket address as the kernel has it.
type rawSockaddr struct {
	any unix.RawSockaddrAny
	len uint32
}

// port is stored in network byte order.
func putPort(p *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(p))[:], port)
}

func getPort(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }

// setIP makes sa the address ap for a socket of the given family. An IPv4
// address on an IPv6 socket is mapped.
func (sa *rawSockaddr) setIP(family int, ap netip.AddrPort) error {
	addr := ap.Addr()
	if family == unix.AF_INET {
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa.any))
		*in = unix.RawSockaddrInet4{Family: unix.AF_INET}
		if addr = addr.Unmap(); addr.Is4() {
			in.Addr = addr.As4()
		} else if !addr.IsUnspecified() && addr.IsValid() {
			return &net.AddrError{Err: "non-IPv4 address", Addr: addr.String()}
		}
		putPort(&in.Port, ap.Port())
		sa.len = unix.SizeofSockaddrInet4
		return nil
	}
	in := (*unix.RawSockaddrInet6)(unsafe.Pointer(&sa.any))
	*in = unix.RawSockaddrInet6{Family: unix.AF_INET6}
	if addr.IsValid() && !(addr.Is4() && addr.IsUnspecified()) {
		in.Addr = addr.As16()
	}
	zone, err := zoneIndex(addr.Zone())
	if err != nil {
		return err
	}
	in.Scope_id = zone
	putPort(&in.Port, ap.Port())
	sa.len = unix.SizeofSockaddrInet6
	return nil
}

// setUnix makes sa the Unix address name; a leading @ means the abstract name
// space.
func (sa *rawSockaddr) setUnix(name string) error {
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

// ip returns the address, invalid if sa is none of IP.
func (sa *rawSockaddr) ip() netip.AddrPort {
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

// unixName returns the name of a Unix address.
func (sa *rawSockaddr) unixName() string {
	un := (*unix.RawSockaddrUnix)(unsafe.Pointer(&sa.any))
	if sa.len <= 2 {
		return ""
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

// addr returns sa as the type that package net has for the network.
func (sa *rawSockaddr) addr(network string) net.Addr {
	if sa.any.Addr.Family == unix.AF_UNIX {
		return &net.UnixAddr{Name: sa.unixName(), Net: network}
	}
	ap := sa.ip()
	if !ap.IsValid() {
		return nil
	}
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	if len(network) >= 3 && network[:3] == "udp" {
		return net.UDPAddrFromAddrPort(ap)
	}
	return net.TCPAddrFromAddrPort(ap)
}

func zoneIndex(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, err
	}
	return uint32(ifi.Index), nil
}

func zoneName(index uint32) string {
	if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
		return ifi.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}

// localAddr and remoteAddr ask the kernel.
func localAddr(fd int, network string) net.Addr {
	sa := rawSockaddr{len: unix.SizeofSockaddrAny}
	_, _, errno := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return nil
	}
	return sa.addr(network)
}

func remoteAddr(fd int, network string) net.Addr {
	sa := rawSockaddr{len: unix.SizeofSockaddrAny}
	_, _, errno := unix.RawSyscall(unix.SYS_GETPEERNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa.any)), uintptr(unsafe.Pointer(&sa.len)))
	if errno != 0 {
		return nil
	}
	return sa.addr(network)
}
