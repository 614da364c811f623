//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

func listenWith(t *testing.T, lc ListenConfig) *Listener {
	t.Helper()
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.(*Listener)
}

func dialTo(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A flood of connections does not become more than MaxConns; the others are served
// when there is room.
func TestMaxConns(t *testing.T) {
	in(t, func(t *testing.T) {
		const most, all = 5, 40
		l := listenWith(t, ListenConfig{MaxConns: most})
		spawn := func(f func()) { go f() }
		if Current() != nil {
			spawn = func(f func()) { Go(f) }
		}
		open, worst := make(chan struct{}, all), 0
		var served WaitGroup
		served.Add(all)
		for range 3 { // several accept
			spawn(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					open <- struct{}{}
					spawn(func() {
						io.Copy(c, c)
						<-open
						c.Close()
						served.Done()
					})
				}
			})
		}
		var clients []net.Conn
		for range all {
			clients = append(clients, dialTo(t, l))
		}
		for len(open) < most {
			YieldIO()
		}
		for _, c := range clients {
			c.SetDeadline(time.Now().Add(time.Minute))
			c.Write([]byte("x"))
			if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Error(n, err)
			}
			worst = max(worst, len(open))
			c.Close()
		}
		served.Wait()
		if worst > most {
			t.Errorf("%d connections were open at once", worst)
		}
		l.limits.mu.Lock()
		if n := l.limits.open; n > 3 { // the waiting calls
			t.Errorf("%d are counted as open at the end", n)
		}
		l.limits.mu.Unlock()
		l.Close()
	})
}

// What ends an Accept that waits for room.
func TestMaxConns_ended(t *testing.T) {
	in(t, func(t *testing.T) {
		l := listenWith(t, ListenConfig{MaxConns: 1})
		c1, c2 := dialTo(t, l), dialTo(t, l)
		defer c1.Close()
		defer c2.Close()
		s1, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		l.SetDeadline(time.Now().Add(2 * time.Millisecond))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("with a deadline: %v", err)
		}
		l.SetDeadline(time.Time{})
		if Current() != nil {
			task := Go(func() { l.Accept(); t.Error("accepted") })
			Yield()
			task.Kill()
		}
		time.AfterFunc(2*time.Millisecond, func() { s1.Close() })
		s2, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if s2.RemoteAddr().String() != c2.LocalAddr().String() {
			t.Error("not the one that has waited")
		}
		time.AfterFunc(2*time.Millisecond, func() { l.Close() })
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		s2.Close()
	})
}

// Connections that a Run closes at its end, on another hub than the listener's, give
// their room back.
func TestMaxConns_hubEnds(t *testing.T) {
	run(t, func() {
		l := listenWith(t, ListenConfig{MaxConns: 1})
		defer l.Close()
		defer dialTo(t, l).Close()
		defer dialTo(t, l).Close()
		for range 2 {
			if _, err := Await(func() (int, error) {
				return 0, Run(func() {
					if _, err := l.Accept(); err != nil {
						t.Error(err)
					}
				})
			}); err != nil {
				t.Error(err)
			}
		}
	})
}

// By default a part of the descriptors is left to others.
func TestMaxConns_default(t *testing.T) {
	run(t, func() {
		var r syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
			t.Fatal(err)
		}
		l := listenWith(t, ListenConfig{})
		if n, all := uint64(l.limits.most), uint64(r.Cur); n < all/2 || n >= all {
			t.Errorf("%d of %d", n, all)
		}
		l.Close()
		l = listenWith(t, ListenConfig{MaxConns: -1})
		if l.limits.most != 0 {
			t.Error("limited")
		}
		l.Close()
	})
}

