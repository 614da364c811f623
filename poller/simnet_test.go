package poller

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/simnet"
)

// simPair returns the two ends of a connection between the hosts a and b, of which a
// has dialled. The caller is on neither.
func simPair(t testing.TB, s *Sim) (a, b net.Conn) {
	t.Helper()
	ready, ends := new(Event), NewChan[net.Conn](1)
	s.Go("b", func() {
		l, err := Listen("tcp", ":80")
		if err != nil {
			t.Error(err)
		}
		ready.Set()
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		l.Close()
		ends.Send(c)
	})
	s.Go("a", func() {
		ready.Wait()
		c, err := Dial("tcp", "b:80")
		if err != nil {
			t.Error(err)
		}
		a = c
	}).Join()
	b, _ = ends.Recv()
	return a, b
}

// forPairs calls f with a connection, in simulations with some seeds.
func forPairs(t *testing.T, n int, f func(t *testing.T, s *Sim, a, b net.Conn)) {
	t.Helper()
	forSeeds(t, n, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			a, b := simPair(t, s)
			f(t, s, a, b)
		})
	})
}

func needIs(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func needNoError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestSimNet_addresses(t *testing.T) {
	simulate(t, 3, func(s *Sim) {
		a, b := simPair(t, s)
		if s.IP("a").String() != "10.0.0.3" || a.LocalAddr().(*net.TCPAddr).IP.String() != "10.0.0.3" ||
			a.RemoteAddr().String() != s.IP("b").String()+":80" || b.LocalAddr().String() != a.RemoteAddr().String() ||
			b.RemoteAddr().String() != a.LocalAddr().String() {
			t.Error(s.IP("a"), a.LocalAddr(), a.RemoteAddr(), b.LocalAddr(), b.RemoteAddr())
		}
		needIs(t, "second listener", func() error {
			l, err := Listen("tcp", ":7")
			if err != nil {
				t.Error(err)
			}
			defer l.Close()
			_, err = Listen("tcp", ":7")
			return err
		}(), simnet.ErrInUse)
		_, err := Listen("tcp", "a:7")
		needIs(t, "another's address", err, simnet.ErrNotMine)
		_, err = Dial("tcp", "b:81")
		needIs(t, "no listener", err, simnet.ErrRefused)
		_, err = Dial("tcp", "10.9.9.9:81")
		needIs(t, "no such address", err, simnet.ErrUnreachable)
		var dns *net.DNSError
		if _, err = Dial("tcp", "nobody:81"); !errors.As(err, &dns) || !dns.IsNotFound {
			t.Error(err)
		}
		for _, bad := range []string{"", "b", "b:", "b:http", "b:99999"} {
			if _, err := Dial("tcp", bad); err == nil {
				t.Errorf("dialled %q", bad)
			}
		}
		if _, err = Dial("tcp6", "b:80"); err == nil {
			t.Error("tcp6")
		}
		// The loopback address is a host's own.
		l, err := Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c, err := Dial("tcp", l.Addr().String())
		if err != nil || c.RemoteAddr().String() != l.Addr().String() {
			t.Error(err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		_, err = Dial("tcp", "main:"+port)
		needIs(t, "listener of the loopback address", err, simnet.ErrRefused)
		s.Go("a", func() {
			_, err = Dial("tcp", "main:"+port)
			needIs(t, "listener of the loopback address", err, simnet.ErrRefused)
		}).Join()
	})
}

func TestSimNet_latency(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		s.SetLatency(20*time.Millisecond, 30*time.Millisecond)
		s.Go("b", func() { echo(b) })
		for range 20 {
			before := Now()
			a.Write([]byte("x"))
			a.Read(make([]byte, 1))
			if d := Now().Sub(before); d < 40*time.Millisecond || d > 60*time.Millisecond {
				t.Error(d)
			}
		}
		s.SetLatency(time.Hour, time.Hour)
		before := Now()
		a.Write([]byte("x"))
		a.Read(make([]byte, 1))
		if d := Now().Sub(before); d != 2*time.Hour {
			t.Error(d)
		}
	})
}

// What is not used any more is not kept.
func TestSimNet_memory(t *testing.T) {
	simulate(t, 1, func(s *Sim) {
		l, _ := Listen("tcp", ":80")
		Go(func() { serve(l, echo) })
		for range 1000 {
			c, err := Dial("tcp", "main:80")
			if err != nil {
				t.Fatal(err)
			}
			c.Write(make([]byte, 100_000)[:1000])
			io.ReadFull(c, make([]byte, 1000))
			c.Close()
		}
		Sleep(time.Second)
		if n := len(s.net.Conns); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if n := len(s.v.H.Timers.Entries); n != 0 {
			t.Errorf("%d timers are left", n)
		}
	})
}
