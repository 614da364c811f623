package poller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
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

// What is written arrives as it was, in order, though not in the same pieces.
func TestSimNet_stream(t *testing.T) {
	pieces := 0
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		var want, got bytes.Buffer
		Go(func() {
			for i := range 200 {
				line := strings.Repeat(fmt.Sprint(i), 1+s.Rand().IntN(500))
				want.WriteString(line)
				if n, err := a.Write([]byte(line)); n != len(line) || err != nil {
					t.Error(n, err)
				}
			}
			a.(interface{ CloseWrite() error }).CloseWrite()
			if _, err := a.Write([]byte("x")); !errors.Is(err, simnet.ErrPipe) {
				t.Error(err)
			}
		})
		buf := make([]byte, 1000)
		for {
			n, err := b.Read(buf)
			got.Write(buf[:n])
			pieces++
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				break
			}
		}
		if !bytes.Equal(want.Bytes(), got.Bytes()) {
			t.Error("data differ")
		}
		// The other direction goes on.
		b.Write([]byte("answer"))
		b.Close()
		if answer, err := io.ReadAll(a); string(answer) != "answer" || err != nil {
			t.Errorf("%q, %v", answer, err)
		}
	})
}

// Who is not read from waits.
func TestSimNet_backPressure(t *testing.T) {
	forPairs(t, 10, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.SetWriteDeadline(Now().Add(time.Minute))
		n, err := a.Write(make([]byte, 1<<20))
		if n != simnet.Window || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		a.SetWriteDeadline(time.Time{})
		w := Go(func() { a.Write(make([]byte, 1000)) })
		Sleep(time.Second)
		if w.Ended() {
			t.Error("there was room")
		}
		io.ReadFull(b, make([]byte, 1000))
		if w.JoinTimeout(time.Second) != nil {
			t.Error("no room was made")
		}
	})
}

func TestSimNet_readers(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		got := ""
		for i := range 3 {
			Go(func() {
				Sleep(time.Duration(i+1) * time.Minute)
				p := make([]byte, 1)
				b.Read(p)
				got += string(p)
			})
		}
		Sleep(time.Hour)
		b.SetReadDeadline(Now().Add(time.Hour)) // does not change whose turn it is
		a.Write([]byte("123"))
		Sleep(time.Minute)
		if got != "123" {
			t.Error(got)
		}
		w := Go(func() {
			if err := b.(*simnet.Conn).WaitReadable(); err != nil {
				t.Error(err)
			}
			if n, err := b.Read(make([]byte, 5)); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
		Sleep(time.Second)
		a.Write([]byte("4"))
		w.Join()
	})
}

// Each Write is one piece of the stream, however many tasks write.
func TestSimNet_writers(t *testing.T) {
	forPairs(t, 10, func(t *testing.T, s *Sim, a, b net.Conn) {
		const size = simnet.Window + 1000
		for i := range 4 {
			Go(func() {
				for range 3 {
					a.Write(bytes.Repeat([]byte{byte(i)}, size))
				}
			})
		}
		for range 12 {
			p := make([]byte, size)
			if _, err := io.ReadFull(b, p); err != nil || !bytes.Equal(p, bytes.Repeat(p[:1], size)) {
				t.Fatal("writes are mixed", err)
			}
		}
	})
}

