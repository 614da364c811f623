//go:build linux && !poller_std

package poller

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// These tests are for `stackful test ./poller`: there the standard library parks
// tasks. The suites of this package then run with the standard library's
// connections, too.

func init() {
	if sched.RuntimePatched() {
		streamNetworks = append(streamNetworks, "std tcp", "std unix")
	}
}

// TestPatched_wanted fails if the patch is wanted and missing, so that the tests
// that need it cannot be skipped unseen.
func TestPatched_wanted(t *testing.T) {
	if os.Getenv("STACKFUL_PATCHED") != "" && !sched.RuntimePatched() {
		t.Fatal("the standard library of this test is not patched")
	}
}

// needPatched skips a test that only a patched program can pass.
func needPatched(t *testing.T) {
	t.Helper()
	if !sched.RuntimePatched() {
		t.Skip("needs `stackful test`")
	}
}

// inPatched runs main as a task with a patched standard library.
func inPatched(t *testing.T, main func()) {
	t.Helper()
	needPatched(t)
	run(t, main)
}

func stdListen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	needNil(t, err)
	return l
}

// stdPair returns two ends of a connection of package net.
func stdPair(t testing.TB) (c1, c2 net.Conn) {
	t.Helper()
	c1, c2, err := makePair("std tcp", "")
	needNil(t, err)
	return c1, c2
}

