package poller

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/simnet"
)

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

// Under all faults of the network, a stream is the written data, to the end or up to an
// error, no task waits for ever, and nothing is left.
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
