//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package socket

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// A Sockaddr, one for each system, is a socket address as its calls take it.

// SetIP sets sa to the address ap for a socket of the given family. An IPv4
// address for an IPv6 socket is mapped.
func (sa *Sockaddr) SetIP(family int, ap netip.AddrPort) error {
	addr := ap.Addr()
	if family == unix.AF_INET {
		var ip [4]byte
		if addr = addr.Unmap(); addr.Is4() {
			ip = addr.As4()
		} else if !addr.IsUnspecified() && addr.IsValid() {
			return &net.AddrError{Err: "non-IPv4 address", Addr: addr.String()}
		}
		sa.setInet4(ip, ap.Port())
		return nil
	}
	var ip [16]byte
	if addr.IsValid() && !(addr.Is4() && addr.IsUnspecified()) {
		ip = addr.As16()
	}
	zone, err := zoneIndex(addr.Zone())
	if err != nil {
		return err
	}
	sa.setInet6(ip, zone, ap.Port())
	return nil
}

// Addr returns sa as package net's type of address for the network.
func (sa *Sockaddr) Addr(network string) net.Addr {
	if sa.isUnix() {
		return &net.UnixAddr{Name: sa.unixName(), Net: network}
	}
	ap := sa.IP()
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
