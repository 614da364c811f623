package simnet

import (
	"context"
	"net/netip"
	"os"
	"time"

	"github.com/stackful-go/stackful/internal/netpatch"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// The sockets of package net, in programs in which it is patched: see package netpatch. They are
// those of this package, without its own wrapping of errors, which package net does.

// InstallStd has package net make its sockets here, if it is patched. here returns the network of the
// simulation that the caller is in, nil if it is in none.
func InstallStd(here func() *Net) {
	netpatch.Install(&netpatch.Hooks{
		Inside: func() bool { return here() != nil },
		Refuse: sched.RefuseSimulated,
		Dial: func(ctx context.Context, network string, from, to netip.AddrPort) (any, error) {
			return here().dialStd(ctx, network, from, to)
		},
		Listen: func(network string, at netip.AddrPort, backlog int) (any, error) {
			return here().listenStd(network, at, backlog)
		},
		DialUnix: func(ctx context.Context, from, to string) (any, error) {
			return here().dialUnix(ctx, from, to)
		},
		ListenUnix: func(at string, backlog int) (any, error) { return here().listenUnix(at, backlog) },
		HostIP:     func() netip.Addr { return here().ownIP() },
		LookupName: func(name string) (netip.Addr, bool) { return here().lookup(name) },
		LookupIP:   func(ip netip.Addr) (string, bool) { return here().nameOf(ip) },
	})
}

func (n *Net) dialStd(ctx context.Context, network string, from, to netip.AddrPort) (any, error) {
	if network == "udp" {
		c, err := n.dialPacket(from, to)
		if err != nil {
			return nil, err
		}
		return packetSocket{c}, nil
	}
	s, err := n.dialStream(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// dialStream connects to a listener.
func (n *Net) dialStream(ctx context.Context, from, to netip.AddrPort) (streamSocket, error) {
	if err := ctx.Err(); err != nil {
		return streamSocket{}, err
	}
	limit := int64(sched.Never)
	if t, ok := ctx.Deadline(); ok {
		limit = instantOf(t)
	}
	c, err := n.dial(ctx, from, to, limit)
	if err == ErrDialLimit {
		err = os.ErrDeadlineExceeded
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	return streamSocket{c: c}, err
}

func (n *Net) listenStd(network string, at netip.AddrPort, backlog int) (any, error) {
	if network == "udp" {
		c, err := n.listenPacket(at)
		if err != nil {
			return nil, err
		}
		return packetSocket{c}, nil
	}
	l, err := n.listen(at, backlog)
	if err != nil {
		return nil, err
	}
	return listenSocket{l: l}, nil
}

// ownIP returns the address of the caller's host, the zero Addr if that has crashed.
func (n *Net) ownIP() netip.Addr {
	host, err := n.here()
	if err != nil {
		return netip.Addr{}
	}
	return host.ip
}

// nameOf is the inverse of lookup.
func (n *Net) nameOf(ip netip.Addr) (string, bool) {
	ip = unmapped(ip)
	if ip.IsLoopback() {
		return "localhost", true
	}
	host := n.byIP(ip)
	if host == nil {
		return "", false
	}
	return host.name, true
}

// instantOf is sched.InstantOf for a t of time.Now, which counts by its wall clock.
func instantOf(t time.Time) int64 {
	if t.IsZero() {
		return sched.Never
	}
	return sched.After(t.Round(0).Sub(sched.Now().Round(0)))
}
