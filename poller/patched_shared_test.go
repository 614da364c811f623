//go:build linux && !poller_std

package poller

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/nettest"
)

// One connection is used at once by tasks of several hubs and by goroutines; it is
// made by any of them.
func TestPatched_shared(t *testing.T) {
	needPatched(t)
	inHub := func(f func()) func() { return func() { run(t, f) } }
	plain := func(f func()) func() { return f }
	kinds := map[string]func(func()) func(){"hub": inHub, "goroutine": plain}
	for maker, making := range kinds {
		for user, using := range kinds {
			t.Run(maker+" for "+user, func(t *testing.T) {
				var c1, c2 net.Conn
				making(func() { c1, c2 = stdPair(t) })()
				const size = 1 << 20
				var all sync.WaitGroup
				at := func(how func(func()) func(), f func()) { all.Go(how(f)) }
				at(using, func() { needNil(t, chunked(c1, io.LimitReader(zeros{}, size))) })
				at(inHub, func() { io.CopyN(c2, struct{ io.Reader }{c2}, size) }) // echo
				at(plain, func() {
					n, err := io.Copy(io.Discard, io.LimitReader(struct{ io.Reader }{c1}, size))
					if n != size || err != nil {
						t.Error(n, err)
					}
				})
				all.Wait()

				// All wait; a goroutine closes.
				for _, how := range []func(func()) func(){inHub, inHub, plain, using} {
					at(how, func() {
						if _, err := c1.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
							t.Error(err)
						}
					})
				}
				c1.SetReadDeadline(time.Now().Add(time.Hour))
				c1.Close()
				all.Wait()
				c2.Close()
			})
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A connection whose hub has ended can be used by others: by the next hub, by
// goroutines.
func TestPatched_hubEnds(t *testing.T) {
	var c1, c2 net.Conn
	inPatched(t, func() {
		c1, c2 = stdPair(t)
		Go(func() { c1.Read(make([]byte, 1)) }) // killed at the end
		untilInRuntime(1)
	})
	defer c1.Close()
	defer c2.Close()
	for range 2 {
		inPatched(t, func() {
			read := Go(func() {
				if _, err := c1.Read(make([]byte, 1)); err != nil {
					t.Error(err)
				}
			})
			untilInRuntime(1)
			io.WriteString(c2, "x")
			read.Join()
		})
		go io.WriteString(c2, "y")
		if _, err := c1.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	}
}

// A task that is killed or timed out in a call gives up what the call held.
func TestPatched_interrupted(t *testing.T) {
	inPatched(t, func() {
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		b := make([]byte, 1)
		holder := Go(func() { c1.Read(b) })
		untilInRuntime(1)
		queued := Go(func() { c1.Read(b) })
		untilInRuntime(2)
		queued.KillNoWait() // its wait for the turn is not ended: package sync's waiters are counted
		holder.Kill()
		queued.Join()
		if holder.Err() != ErrKilled || queued.Err() != ErrKilled {
			t.Error(holder.Err(), queued.Err())
		}
		for range 3 {
			err := WithTimeout(time.Millisecond, func() error { _, err := c1.Read(b); return err })
			var timeout *TimeoutError
			if !errors.As(err, &timeout) {
				t.Error(err)
			}
			if err := WithTimeout(time.Millisecond, func() error { time.Sleep(time.Hour); return nil }); !errors.As(err, &timeout) {
				t.Error(err)
			}
		}
		io.WriteString(c2, "x")
		if _, err := c1.Read(b); err != nil {
			t.Error(err)
		}
	})
}

// An interrupted connect leaves no socket behind, and is raised.
func TestPatched_interruptedDial(t *testing.T) {
	inPatched(t, func() {
		addr := deafListener(t)
		before := len(openFiles())
		dial := Go(func() {
			_, err := net.Dial("tcp", addr)
			t.Error("Dial returned", err)
		})
		untilInRuntime(1)
		dial.Kill()
		if dial.Err() != ErrKilled {
			t.Error(dial.Err())
		}
		err := WithTimeout(time.Millisecond, func() error {
			_, err := net.Dial("tcp", addr)
			t.Error("Dial returned", err)
			return nil
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		start := time.Now()
		_, err = net.DialTimeout("tcp", addr, 10*time.Millisecond)
		needTimeout(t, err)
		if took := time.Since(start); took < 10*time.Millisecond {
			t.Error("timed out after", took)
		}
		ctx, cancel := context.WithCancel(context.Background())
		dial = Go(func() {
			var d net.Dialer
			if _, err := d.DialContext(ctx, "tcp", addr); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		untilInRuntime(1)
		cancel()
		dial.Join()
		if now := len(openFiles()); now != before {
			t.Errorf("%d files open, before %d", now, before)
		}
	})
}

// deafListener returns an address at which connections are neither accepted nor
// refused: its queue is full.
func deafListener(t testing.TB) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	needNil(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	needNil(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	needNil(t, syscall.Listen(fd, 0))
	sa, err := syscall.Getsockname(fd)
	needNil(t, err)
	addr := fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	c, err := net.Dial("tcp", addr) // fills it
	needNil(t, err)
	t.Cleanup(func() { c.Close() })
	return addr
}

func TestPatched_refused(t *testing.T) {
	inPatched(t, func() {
		l := stdListen(t)
		l.Close()
		if _, err := net.Dial("tcp", l.Addr().String()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
}

// nettest's goroutines know nothing of tasks; the connections are made by tasks, and
// so are unknown to the runtime at first.
func TestPatched_nettest(t *testing.T) {
	needPatched(t)
	for _, network := range []string{"std tcp", "std unix"} {
		t.Run(network, func(t *testing.T) {
			dir := t.TempDir()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				if e := Run(func() { c1, c2, err = makePair(network, dir) }); e != nil {
					return nil, nil, nil, e
				}
				return c1, c2, func() { c1.Close(); c2.Close() }, err
			})
		})
	}
}
