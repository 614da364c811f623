package poller

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// resolve turns host:port into addresses. Literal addresses need no name
// service; else net.DefaultResolver is asked, on a helper goroutine. An empty host
// is the invalid Addr.
func resolve(ctx context.Context, network, address string) ([]netip.AddrPort, error) {
	switch network {
	case "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	host, service, err := "", "", error(nil)
	if address != "" {
		if host, service, err = net.SplitHostPort(address); err != nil {
			return nil, err
		}
	}
	port, err := resolvePort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, port)}, nil
	}
	addrs, err := resolveHost(ctx, network, host)
	if err != nil {
		return nil, err
	}
	var all []netip.AddrPort
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() && network[3:] != "6" || a.Is6() && network[3:] != "4" {
			all = append(all, netip.AddrPortFrom(a, port))
		}
	}
	if len(all) == 0 {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: host}
	}
	return all, nil
}

func resolvePort(ctx context.Context, network, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(n), nil
	}
	n, err := Await(func() (int, error) { return net.DefaultResolver.LookupPort(ctx, network, service) })
	return uint16(n), err
}

func resolveHost(ctx context.Context, network, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return Await(func() ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip"+network[3:], host)
	})
}

// A textAddr is an address in an error that was not understood.
type textAddr struct{ network, address string }

func (a textAddr) Network() string { return a.network }
func (a textAddr) String() string  { return a.address }

func addrForError(network, address string) net.Addr {
	if strings.HasPrefix(network, "unix") {
		return &net.UnixAddr{Name: address, Net: network}
	}
	if ap, err := netip.ParseAddrPort(address); err == nil {
		if strings.HasPrefix(network, "udp") {
			return net.UDPAddrFromAddrPort(ap)
		}
		return net.TCPAddrFromAddrPort(ap)
	}
	return textAddr{network, address}
}
