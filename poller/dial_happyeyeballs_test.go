//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

func TestInterleave(t *testing.T) {
	for in, want := range map[string]string{
		"1.1.1.1":                             "1.1.1.1",
		"::1 ::2 1.1.1.1 1.1.1.2":             "::1 1.1.1.1 ::2 1.1.1.2",
		"1.1.1.1 ::1 ::2 ::3 1.1.1.2":         "1.1.1.1 ::1 1.1.1.2 ::2 ::3",
		"1.1.1.3 1.1.1.2 1.1.1.1 1.1.1.4 ::9": "1.1.1.3 ::9 1.1.1.2 1.1.1.1 1.1.1.4",
	} {
		var all []netip.AddrPort
		for _, a := range strings.Fields(in) {
			all = append(all, netip.AddrPortFrom(netip.MustParseAddr(a), 1))
		}
		var got []string
		for _, ap := range interleave(all) {
			got = append(got, ap.Addr().String())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: got %s, want %s", in, s, want)
		}
	}
}

// hookConnect makes connecting to 127.0.0.2 take for ever, and to 127.0.0.3 fail at
// once. It returns the addresses that were tried.
func hookConnect(t *testing.T) *[]string {
	saved := socket.Sys.Connect // nothing else of it: the background hub is at work
	t.Cleanup(func() { socket.Sys.Connect = saved })
	tried := new([]string)
	socket.Sys.Connect = func(fd int, sa *socket.Sockaddr) unix.Errno {
		host := sa.IP().Addr().Unmap().String()
		*tried = append(*tried, host)
		switch host {
		case "127.0.0.2":
			return unix.EINPROGRESS
		case "127.0.0.3":
			return unix.ENETUNREACH
		}
		return socket.RawConnect(fd, sa)
	}
	return tried
}

// raceDialer returns a Dialer for host.test, which has the given addresses.
func raceDialer(t *testing.T, delay time.Duration, addrs ...string) *Dialer {
	s := startNameServer(t, map[string][]string{"host.test": addrs})
	return &Dialer{Resolver: s.resolver(), FallbackDelay: delay}
}

func TestDialRace(t *testing.T) {
	for _, c := range []struct {
		name  string
		delay time.Duration
		addrs []string
		want  string // who wins
		tried string
		least time.Duration
	}{
		{"first", time.Hour, []string{"127.0.0.1", "127.0.0.2"}, "127.0.0.1", "127.0.0.1", 0},
		{"slow first", 10 * time.Millisecond, []string{"127.0.0.2", "127.0.0.1"}, "127.0.0.1", "127.0.0.2 127.0.0.1", 10 * time.Millisecond},
		{"failing first", time.Hour, []string{"127.0.0.3", "127.0.0.1"}, "127.0.0.1", "127.0.0.3 127.0.0.1", 0},
		{"slow and failing", 5 * time.Millisecond, []string{"127.0.0.2", "127.0.0.3", "127.0.0.1"}, "127.0.0.1", "127.0.0.2 127.0.0.3 127.0.0.1", 5 * time.Millisecond},
		{"in order", -1, []string{"127.0.0.3", "127.0.0.3", "127.0.0.1", "127.0.0.2"}, "127.0.0.1", "127.0.0.3 127.0.0.3 127.0.0.1", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				l := listenTCP(t)
				defer l.Close()
				_, port, _ := net.SplitHostPort(l.Addr().String())
				d := raceDialer(t, c.delay, c.addrs...)
				tried := hookConnect(t)
				before, start := openFiles(), time.Now()
				conn, err := d.Dial("tcp4", "host.test:"+port)
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(start)
				host, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
				if s := strings.Join(*tried, " "); host != c.want || s != c.tried || took < c.least {
					t.Errorf("%s won after %v, tried: %s", host, took, s)
				}
				conn.Close()
				expectOpen(t, before)
			})
		})
	}
}

