//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"context"
	"net"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func (d *Dialer) dialAddr(ctx context.Context, network, address string) (*Conn, error) {
	return d.dialStd(ctx, network, address)
}

func (d *Dialer) dialUnix(ctx context.Context, network, address string) (*Conn, error) {
	return d.dialStd(ctx, network, address)
}

func (d *Dialer) dialStd(ctx context.Context, network, address string) (*Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	std := net.Dialer{LocalAddr: d.LocalAddr, KeepAlive: d.KeepAlive, Control: d.Control,
		FallbackDelay: d.FallbackDelay, Resolver: d.Resolver}
	c, err := offloaded(sched.Here(), cancel, cancel, func() (net.Conn, error) { return std.DialContext(ctx, network, address) })
	if err != nil {
		return nil, err
	}
	return ownConn(c), nil
}