func TestSimNet_partition(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		s.Partition("a", "b")
		if _, err := a.Write([]byte("held back")); err != nil {
			t.Error(err)
		}
		GoAfter(time.Minute, func() { s.Heal("b", "a") })
		p := make([]byte, 20)
		before := Now()
		n, err := io.ReadFull(b, p[:9])
		if d := Now().Sub(before); string(p[:n]) != "held back" || d < time.Minute || d > time.Minute+2*simnet.MostLatency {
			t.Errorf("%q, %v after %v", p[:n], err, d)
		}
		s.Partition("a", "b")
		before = Now()
		_, err = b.Read(p)
		needIs(t, "read while cut off", err, simnet.ErrTimeout)
		if d := Now().Sub(before); d != simnet.PeerTimeout {
			t.Error(d)
		}
		s.Go("a", func() {
			before := Now()
			_, err := Dial("tcp", "b:80")
			needIs(t, "dial while cut off", err, simnet.ErrTimeout)
			if d := Now().Sub(before); d != simnet.PeerTimeout {
				t.Error(d)
			}
			_, err = DialTimeout("tcp", "b:80", time.Second)
			needIs(t, "dial with a limit", err, os.ErrDeadlineExceeded)
		}).Join()
		if _, err := a.Write(p); !errors.Is(err, simnet.ErrTimeout) {
			t.Error(err)
		}
	})
}

func TestSimNet_reset(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.Write([]byte("x"))
		Sleep(time.Second)
		reader := Go(func() {
			_, err := a.Read(make([]byte, 1))
			needIs(t, "read", err, simnet.ErrReset)
		})
		Sleep(time.Second)
		s.Reset("a", "b")
		reader.Join()
		if n, err := b.Read(make([]byte, 5)); n != 1 || err != nil {
			t.Error("what had arrived was lost", err)
		}
		_, err := b.Read(make([]byte, 5))
		needIs(t, "read", err, simnet.ErrReset)
		_, err = b.Write([]byte("x"))
		needIs(t, "write", err, simnet.ErrReset)
		needNoError(t, a.Close())
		needIs(t, "second Close", a.Close(), net.ErrClosed)
	})
}

// Writing to who has closed gives a reset; so does closing with data that was not read.
func TestSimNet_closed(t *testing.T) {
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		needNoError(t, b.Close())
		if n, err := a.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Error(n, err)
		}
		a.Write([]byte("x"))
		Sleep(time.Second)
		_, err := a.Write([]byte("x"))
		needIs(t, "write", err, simnet.ErrReset)
		_, err = b.Read(make([]byte, 1))
		needIs(t, "read", err, net.ErrClosed)
		needIs(t, "deadline", b.SetDeadline(Now()), net.ErrClosed)
	})
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.Write([]byte("x"))
		Sleep(time.Second)
		b.Close()
		_, err := a.Read(make([]byte, 1))
		needIs(t, "read", err, simnet.ErrReset)
	})
	forPairs(t, 20, func(t *testing.T, s *Sim, a, b net.Conn) {
		a.Write([]byte("x"))
		a.(*simnet.Conn).SetLinger(0)
		a.Close()
		n, err := b.Read(make([]byte, 1))
		if n != 0 || !errors.Is(err, simnet.ErrReset) {
			t.Error(n, err)
		}
	})
}

