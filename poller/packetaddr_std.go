//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"net"
	"net/netip"
)

type packetAddr struct{ net.Addr }

// IP returns the zero AddrPort if the address is not of UDP.
func (a *packetAddr) IP() netip.AddrPort {
	if u, ok := a.Addr.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}