func TestPatched_sleep(t *testing.T) {
	inPatched(t, func() {
		const unit = 20 * time.Millisecond
		var order []string
		say := func(s string) { order = append(order, s) }
		start := time.Now()
		needNil(t, JoinAll(
			Go(func() { say("eat1"); time.Sleep(7 * unit); say("eat2") }),
			Go(func() { say("play1"); Sleep(4 * unit); say("play2") }),
			Go(func() { say("task1"); Sleep(1 * unit); say("task2") }),
		))
		if took := time.Since(start); took < 7*unit {
			t.Errorf("all was done after %v", took)
		}
		if got, want := strings.Join(order, " "), "eat1 play1 task1 task2 play2 eat2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// A loop of Sleep(0) lets other tasks run, timers fire and data come.
func TestPatched_sleepZero(t *testing.T) {
	inPatched(t, func() {
		var ran, slept, read bool
		c1, c2 := stdPair(t)
		defer c1.Close()
		Go(func() { ran = true })
		Go(func() { Sleep(time.Millisecond); slept = true })
		Go(func() { c2.Read(make([]byte, 1)); read = true })
		Await(func() (int, error) { return c1.Write([]byte("x")) })
		for !ran || !slept || !read {
			time.Sleep(0)
		}
	})
}

// The mission's server, with nothing but package net: 500 clients, one goroutine.
func TestPatched_echo500(t *testing.T) {
	clients, rounds := 500, 20
	if testing.Short() {
		rounds = 4
	}
	inPatched(t, func() {
		l := stdListen(t)
		defer l.Close()
		id := asm.GoidParsed()
		server := Go(func() {
			serve(l, func(c net.Conn) {
				defer c.Close()
				b := make([]byte, 64)
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					if here := asm.GoidParsed(); here != id {
						t.Errorf("goroutine %d, want %d", here, id)
					}
					c.Write(bytes.ToUpper(b[:n]))
				}
			})
		})
		var all []*Task
		done := 0
		for i := range clients {
			all = append(all, Go(func() {
				c, err := net.Dial("tcp", l.Addr().String())
				needNil(t, err)
				defer c.Close()
				b := make([]byte, 64)
				for r := range rounds {
					text := fmt.Sprintf("hello from %d, round %d", i, r)
					_, err := io.WriteString(c, text)
					needNil(t, err)
					_, err = io.ReadFull(c, b[:len(text)])
					needNil(t, err)
					if got := string(b[:len(text)]); got != strings.ToUpper(text) {
						t.Errorf("got %q for %q", got, text)
					}
					done++
				}
			}))
		}
		needNil(t, JoinAll(all...))
		if done != clients*rounds {
			t.Errorf("%d replies", done)
		}
		l.Close()
		server.Join()
	})
}

// Calls that wait park the task, and Close from another task ends them.
func TestPatched_close(t *testing.T) {
	inPatched(t, func() {
		c1, c2 := stdPair(t)
		defer c2.Close()
		l := stdListen(t)
		u, err := net.ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		r, w, err := os.Pipe()
		needNil(t, err)
		defer w.Close()
		buf := func() []byte { return make([]byte, 8) }
		var tasks []*Task
		for name, call := range map[string]func() error{
			"read":    func() error { _, err := c1.Read(buf()); return err },
			"read 2":  func() error { _, err := c1.Read(buf()); return err },
			"write":   func() error { return fill(c1) },
			"write 2": func() error { return fill(c1) },
			"accept":  func() error { _, err := l.Accept(); return err },
			"udp":     func() error { _, _, err := u.ReadFrom(buf()); return err },
			"pipe":    func() error { _, err := r.Read(buf()); return err },
		} {
			tasks = append(tasks, Go(func() {
				if err := call(); !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrClosed) {
					t.Errorf("%s: %v", name, err)
				}
			}))
		}
		untilInRuntime(7)
		for _, c := range []io.Closer{c1, l, u, r} {
			needNil(t, c.Close())
		}
		needNil(t, JoinAll(tasks...))
	})
}

// The address of a closed listener is free, although a task was in Accept and has
// not returned yet.
func TestPatched_listenAgain(t *testing.T) {
	inPatched(t, func() {
		for range 10 {
			l := stdListen(t)
			accept := Go(func() { l.Accept() })
			untilInRuntime(1)
			l.Close()
			again, err := net.Listen("tcp", l.Addr().String())
			needNil(t, err)
			again.Close()
			accept.Join()
		}
	})
}

// fill writes until that fails.
func fill(w io.Writer) error {
	for b := make([]byte, 1<<20); ; {
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
}

// Two readers of a connection are served one after the other, each as a whole.
func TestPatched_twoReaders(t *testing.T) {
	inPatched(t, func() {
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		var got []string
		read := func() {
			b := make([]byte, 4)
			n, err := c2.Read(b)
			needNil(t, err)
			got = append(got, string(b[:n]))
		}
		first, second := Go(read), Go(read)
		untilInRuntime(2)
		io.WriteString(c1, "one")
		first.Join()
		io.WriteString(c1, "two")
		second.Join()
		if fmt.Sprint(got) != "[one two]" {
			t.Errorf("got %q", got)
		}
	})
}

func TestPatched_deadlines(t *testing.T) {
	inPatched(t, func() {
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		l := stdListen(t)
		defer l.Close()
		r, w, err := os.Pipe()
		needNil(t, err)
		defer r.Close()
		defer w.Close()
		soon := func() time.Time { return time.Now().Add(10 * time.Millisecond) }
		never := time.Time{}
		b := make([]byte, 8)
		for _, c := range []struct {
			name string
			set  func(time.Time) error
			call func() error
		}{
			{"read", c1.SetReadDeadline, func() error { _, err := c1.Read(b); return err }},
			{"write", c1.SetWriteDeadline, func() error { return fill(c1) }},
			{"accept", l.(*net.TCPListener).SetDeadline, func() error { _, err := l.Accept(); return err }},
			{"pipe", r.SetReadDeadline, func() error { _, err := r.Read(b); return err }},
			{"pipe write", w.SetWriteDeadline, func() error { return fill(w) }},
		} {
			expired := func(when string, from time.Time, least time.Duration) {
				t.Helper()
				err := c.call()
				var timeout interface{ Timeout() bool }
				if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("%s, %s: %v", c.name, when, err)
				}
				if took := time.Since(from); took < least {
					t.Errorf("%s, %s: after %v", c.name, when, took)
				}
			}
			now := time.Now()
			needNil(t, c.set(now.Add(-time.Second)))
			expired("past", now, 0)
			expired("past again", now, 0)
			now = time.Now()
			needNil(t, c.set(soon()))
			expired("future", now, 10*time.Millisecond)
			expired("future again", now, 0) // the runtime may not have noticed yet

			// Set while the task is parked: by a task, by a goroutine, to earlier and later.
			for _, by := range []func(func()){func(f func()) { f() }, func(f func()) { Await(func() (int, error) { f(); return 0, nil }) }} {
				needNil(t, c.set(never))
				task := Go(func() { expired("set while parked", time.Now(), 0) })
				untilInRuntime(1)
				by(func() { c.set(time.Now().Add(time.Hour)) })
				if task.JoinTimeout(5*time.Millisecond) == nil {
					t.Errorf("%s: ended an hour early", c.name)
				}
				by(func() { c.set(soon()) })
				task.Join()
			}
			needNil(t, c.set(never))
		}
		if !errors.Is(os.Stdin.SetDeadline(soon()), os.ErrNoDeadline) && os.Stdin.SetDeadline(never) != nil {
			t.Error("deadline of a file")
		}
	})
}

// A deadline that was set before any task waited, by a goroutine, counts.
func TestPatched_earlyDeadline(t *testing.T) {
	needPatched(t)
	c1, c2, err := makePair("std tcp", "")
	needNil(t, err)
	defer c1.Close()
	defer c2.Close()
	c1.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	inPatched(t, func() {
		if _, err := c1.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
	c1.SetReadDeadline(time.Time{})
	go io.WriteString(c2, "x")
	if _, err := c1.Read(make([]byte, 1)); err != nil { // by the goroutine
		t.Error(err)
	}
}
