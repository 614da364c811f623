package simnet

import (
	"context"
	"net/netip"
	"os"
	"strings"
)

// Unix sockets of streams are connections of a host to itself. A name stands for an address of unixIP. It
// is a name of the simulated host alone: there is no file.

// bindUnix makes the name that of a new address of host.
func (host *Host) bindUnix(name string) (netip.AddrPort, error) {
	if _, taken := host.unixPorts[name]; taken || host.lastUnix == firstPort-1 {
		return netip.AddrPort{}, os.NewSyscallError("bind", ErrInUse)
	}
	host.lastUnix++
	a := netip.AddrPortFrom(unixIP, host.lastUnix)
	host.unixPorts[name] = a
	host.unixNames[a] = name
	return a, nil
}

// freeUnix makes the name free again, in p's life of its host. Connections keep it.
func (p place) freeUnix(name string) {
	if p.isUp() {
		delete(p.host.unixPorts, name)
	}
}

func (n *Net) listenUnix(name string, backlog int) (any, error) {
	here, err := n.here()
	if err != nil {
		return nil, err
	}
	at, err := here.bindUnix(name)
	if err != nil {
		return nil, err
	}
	l, err := n.listen(at, backlog)
	if err != nil {
		return nil, err
	}
	return listenSocket{l, name}, nil
}

func (n *Net) dialUnix(ctx context.Context, from, to string) (any, error) {
	here, err := n.here()
	if err != nil {
		return nil, err
	}
	var source netip.AddrPort
	if from != "" {
		if source, err = here.bindUnix(from); err != nil {
			return nil, err
		}
	}
	connected := false
	defer func() {
		if !connected && from != "" {
			(place{here, here.boots}).freeUnix(from)
		}
	}()
	dest, ok := here.unixPorts[to]
	switch {
	case ok:
		s, err := n.dialStream(ctx, source, dest)
		if err != nil {
			return nil, err
		}
		connected = true
		s.unix = from
		return s, nil
	case strings.HasPrefix(to, "@"):
		return nil, os.NewSyscallError("connect", ErrRefused)
	}
	return nil, os.NewSyscallError("connect", errNoFile)
}