func TestSimNet_crash(t *testing.T) {
	forSeeds(t, 20, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			starts, cleaned := 0, 0
			serve := func() {
				starts++
				defer func() { cleaned++ }()
				l, err := Listen("tcp", ":80")
				if err != nil {
					t.Error(err)
				}
				defer l.Close()
				for {
					c, err := l.Accept()
					if err != nil {
						t.Error(err)
						return
					}
					Go(func() {
						defer func() { c.Write([]byte("last words")) }()
						echo(c)
					})
				}
			}
			dial := func() net.Conn {
				Sleep(time.Second)
				c, err := Dial("tcp", "server:80")
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			s.Go("server", serve)
			writer, reader := dial(), dial()
			Sleep(time.Second)
			s.Crash("server")
			s.Crash("server")
			if cleaned != 1 {
				t.Error("deferred calls have not run")
			}
			if _, err := writer.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			Sleep(time.Second)
			needIs(t, "dial", func() error { _, err := DialTimeout("tcp", "server:80", time.Second); return err }(), os.ErrDeadlineExceeded)
			GoAfter(5*time.Second, func() { s.Go("server", serve) })
			before := Now()
			c, err := Dial("tcp", "server:80") // tries until it is up
			if err != nil && !errors.Is(err, simnet.ErrRefused) || Now().Sub(before) < 5*time.Second {
				t.Error(err, Now().Sub(before))
			}
			if err == nil {
				c.Close()
			}
			p := make([]byte, 20)
			if n, err := writer.Read(p); n != 0 || !errors.Is(err, simnet.ErrReset) {
				t.Errorf("%q, %v", p[:n], err)
			}
			if n, err := reader.Read(p); n != 0 || !errors.Is(err, simnet.ErrTimeout) {
				t.Errorf("%q, %v", p[:n], err)
			}
			c = dial()
			c.Write([]byte("again"))
			if n, _ := c.Read(p); n == 0 || starts != 2 {
				t.Error(n, starts)
			}
		})
	})
	// A task can have its own host crash.
	simulate(t, 1, func(s *Sim) {
		if err := s.Go("a", func() { s.Crash("a") }).Join(); err != ErrKilled {
			t.Error(err)
		}
		x := s.Go("a", func() { Sleep(time.Hour) })
		s.Crash("a")
		if x.Err() != ErrKilled {
			t.Error(x.Err())
		}
	})
	if err := Simulate(1, func(s *Sim) { s.Crash("main") }); err != ErrKilled {
		t.Error(err)
	}
}

// A task of a host that has crashed cannot use the network any more, even if it does
// not let itself be killed.
func TestSimNet_survivor(t *testing.T) {
	simulate(t, 1, func(s *Sim) {
		a, b := simPair(t, s)
		var survivor *Task
		s.Go("a", func() {
			survivor = Go(func() {
				func() {
					defer func() { recover() }()
					Sleep(time.Hour)
				}()
				Sleep(time.Minute)
				_, err := Dial("tcp", "b:80")
				needIs(t, "Dial", err, simnet.ErrDown)
				_, err = Listen("tcp", ":80")
				needIs(t, "Listen", err, simnet.ErrDown)
				_, err = a.Write([]byte("x"))
				needIs(t, "Write", err, simnet.ErrDown)
			})
		}).Join()
		Sleep(time.Second)
		GoAfter(time.Second, func() { s.Go("a", func() {}) })
		s.Crash("a")
		needNoError(t, survivor.Join())
		b.SetReadDeadline(Now().Add(time.Second))
		_, err := b.Read(make([]byte, 1))
		needIs(t, "Read", err, os.ErrDeadlineExceeded)
	})
}

func TestSimNet_listener(t *testing.T) {
	forSeeds(t, 20, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			l, err := (&ListenConfig{Backlog: 2}).Listen(context.Background(), "tcp", ":80")
			if err != nil {
				t.Fatal(err)
			}
			l.(*simnet.Listener).SetDeadline(Now().Add(time.Minute))
			_, err = l.Accept()
			needIs(t, "Accept", err, os.ErrDeadlineExceeded)
			l.(*simnet.Listener).SetDeadline(time.Time{})
			var dials []*Task
			for range 3 {
				dials = append(dials, Go(func() {
					c, err := Dial("tcp", "main:80")
					if err != nil {
						t.Error(err)
						return
					}
					_, err = c.Read(make([]byte, 1))
					if err != io.EOF && !errors.Is(err, simnet.ErrReset) {
						t.Error(err)
					}
				}))
			}
			Sleep(500 * time.Millisecond)
			if n := len(l.(*simnet.Listener).Queue); n != 2 {
				t.Errorf("%d connections wait", n)
			}
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			Sleep(5 * time.Second) // the third dial tries again
			waiting := Go(func() {
				for {
					if _, err := l.Accept(); err != nil {
						needIs(t, "Accept", err, net.ErrClosed)
						return
					}
				}
			})
			Sleep(time.Second)
			l.Close()
			waiting.Join()
			needIs(t, "Close", l.Close(), net.ErrClosed)
			_, err = Dial("tcp", "main:80")
			needIs(t, "Dial", err, simnet.ErrRefused)
			Go(func() { s.Reset("main", "main") })
			JoinAll(dials...)
		})
	})
}