func TestAcceptRate(t *testing.T) {
	var l limits
	l.init(&ListenConfig{AcceptRate: 100, MaxConns: -1})
	const ms = int64(time.Millisecond)
	now, accepted := 1000*ms, 0
	for ; ; accepted++ {
		ok, at := l.enter(now)
		if !ok {
			if at <= now || at > now+10*ms {
				t.Errorf("to be tried in %v", time.Duration(at-now))
			}
			if early, _ := l.enter(at - 1); early {
				t.Error("let in before that")
			}
			now = at
			break
		}
	}
	if accepted != 10 {
		t.Errorf("a burst of %d", accepted)
	}
	first := now
	for accepted = 0; accepted < 50; accepted++ {
		ok, at := l.enter(now)
		if !ok {
			accepted--
			now = at
		}
	}
	if d := time.Duration(now - first); d < 480*time.Millisecond || d > 500*time.Millisecond {
		t.Errorf("50 connections in %v", d)
	}

	run(t, func() {
		l := listenWith(t, ListenConfig{AcceptRate: 100})
		defer l.Close()
		start := time.Now()
		for range 15 {
			defer dialTo(t, l).Close()
		}
		for range 15 {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		if d := time.Since(start); d < 40*time.Millisecond {
			t.Errorf("15 connections in %v", d)
		}
	})
}

// A peer that drips its header is cut off, and the others are served meanwhile.
func TestHeaderTimeout_slowLoris(t *testing.T) {
	run(t, func() {
		l := listenWith(t, ListenConfig{HeaderTimeout: 300 * time.Millisecond})
		cutOff := 0
		Go(func() {
			serve(l, func(c net.Conn) {
				defer c.Close()
				var header [1000]byte
				if _, err := io.ReadFull(c, header[:]); err != nil {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error(err)
					}
					cutOff++
					return
				}
				c.SetReadDeadline(time.Time{})
				echo(c)
			})
		})
		var all []*Task
		for range 10 {
			all = append(all, Go(func() {
				c := dialTo(t, l)
				defer c.Close()
				for {
					Sleep(10 * time.Millisecond)
					if _, err := c.Write([]byte("h")); err != nil {
						return
					}
				}
			}))
		}
		c := dialTo(t, l)
		c.Write(make([]byte, 1000))
		Sleep(350 * time.Millisecond) // its time does not run any more
		c.Write([]byte("body"))
		if got, err := io.ReadAtLeast(c, make([]byte, 10), 4); got != 4 || err != nil {
			t.Error(got, err)
		}
		JoinAll(all...)
		if cutOff != 10 {
			t.Errorf("%d were cut off", cutOff)
		}
		c.Close()
		l.Close()
	})
}

// Silence for too long ends a Read, and a peer that takes nothing a Write; neither
// moving data nor time between the calls counts.
func TestIdleTimeout(t *testing.T) {
	in(t, func(t *testing.T) {
		const idle = 200 * time.Millisecond
		l := listenWith(t, ListenConfig{IdleTimeout: idle})
		defer l.Close()
		c := dialTo(t, l)
		defer c.Close()
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		buf := make([]byte, 1)
		start := time.Now()
		if n, err := s.Read(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) < idle {
			t.Errorf("%d, %v after %v", n, err, time.Since(start))
		}
		if err := s.(*Conn).WaitReadable(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		drip := time.NewTicker(idle / 20)
		defer drip.Stop()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 25 {
				<-drip.C
				c.Write([]byte("x"))
			}
		}()
		for read := 0; read < 25; {
			begun := time.Now()
			switch n, err := s.Read(buf); {
			case n == 1 && err == nil:
				read++
			case errors.Is(err, os.ErrDeadlineExceeded) && time.Since(begun) >= idle: // the writer had no processor for so long
			default:
				t.Fatalf("byte %d: %d, %v after %v", read, n, err, time.Since(begun))
			}
		}
		<-ended
		n, err := s.Write(make([]byte, 64<<20)) // nobody reads
		if n == 0 || n == 64<<20 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d, %v", n, err)
		}
		s.(*Conn).SetIdleTimeout(0)
		start = time.Now() // before the deadline is set, which is exact
		s.SetReadDeadline(time.Now().Add(3 * idle / 2))
		if s.Read(buf); time.Since(start) < 3*idle/2 {
			t.Error("still limited")
		}
	})
}
