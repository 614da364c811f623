//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/dnstest"
)

// A nameServer answers for the names in zone; it is silent about those that begin
// with "silent", and any other does not exist.
type nameServer struct {
	zone  map[string][]string
	conn  net.PacketConn
	ended chan struct{}

	mu    sync.Mutex
	asked []string
}

func startNameServer(t testing.TB, zone map[string][]string) *nameServer {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{zone: zone, conn: c, ended: make(chan struct{})}
	go s.serve()
	t.Cleanup(func() { c.Close(); <-s.ended })
	return s
}

func (s *nameServer) serve() {
	defer close(s.ended)
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		q, err := dnstest.Parse(buf[:n])
		if err != nil {
			continue
		}
		s.mu.Lock()
		s.asked = append(s.asked, q.Name)
		s.mu.Unlock()
		if strings.HasPrefix(q.Name, "silent") {
			continue
		}
		code := byte(dnstest.Success)
		addrs, ok := s.zone[q.Name]
		if !ok {
			code = dnstest.NameError
		}
		var found [][]byte
		for _, a := range addrs {
			addr := netip.MustParseAddr(a)
			if addr.Is4() && q.Type == dnstest.A || addr.Is6() && q.Type == dnstest.AAAA {
				found = append(found, dnstest.Address(addr))
			}
		}
		s.conn.WriteTo(dnstest.Answer(buf[:n], code, found...), from)
	}
}

func (s *nameServer) wasAsked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked) > 0
}

// resolver asks s alone. A query ends with its context, for which package net itself does
// not care.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
		if err == nil {
			context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}}
}

// Errors of look-ups are package net's, in every respect.
func TestDial_lookupErrors(t *testing.T) {
	s := startNameServer(t, nil)
	in(t, func(t *testing.T) {
		ours := Dialer{Resolver: s.resolver()}
		nets := net.Dialer{Resolver: s.resolver()}
		for _, c := range []struct{ network, address string }{
			{"tcp", "missing.test:1"}, {"udp", "missing.test:1"}, {"tcp", "silent.test:1"}, {"tcp", "127.0.0.1"},
			{"carrier", "pigeon:1"}, {"tcp", "127.0.0.1:nosuchservice"}, {"tcp6", "127.0.0.1:1"}, {"tcp", "127.0.0.1:99999"},
			{"unix", "/nonexistent/socket"}, {"tcp", "bad\x00name:1"},
		} {
			ours.Timeout = time.Minute
			if strings.HasPrefix(c.address, "silent") {
				ours.Timeout = 30 * time.Millisecond
			}
			nets.Timeout = ours.Timeout
			_, got := ours.Dial(c.network, c.address)
			_, want := nets.Dial(c.network, c.address)
			if g, w := describeError(got), describeError(want); g != w {
				t.Errorf("%s %q:\n got  %s\n want %s", c.network, c.address, g, w)
			}
		}
	})
}

// describeError lists what an error and those in it are, but for ports that the
// kernel has chosen.
func describeError(err error) string {
	var b strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "%T ", e)
		if op, ok := e.(*net.OpError); ok {
			fmt.Fprintf(&b, "{%s %s %v %v} ", op.Op, op.Net, op.Source, op.Addr)
		}
	}
	var dns *net.DNSError
	var ne net.Error
	errors.As(err, &dns)
	isNet := errors.As(err, &ne)
	text := err.Error()
	if dns != nil { // where the query came from
		text = dns.Err[strings.LastIndex(dns.Err, ":")+1:]
		return fmt.Sprintf("%s%s: notFound %v timeout %v %v", &b, text, dns.IsNotFound, dns.IsTimeout, isNet && ne.Timeout())
	}
	return fmt.Sprintf("%s%s: timeout %v", &b, text, isNet && ne.Timeout())
}

// While a name is looked up the other tasks run; and a task that is killed meanwhile
// does not leave a look-up behind that goes on asking.
func TestDial_lookupParks(t *testing.T) {
	s := startNameServer(t, nil)
	run(t, func() {
		d := Dialer{Resolver: s.resolver()}
		before := openFiles()
		task := Go(func() { d.Dial("tcp", "silent.test:1"); t.Error("came back") })
		for !s.wasAsked() {
			YieldIO()
		}
		task.Kill()
		expectOpen(t, before) // the look-up's socket
	})
}