// A dial that is interrupted leaves nothing behind but a reset for who accepted it.
func TestSimNet_dialInterrupted(t *testing.T) {
	forSeeds(t, 30, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			l, _ := Listen("tcp", ":80")
			accepted := 0
			Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					accepted++
					c.Write([]byte("x"))
					if _, err := c.Read(make([]byte, 1)); !errors.Is(err, simnet.ErrReset) {
						t.Error(err)
					}
					c.Close()
				}
			})
			WithTimeout(time.Duration(s.Rand().Int64N(int64(2*simnet.MostLatency))), func() error {
				c, err := Dial("tcp", "main:80")
				if err != nil {
					t.Error(err)
					return nil
				}
				c.(*simnet.Conn).SetLinger(0)
				return c.Close()
			})
			ctx, cancel := context.WithCancel(context.Background())
			GoAfter(100*time.Microsecond, cancel)
			_, err := new(Dialer).DialContext(ctx, "tcp", "main:80")
			needIs(t, "DialContext", err, context.Canceled)
			Sleep(time.Second)
			l.Close()
			if n := len(s.net.Conns); n != 0 {
				t.Errorf("%d connections are left", n)
			}
		})
	})
}

func TestSimNet_datagrams(t *testing.T) {
	lost, doubled, reordered := 0, 0, 0
	forSeeds(t, 10, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			u, err := ListenPacket("udp", ":53")
			if err != nil {
				t.Fatal(err)
			}
			s.SetLoss(0.25, 0.25)
			s.Go("a", func() {
				c, err := Dial("udp", "main:53")
				if err != nil {
					t.Error(err)
				}
				for i := range 100 {
					c.Write([]byte{byte(i)})
				}
			})
			u.SetReadDeadline(Now().Add(time.Second))
			seen, last := make(map[byte]int), -1
			for {
				p := make([]byte, 10)
				n, from, err := u.ReadFrom(p)
				if err != nil {
					needIs(t, "ReadFrom", err, os.ErrDeadlineExceeded)
					break
				}
				if n != 1 || from.(*net.UDPAddr).IP.String() != s.IP("a").String() {
					t.Error(n, from)
				}
				seen[p[0]]++
				if int(p[0]) < last {
					reordered++
				}
				last = int(p[0])
			}
			lost += 100 - len(seen)
			for _, n := range seen {
				doubled += n - 1
			}
		})
	})
	if lost < 100 || lost > 350 || doubled < 80 || doubled > 300 || reordered < 100 {
		t.Errorf("of 1000 datagrams, %d were lost, %d doubled, %d out of order", lost, doubled, reordered)
	}
	simulate(t, 1, func(s *Sim) {
		u, err := ListenPacket("udp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		s.Go("a", func() {
			v, err := ListenPacket("udp", ":0")
			if err != nil {
				t.Error(err)
			}
			_, err = v.WriteTo([]byte("x"), &net.UDPAddr{IP: s.IP("main").AsSlice(), Port: u.LocalAddr().(*net.UDPAddr).Port})
			needNoError(t, err)
			_, err = v.WriteTo([]byte("x"), &net.TCPAddr{})
			needIs(t, "TCPAddr", err, simnet.ErrInvalid)
			_, err = v.WriteTo(make([]byte, 70000), &net.UDPAddr{IP: s.IP("main").AsSlice(), Port: 1})
			needIs(t, "long", err, simnet.ErrTooLong)
			_, err = v.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv4(8, 8, 8, 8), Port: 1})
			needIs(t, "other address", err, simnet.ErrUnreachable)
			_, err = v.(net.Conn).Write([]byte("x"))
			needIs(t, "Write", err, simnet.ErrNoPeer)
		}).Join()
		c, _ := Dial("udp", u.LocalAddr().String())
		_, err = c.(net.PacketConn).WriteTo(nil, u.LocalAddr())
		needIs(t, "WriteTo", err, net.ErrWriteToConnected)
		c.Write([]byte("mine"))
		p := make([]byte, 2)
		if n, from, err := u.ReadFrom(p); n != 2 || string(p) != "mi" || from.String() != c.LocalAddr().String() || err != nil {
			t.Error(string(p), from, c.LocalAddr(), err)
		}
		reader := Go(func() {
			_, _, err := u.ReadFrom(p)
			needIs(t, "ReadFrom", err, net.ErrClosed)
		})
		Sleep(time.Second)
		u.Close()
		reader.Join()
		needIs(t, "Close", u.Close(), net.ErrClosed)
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

