package simnet

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Addresses: a host has the one that hostIP gives it, and those of 127.0.0.0/8, which mean itself on every
// host.
var (
	loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	anyIP    = netip.IPv4Unspecified() // of a socket that is bound to all of them

	// unixIP is where the host's Unix sockets are: a name stands for a port of it. It is none that a packet can have.
	unixIP = netip.IPv6Unspecified().WithZone("Unix sockets")
)

// firstPort is the first ephemeral port.
const firstPort = 49152

// owns reports whether a socket of the host can be bound to ip.
func (host *Host) owns(ip netip.Addr) bool {
	return ip == host.ip || ip == anyIP || ip == unixIP || ip.IsLoopback()
}

// named returns a, or for anyIP the host's own address.
func (host *Host) named(a netip.AddrPort) netip.AddrPort {
	if a.Addr() == anyIP {
		return netip.AddrPortFrom(host.ip, a.Port())
	}
	return a
}

// route returns the host to which a packet of here for the address to goes, and the addresses that
// it has: from is what the socket is bound to, if it is, and to may be anyIP, which is taken for loopback.
func (n *Net) route(here *Host, from, to netip.AddrPort) (host *Host, source, dest netip.AddrPort, err error) {
	if to.Addr() == anyIP {
		to = netip.AddrPortFrom(loopback, to.Port())
	}
	host, own := n.byIP(to.Addr()), here.ip
	if to.Addr() == unixIP || to.Addr().IsLoopback() {
		host, own = here, to.Addr()
		if own != unixIP {
			own = loopback
		}
	}
	switch {
	case host == nil:
		return nil, from, to, ErrUnreachable
	case !from.IsValid() || from.Addr() == anyIP:
		from = netip.AddrPortFrom(own, from.Port())
	case from.Addr().IsLoopback() && host != here:
		return nil, from, to, ErrInvalid
	}
	return host, from, to, nil
}

// unmapped returns ip as an IPv4 address, if it can stand for one: also the IPv6 addresses for loopback and for all.
func unmapped(ip netip.Addr) netip.Addr {
	switch {
	case ip == netip.IPv6Loopback():
		return loopback
	case ip.IsUnspecified():
		return anyIP
	}
	return ip.Unmap()
}

// resolve returns the address that a program has written as text.
func (n *Net) resolve(address string) (netip.AddrPort, error) {
	name, service, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "a simulation knows ports by number only", Addr: address}
	}
	ip, err := netip.ParseAddr(name)
	switch {
	case name == "":
		ip = anyIP
	case err == nil:
		ip = unmapped(ip)
	default:
		known := false
		if ip, known = n.lookup(name); !known {
			return netip.AddrPort{}, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		}
	}
	return netip.AddrPortFrom(ip, uint16(port)), nil
}

// lookup returns the address of a host's name, or of localhost.
func (n *Net) lookup(name string) (netip.Addr, bool) {
	if host := n.byName[name]; host != nil {
		return host.ip, true
	}
	name = strings.TrimSuffix(name, ".")
	if strings.EqualFold(name, "localhost") {
		return loopback, true
	}
	for _, host := range n.hosts {
		if strings.EqualFold(name, host.name) {
			return host.ip, true
		}
	}
	return netip.Addr{}, false
}

// bindable returns the address of the caller's host at which a listener or UDP socket is to be.
func (s *Net) bindable(network, address string) (netip.AddrPort, error) {
	if err := CheckNetwork(network); err != nil {
		return netip.AddrPort{}, err
	}
	if address == "" {
		address = ":0"
	}
	return s.resolve(address)
}

// bind returns the address at which a new socket of host is to be: that of at, with a free port if it has none.
func bind[T any](host *Host, taken ports[T], at netip.AddrPort) (netip.AddrPort, error) {
	inUse := func(port uint16) bool { return taken.conflict(netip.AddrPortFrom(at.Addr(), port)) }
	switch {
	case !host.owns(at.Addr()):
		return at, os.NewSyscallError("bind", ErrNotMine)
	case at.Port() == 0:
		port, err := host.freePort(inUse)
		return netip.AddrPortFrom(at.Addr(), port), err
	case inUse(at.Port()):
		return at, os.NewSyscallError("bind", ErrInUse)
	}
	return at, nil
}

// freePort returns an ephemeral port for which inUse is false: the next after the last one.
func (host *Host) freePort(inUse func(uint16) bool) (uint16, error) {
	for range 1<<16 - firstPort {
		if host.lastPort++; host.lastPort < firstPort {
			host.lastPort = firstPort
		}
		if !inUse(host.lastPort) {
			return host.lastPort, nil
		}
	}
	return 0, ErrInUse
}

// ports holds the sockets of a host, of one kind, by the port; those of one port have
// different addresses.
type ports[T any] map[uint16][]bound[T]

// A bound is a socket with the address that it is bound to.
type bound[T any] struct {
	ip     netip.Addr
	socket T
}

// conflict reports whether no socket can be bound to a.
func (p ports[T]) conflict(a netip.AddrPort) bool {
	return slices.ContainsFunc(p[a.Port()], func(b bound[T]) bool {
		return b.ip == a.Addr() || (b.ip == anyIP || a.Addr() == anyIP) && b.ip != unixIP && a.Addr() != unixIP
	})
}

// at returns the socket that gets what is sent to a.
func (p ports[T]) at(a netip.AddrPort) (socket T, ok bool) {
	for _, b := range p[a.Port()] {
		if b.ip == a.Addr() || b.ip == anyIP && a.Addr() != unixIP {
			return b.socket, true
		}
	}
	return socket, false
}

func (p ports[T]) add(a netip.AddrPort, socket T) {
	p[a.Port()] = append(p[a.Port()], bound[T]{a.Addr(), socket})
}

func (p ports[T]) remove(a netip.AddrPort) {
	rest := slices.DeleteFunc(p[a.Port()], func(b bound[T]) bool { return b.ip == a.Addr() })
	if p[a.Port()] = rest; len(rest) == 0 {
		delete(p, a.Port())
	}
}

// sorted returns all sockets, in an order that is the same in each run.
func (p ports[T]) sorted() (all []T) {
	var numbers []uint16
	for port := range p {
		numbers = append(numbers, port)
	}
	slices.Sort(numbers)
	for _, port := range numbers {
		for _, b := range p[port] {
			all = append(all, b.socket)
		}
	}
	return all
}
