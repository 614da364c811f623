package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/simnet"
)

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

// An interrupted dial leaves nothing behind but a reset of the accepted connection.
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
