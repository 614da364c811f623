//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/nettest"
)

// The standard library's own conformance suite, whose goroutines know nothing of
// tasks.
func TestNettest(t *testing.T) {
	for _, network := range streamNetworks {
		t.Run(network, func(t *testing.T) {
			dir := t.TempDir()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				c1, c2, err = makePair(network, dir)
				return c1, c2, func() { c1.Close(); c2.Close() }, err
			})
		})
	}
}

// The same with the ends on different hubs: goroutines use connections of hubs
// that are at work elsewhere.
func TestNettest_foreignHubs(t *testing.T) {
	for _, network := range streamNetworks[:2] {
		t.Run(network, func(t *testing.T) {
			dir := t.TempDir()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				quit := make(chan struct{})
				first, second := make(chan net.Conn), make(chan net.Conn)
				addr := make(chan string, 1)
				ended := make(chan struct{}, 2)
				go hubWithConn(second, quit, ended, func() (net.Conn, error) {
					at := "127.0.0.1:0"
					if network == "unix" {
						at = filepath.Join(dir, "h")
					}
					l, err := Listen(network, at)
					if err != nil {
						return nil, err
					}
					defer l.Close()
					addr <- l.Addr().String()
					return l.Accept()
				})
				go hubWithConn(first, quit, ended, func() (net.Conn, error) { return Dial(network, <-addr) })
				c1, c2 = <-first, <-second
				return c1, c2, func() { close(quit); <-ended; <-ended }, nil
			})
		})
	}
}

// hubWithConn is a hub that lends its connection to others.
func hubWithConn(out chan<- net.Conn, quit <-chan struct{}, ended chan<- struct{}, open func() (net.Conn, error)) {
	defer func() { ended <- struct{}{} }()
	err := Run(func() {
		c, err := open()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		out <- c
		Await(func() (int, error) { <-quit; return 0, nil })
	})
	if err != nil {
		panic(err)
	}
}