// expectOpen fails if other descriptors are open than before.
func expectOpen(t *testing.T, before []string) {
	t.Helper()
	var after []string
	for range 3000 { // those of other goroutines, of package net, take a moment
		if after = openFiles(); len(after) <= len(before) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("open before: %v, after: %v", before, after)
}

func TestDialRace_families(t *testing.T) {
	if !socket.HaveIPv6() {
		t.Skip("no IPv6")
	}
	run(t, func() {
		l, err := Listen("tcp6", "[::1]:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		d := raceDialer(t, time.Millisecond, "127.0.0.2", "::1")
		tried := hookConnect(t)
		c, err := d.Dial("tcp", "host.test:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if !slices.Contains(*tried, "::1") || c.RemoteAddr().String() != l.Addr().String() {
			t.Error(*tried, c.RemoteAddr())
		}
	})
}

// What ends a race early leaves nothing open.
func TestDialRace_ended(t *testing.T) {
	in(t, func(t *testing.T) {
		d := raceDialer(t, time.Millisecond, "127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.2")
		tried := hookConnect(t)
		for range 2 { // the first time, package net opens what it keeps
			before := openFiles()
			*tried = nil

			ctx, cancel := context.WithCancel(context.Background())
			connect := socket.Sys.Connect
			socket.Sys.Connect = func(fd int, sa *socket.Sockaddr) unix.Errno {
				time.AfterFunc(time.Millisecond, cancel)
				return connect(fd, sa)
			}
			_, err := d.DialContext(ctx, "tcp", "host.test:1")
			socket.Sys.Connect = connect
			var op *net.OpError
			if !errors.Is(err, context.Canceled) || !errors.As(err, &op) {
				t.Errorf("cancelled: %v", err)
			}
			if len(*tried) == 0 {
				t.Error("nothing was tried")
			}

			ctx, cancel = context.WithTimeout(context.Background(), 200*time.Millisecond)
			first := *d
			first.FallbackDelay = time.Hour // all that is tried
			_, err = first.DialContext(ctx, "tcp", "host.test:1")
			cancel()
			var ne net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
				t.Errorf("timed out: %v", err)
			}

			if Current() != nil {
				*tried = nil
				task := Go(func() { d.Dial("tcp", "host.test:1"); t.Error("connected") })
				for len(*tried) < 4 {
					Sleep(time.Millisecond)
				}
				task.Kill()
			}
			expectOpen(t, before)
		}
	})
}

// The queue of a Unix listener is full: dials wait for room, and their sockets are closed
// however they end.
func TestDial_unixQueueFull(t *testing.T) {
	in(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "s")
		lc := ListenConfig{Backlog: 1}
		l, err := lc.Listen(context.Background(), "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var open []net.Conn
		for {
			c, err := DialTimeout("unix", path, 10*time.Millisecond)
			if err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("timed out: %v", err)
				}
				break
			}
			open = append(open, c)
		}
		before := openFiles()
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := new(Dialer).DialContext(ctx, "unix", path); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if Current() != nil {
			task := Go(func() { Dial("unix", path); t.Error("connected") })
			Yield()
			task.Kill()
		}
		expectOpen(t, before)
		time.AfterFunc(time.Millisecond, func() {
			if c, err := l.Accept(); err == nil {
				c.Close()
			}
		})
		c, err := Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append(open, c) {
			c.Close()
		}
	})
}

func TestDialRace_allFail(t *testing.T) {
	in(t, func(t *testing.T) {
		l := listenTCP(t)
		addr := l.Addr().String()
		_, port, _ := net.SplitHostPort(addr)
		l.Close()
		d := raceDialer(t, 0, "127.0.0.3", "127.0.0.1")
		hookConnect(t)
		_, err := d.Dial("tcp", "host.test:"+port)
		var op *net.OpError
		if !errors.Is(err, unix.ENETUNREACH) || !errors.As(err, &op) || op.Addr.String() != "127.0.0.3:"+port {
			t.Errorf("the error is not the first one's: %v", err)
		}
	})
}
