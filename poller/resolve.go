package poller

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// resolve turns host:port into addresses. Literal addresses need no name
// service; else it calls r, or net.DefaultResolver if r is nil, on a goroutine of its
// own, since package net's look-ups start goroutines in any case; over sockets of this package
// they take longer, see BenchmarkLookup. An empty host is the invalid Addr.
func resolve(ctx context.Context, r *net.Resolver, network, address string) ([]netip.AddrPort, error) {
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
	if r == nil {
		r = net.DefaultResolver
	}
	port, err := resolvePort(ctx, r, network, service)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return []netip.AddrPort{netip.AddrPortFrom(netip.Addr{}, port)}, nil
	}
	addrs, err := resolveHost(ctx, r, network, host)
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

func resolvePort(ctx context.Context, r *net.Resolver, network, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(n), nil
	}
	n, err := sched.AwaitContextOn(ctx, sched.StartGoroutine, func(ctx context.Context) (int, error) {
		return r.LookupPort(ctx, network, service)
	})
	return uint16(n), err
}

func resolveHost(ctx context.Context, r *net.Resolver, network, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return sched.AwaitContextOn(ctx, sched.StartGoroutine, func(ctx context.Context) ([]netip.Addr, error) {
		return r.LookupNetIP(ctx, "ip"+network[3:], host)
	})
}

// A textAddr is an address that could not be parsed, for an error.
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
