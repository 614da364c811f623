//go:build linux && !poller_std

package poller

import (
	"context"
	"net"
	"testing"
)

// What a look-up costs a task over what it costs a goroutine; and whether it would
// help to give package net's resolver sockets of ours.
func BenchmarkLookup(b *testing.B) {
	s := startNameServer(b, map[string][]string{"host.test": {"127.0.0.1", "::1"}})
	lookup := func(b *testing.B, r *net.Resolver) {
		for b.Loop() {
			if all, err := resolve(context.Background(), r, "tcp", "host.test:80"); err != nil || len(all) != 2 {
				b.Fatal(all, err)
			}
		}
	}
	ours := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
	plain := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
	b.Run("goroutine/sockets=net", func(b *testing.B) { lookup(b, plain) })
	b.Run("task/sockets=net", func(b *testing.B) { run(b, func() { lookup(b, plain) }) })
	b.Run("task/sockets=ours", func(b *testing.B) { run(b, func() { lookup(b, ours) }) })
}
