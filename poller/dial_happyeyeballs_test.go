//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/dnstest"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
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

// resolver asks s, and nobody else. A query ends with its context, for which package
// net itself does not care.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
		if err == nil {
			context.AfterFunc(ctx, func() { c.Close() })
		}
		return c, err
	}}
}

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

// The queue of a Unix listener is full: dials wait for room, and whatever ends them
// closes their sockets.
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

func TestAwaitContext(t *testing.T) {
	boom := errors.New("boom")
	in(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(context.Background())
		v, err := AwaitContext(ctx, func(ctx context.Context) (int, error) {
			cancel(boom)
			<-ctx.Done()
			return 7, context.Cause(ctx)
		})
		if v != 7 || err != boom {
			t.Error(v, err)
		}
	})
	// The function learns that its task was killed.
	told := make(chan error, 1)
	var begun Event
	run(t, func() {
		task := Go(func() {
			AwaitContext(context.Background(), func(ctx context.Context) (int, error) {
				begun.Set()
				<-ctx.Done()
				told <- ctx.Err()
				return 0, nil
			})
		})
		begun.Wait()
		task.Kill()
	})
	if err := <-told; err != context.Canceled {
		t.Error(err)
	}
}

// Calls that have not begun leave the queue when nobody wants them any more, so
// that it holds no more than one for each task.
func TestAwait_withdrawn(t *testing.T) {
	old := SetAwaitLimit(1)
	defer SetAwaitLimit(old)
	run(t, func() {
		gate := make(chan struct{})
		var begun Event
		first := Go(func() { Await(func() (int, error) { begun.Set(); <-gate; return 0, nil }) })
		begun.Wait()
		called := false
		f := func() (int, error) { called = true; return 0, nil }
		for range 3 {
			var tasks []*Task
			for range 10 {
				tasks = append(tasks, Go(func() { Await(f) }),
					Go(func() { AwaitContext(context.Background(), func(context.Context) (int, error) { return f() }) }))
			}
			Yield()
			if n := queuedCalls(); n != 20 {
				t.Errorf("%d calls wait", n)
			}
			for _, task := range tasks {
				task.Kill()
			}
			if n := queuedCalls(); n != 0 {
				t.Errorf("%d calls are left", n)
			}
		}
		boom := errors.New("boom")
		ctx, cancel := context.WithCancelCause(context.Background())
		second := Go(func() {
			if _, err := AwaitContext(ctx, func(context.Context) (int, error) { return f() }); err != boom {
				t.Errorf("cancelled in the queue: %v", err)
			}
		})
		Yield()
		cancel(boom)
		second.Join()
		close(gate)
		first.Join()
		if called {
			t.Error("a call was made that was taken back")
		}
	})
}

// A toldContext is done when err is set, and whoever has asked to be told is told by
// the test, one after the other.
type toldContext struct {
	context.Context
	done chan struct{}
	err  error
	ask  []func()
}

func (c *toldContext) Done() <-chan struct{} { return c.done }
func (c *toldContext) Err() error            { return c.err }

func (c *toldContext) AfterFunc(f func()) (stop func() bool) {
	i := len(c.ask)
	c.ask = append(c.ask, f)
	return func() bool {
		left := c.ask[i] != nil
		c.ask[i] = nil
		return left
	}
}

func (c *toldContext) tell(i int) {
	if f := c.ask[i]; f != nil { // nobody is told who does not want it any more
		c.ask[i] = nil
		f()
	}
}

// A context tells its children that it is done one after the other. A call that waits
// for a helper is taken back when the first is told, and not made.
func TestAwaitContext_toldInAnyOrder(t *testing.T) {
	old := SetAwaitLimit(1)
	defer SetAwaitLimit(old)
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		run(t, func() {
			gate := make(chan struct{})
			var begun Event
			first := Go(func() { Await(func() (int, error) { begun.Set(); <-gate; return 0, nil }) })
			begun.Wait()
			ctx := &toldContext{Context: context.Background(), done: make(chan struct{})}
			second := Go(func() {
				_, err := AwaitContext(ctx, func(context.Context) (int, error) {
					t.Error("called when the context was done")
					return 0, nil
				})
				if err != context.Canceled {
					t.Error(err)
				}
			})
			for queuedCalls() == 0 {
				YieldIO()
			}
			if len(ctx.ask) != 2 {
				t.Fatalf("%d want to be told: the call's own context, and who takes it back", len(ctx.ask))
			}
			ctx.err = context.Canceled
			for _, i := range order {
				ctx.tell(i)
				for i == 1 && queuedCalls() > 0 {
					YieldIO() // it is taken back on a goroutine
				}
			}
			second.Join()
			close(gate)
			first.Join()
		})
	}
}

func queuedCalls() int {
	sched.Helpers.Mu.Lock()
	defer sched.Helpers.Mu.Unlock()
	return len(sched.Helpers.Waiting)
}