// Whatever happens to the network, a stream is what was written, to the end or up to an
// error, nobody waits for ever, and nothing is left.
func TestSimNet_chaos(t *testing.T) {
	const size = 100_000
	whole, broken := 0, 0
	n := 60
	if testing.Short() {
		n = 10
	}
	forSeeds(t, n, func(t *testing.T, seed uint64) {
		simulate(t, seed, func(s *Sim) {
			hosts := []string{"a", "b", "c"}
			serve := func() {
				l, err := Listen("tcp", ":80")
				if err != nil {
					t.Error(err)
					return
				}
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					Go(func() {
						defer c.Close()
						var b [1000]byte
						for i := 0; i < size; {
							n := min(len(b), size-i)
							for j := range b[:n] {
								b[j] = byte((i + j) % 251)
							}
							if _, err := c.Write(b[:n]); err != nil {
								return
							}
							i += n
						}
						c.(interface{ CloseWrite() error }).CloseWrite()
						c.Read(b[:])
					})
				}
			}
			for _, h := range hosts {
				s.Go(h, serve)
			}
			var readers Group
			for i := range 12 {
				readers.Go(func() error {
					Sleep(time.Duration(s.Rand().IntN(300)) * time.Millisecond)
					c, err := Dial("tcp", hosts[i%3]+":80")
					if err != nil {
						return nil
					}
					defer c.Close()
					b := make([]byte, 3000)
					for at := 0; ; {
						n, err := c.Read(b)
						for _, x := range b[:n] {
							if x != byte(at%251) {
								t.Errorf("byte %d is wrong", at)
								return nil
							}
							at++
						}
						if err == io.EOF && at == size {
							whole++
							return nil
						}
						if err != nil {
							if err == io.EOF {
								t.Errorf("end after %d bytes", at)
							}
							broken++
							return nil
						}
						Sleep(time.Duration(s.Rand().IntN(3)) * time.Millisecond)
					}
				})
			}
			for range 10 {
				Sleep(time.Duration(s.Rand().IntN(60)) * time.Millisecond)
				h := hosts[s.Rand().IntN(3)]
				switch s.Rand().IntN(4) {
				case 0:
					s.Partition("main", h)
				case 1:
					s.Heal("main", h)
				case 2:
					s.Reset(h, "main")
				case 3:
					s.Crash(h)
					Sleep(time.Duration(s.Rand().IntN(60)) * time.Millisecond)
					s.Go(h, serve)
				}
			}
			if s.Rand().IntN(2) == 0 {
				for _, h := range hosts {
					s.Heal("main", h)
				}
			}
			readers.Join()
			for _, h := range hosts {
				s.Heal("main", h)
				s.Crash(h)
			}
			Sleep(simnet.PeerTimeout + time.Second)
			if n := len(s.net.Conns) + len(s.v.H.Timers.Entries); n != 0 {
				t.Errorf("%d connections or timers are left", n)
			}
		})
	})
	if whole == 0 || broken == 0 {
		t.Errorf("%d streams were whole, %d broken", whole, broken)
	}
}
