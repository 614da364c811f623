//go:build linux && !poller_std

package poller

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/std"
)

// These tests are for `stackful test ./poller`: there the standard library parks
// tasks. The suites of this package then run with the standard library's
// connections, too.

func init() {
	if std.Installed() {
		streamNetworks = append(streamNetworks, "std tcp", "std unix")
	}
}

// TestPatched_wanted fails if the patch is wanted and missing, so that the tests
// that need it cannot be skipped unseen.
func TestPatched_wanted(t *testing.T) {
	if os.Getenv("STACKFUL_PATCHED") != "" && !std.Installed() {
		t.Fatal("the standard library of this test is not patched")
	}
}

// patched runs main as a task with a patched standard library.
func patched(t *testing.T, main func()) {
	t.Helper()
	if !std.Installed() {
		t.Skip("needs `stackful test`")
	}
	run(t, main)
}

// needNil fails the test at once: in a task that ends all of its goroutine.
func needNil(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// untilParked lets others run until n tasks of this hub are parked for the reason
// why.
func untilParked(why parkReason, n int) {
	for {
		found := 0
		for t := currentHub().all.head; t != nil; t = t.next {
			if t.w.why == why && t.w.state.Load() == waiterWaiting {
				found++
			}
		}
		if found >= n {
			return
		}
		YieldIO()
	}
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
	patched(t, func() {
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
	patched(t, func() {
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
	patched(t, func() {
		l := stdListen(t)
		defer l.Close()
		id := asm.GoidParsed()
		server := Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				Go(func() {
					defer c.Close()
					b := make([]byte, 64)
					for {
						n, err := c.Read(b)
						if err != nil {
							return
						}
						if here := asm.GoidParsed(); here != id && hereByGoid {
							t.Errorf("goroutine %d, want %d", here, id)
						}
						c.Write(bytes.ToUpper(b[:n]))
					}
				})
			}
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
	patched(t, func() {
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
		untilParked(parkRead, 4)
		untilParked(parkWrite, 1)
		untilParked(parkSemaphore, 2)
		for _, c := range []io.Closer{c1, l, u, r} {
			needNil(t, c.Close())
		}
		needNil(t, JoinAll(tasks...))
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
	patched(t, func() {
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
		untilParked(parkSemaphore, 1)
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
	patched(t, func() {
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
				untilParked(task.parkedAs(), 1)
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

// parkedAs lets t run until it waits for IO, and returns for what.
func (t *Task) parkedAs() parkReason {
	for {
		if why := t.w.why; t.w.state.Load() == waiterWaiting && (why == parkRead || why == parkWrite) {
			return why
		}
		YieldIO()
	}
}

// A deadline that was set before any task waited, by a goroutine, counts.
func TestPatched_earlyDeadline(t *testing.T) {
	if !std.Installed() {
		t.Skip("needs `stackful test`")
	}
	c1, c2, err := makePair("std tcp", "")
	needNil(t, err)
	defer c1.Close()
	defer c2.Close()
	c1.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	patched(t, func() {
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

// One connection is used at once by tasks of several hubs and by goroutines; it is
// made by any of them.
func TestPatched_shared(t *testing.T) {
	if !std.Installed() {
		t.Skip("needs `stackful test`")
	}
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
	patched(t, func() {
		c1, c2 = stdPair(t)
		Go(func() { c1.Read(make([]byte, 1)) }) // killed at the end
		untilParked(parkRead, 1)
	})
	defer c1.Close()
	defer c2.Close()
	for range 2 {
		patched(t, func() {
			read := Go(func() {
				if _, err := c1.Read(make([]byte, 1)); err != nil {
					t.Error(err)
				}
			})
			untilParked(parkRead, 1)
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
	patched(t, func() {
		c1, c2 := stdPair(t)
		defer c1.Close()
		defer c2.Close()
		b := make([]byte, 1)
		holder := Go(func() { c1.Read(b) })
		untilParked(parkRead, 1)
		queued := Go(func() { c1.Read(b) })
		untilParked(parkSemaphore, 1)
		queued.Kill()
		holder.Kill()
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
	patched(t, func() {
		addr := deafListener(t)
		before := len(openFiles())
		dial := Go(func() {
			_, err := net.Dial("tcp", addr)
			t.Error("Dial returned", err)
		})
		untilParked(parkWrite, 1)
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
		if _, err := net.DialTimeout("tcp", addr, 10*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
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
		untilParked(parkWrite, 1)
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
	patched(t, func() {
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
	if !std.Installed() {
		t.Skip("needs `stackful test`")
	}
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

// What a task waits for in other kinds of descriptors and calls.
func TestPatched_kinds(t *testing.T) {
	t.Run("udp", func(t *testing.T) {
		patched(t, func() {
			u, err := net.ListenPacket("udp", "127.0.0.1:0")
			needNil(t, err)
			defer u.Close()
			var from net.Addr
			b := make([]byte, 8)
			n := 0
			read := Go(func() { n, from, err = u.ReadFrom(b) })
			untilParked(parkRead, 1)
			c, _ := net.Dial("udp", u.LocalAddr().String())
			defer c.Close()
			io.WriteString(c, "hello")
			read.Join()
			if err != nil || string(b[:n]) != "hello" || from.String() != c.LocalAddr().String() {
				t.Error(string(b[:n]), from, err)
			}
		})
	})
	t.Run("unixgram", func(t *testing.T) {
		patched(t, func() {
			name := filepath.Join(t.TempDir(), "s")
			u, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
			needNil(t, err)
			defer u.Close()
			b := make([]byte, 8)
			n := 0
			read := Go(func() { n, _, _, _, err = u.ReadMsgUnix(b, nil) })
			untilParked(parkRead, 1)
			c, err := net.Dial("unixgram", name)
			needNil(t, err)
			defer c.Close()
			io.WriteString(c, "hello")
			read.Join()
			if string(b[:n]) != "hello" {
				t.Error(string(b[:n]), err)
			}
		})
	})
	t.Run("pipe", func(t *testing.T) {
		patched(t, func() {
			r, w, err := os.Pipe()
			needNil(t, err)
			const size = 1 << 20 // more than it holds
			write := Go(func() { w.Write(make([]byte, size)); w.Close() })
			untilParked(parkWrite, 1)
			all, err := io.ReadAll(r)
			if len(all) != size || err != nil {
				t.Error(len(all), err)
			}
			write.Join()
			r.Close()
		})
	})
	t.Run("writev, sendfile, splice", func(t *testing.T) {
		patched(t, func() {
			const size = 1 << 20
			name := filepath.Join(t.TempDir(), "file")
			needNil(t, os.WriteFile(name, bytes.Repeat([]byte("0123456789abcdef"), size/16), 0o600))
			for kind, send := range map[string]func(to, from net.Conn) error{
				"writev": func(to, _ net.Conn) error {
					half := make([]byte, size/2)
					bufs := net.Buffers{half, half}
					_, err := bufs.WriteTo(to)
					return err
				},
				"sendfile": func(to, _ net.Conn) error {
					f, err := os.Open(name)
					needNil(t, err)
					defer f.Close()
					_, err = io.Copy(to, f)
					return err
				},
				"splice": func(to, from net.Conn) error {
					_, err := io.Copy(to, io.LimitReader(from, size))
					return err
				},
			} {
				c1, c2 := stdPair(t)
				from, feed := stdPair(t)
				JoinAll(
					Go(func() {
						if err := send(c1, from); err != nil {
							t.Error(kind, err)
						}
						c1.Close()
					}),
					Go(func() { feed.Write(make([]byte, size)) }),
					Go(func() {
						if n, err := io.Copy(io.Discard, struct{ io.Reader }{c2}); n != size || err != nil {
							t.Error(kind, n, err)
						}
					}))
				from.Close()
				feed.Close()
				c2.Close()
			}
		})
	})
	t.Run("SyscallConn", func(t *testing.T) {
		patched(t, func() {
			c1, c2 := stdPair(t)
			defer c1.Close()
			defer c2.Close()
			raw, err := c1.(*net.TCPConn).SyscallConn()
			needNil(t, err)
			n, b := 0, make([]byte, 8)
			read := Go(func() {
				err = raw.Read(func(fd uintptr) bool {
					var e error
					n, e = syscall.Read(int(fd), b)
					return e != syscall.EAGAIN
				})
			})
			untilParked(parkRead, 1)
			io.WriteString(c2, "raw")
			read.Join()
			if string(b[:max(n, 0)]) != "raw" || err != nil {
				t.Error(n, err)
			}
		})
	})
	t.Run("exec", func(t *testing.T) {
		patched(t, func() {
			ticks := 0
			tick := Go(func() {
				for {
					ticks++
					time.Sleep(time.Millisecond)
				}
			})
			r, w, err := os.Pipe()
			needNil(t, err)
			cmd := exec.Command("cat")
			cmd.Stdin = r
			needNil(t, cmd.Start())
			r.Close()
			wait := Go(func() {
				if err := cmd.Wait(); err != nil {
					t.Error(err)
				}
			})
			untilParked(parkAwait, 1)
			for seen := ticks; ticks < seen+3; {
				time.Sleep(time.Millisecond)
			}
			w.Close()
			wait.Join()
			tick.Kill()
		})
	})
	t.Run("WaitRead of the same descriptor", func(t *testing.T) {
		patched(t, func() {
			c1, c2 := stdPair(t)
			defer c1.Close()
			defer c2.Close()
			raw, _ := c1.(*net.TCPConn).SyscallConn()
			wait := func() {
				raw.Control(func(fd uintptr) {
					if err := WaitRead(int(fd), time.Time{}); err != nil {
						t.Error(err)
					}
				})
			}
			read := func() { c1.Read(make([]byte, 1)) }
			for _, order := range [][2]func(){{wait, read}, {read, wait}} {
				a := Go(order[0])
				untilParked(parkRead, 1)
				b := Go(order[1])
				untilParked(parkRead, 2)
				io.WriteString(c2, "x")
				JoinAll(a, b)
			}
		})
	})
}

func TestPatched_tls(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	cert := server.TLS.Certificates[0]
	server.Close()
	patched(t, func() {
		l := stdListen(t)
		defer l.Close()
		Go(func() {
			c, err := tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}}).Accept()
			needNil(t, err)
			echo(c)
		})
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		needNil(t, err)
		defer c.Close()
		text := strings.Repeat("hello", 1000)
		Go(func() { io.WriteString(c, text) })
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != text {
			t.Error(err)
		}
	})
}

// A connection that nobody refers to is closed by the garbage collector, as ever:
// what package poller knows of it must not keep it.
func TestPatched_collected(t *testing.T) {
	patched(t, func() {
		before := len(openFiles())
		func() {
			c1, c2 := stdPair(t)
			defer c2.Close()
			for range 2 {
				read := Go(func() { c1.Read(make([]byte, 1)) })
				untilParked(parkRead, 1)
				io.WriteString(c2, "x")
				read.Join()
			}
			if len(openFiles()) == before {
				t.Error("no more files are open")
			}
		}()
		for len(openFiles()) > before {
			runtime.GC()
			YieldIO()
		}
	})
}

// Tasks of several hubs and goroutines do everything at once to a few connections,
// which are closed and made anew all the while. Nothing may hang, and who reads
// gets what was written.
func TestHammerPatched(t *testing.T) {
	if !std.Installed() {
		t.Skip("needs `stackful test`")
	}
	r := rng(t)
	end := time.Now().Add(500 * time.Millisecond)
	type slot struct {
		mu     sync.Mutex
		c1, c2 net.Conn
	}
	slots := make([]slot, 4)
	get := func(s *slot) (c1, c2 net.Conn) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.c1, s.c2
	}
	var calls, closes atomic.Int64
	act := func(seed uint64, replaces bool) {
		x := seed | 1
		b := make([]byte, 64)
		for time.Now().Before(end) {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			s := &slots[x%uint64(len(slots))]
			c, d := get(s)
			calls.Add(1)
			switch x >> 8 % 16 {
			case 0, 1, 2, 3:
				n, _ := c.Read(b)
				if len(bytes.Trim(b[:n], "x")) > 0 {
					t.Errorf("got %q", b[:n])
				}
			case 4, 5, 6, 7, 8:
				io.WriteString(d, "xxxxxxxx")
			case 9:
				c.SetDeadline(time.Now().Add(time.Duration(x>>16%2000) * time.Microsecond))
			case 10:
				d.SetDeadline(time.Now().Add(time.Millisecond))
			case 11:
				c.SetDeadline(time.Now().Add(-1))
			case 12:
				time.Sleep(time.Duration(x >> 16 % 50000))
			case 13:
				if replaces && x>>16%8 == 0 {
					c1, c2, err := makePair("std tcp", "")
					if err != nil {
						continue
					}
					s.mu.Lock() // not across what parks
					old1, old2 := s.c1, s.c2
					s.c1, s.c2 = c1, c2
					s.mu.Unlock()
					old1.Close()
					old2.Close()
					closes.Add(1)
				}
			default:
				c.SetReadDeadline(time.Now().Add(time.Millisecond))
				c.Read(b)
			}
		}
	}
	for i := range slots {
		c1, c2, err := makePair("std tcp", "")
		needNil(t, err)
		slots[i].c1, slots[i].c2 = c1, c2
	}
	// At the end all deadlines pass, so that nobody waits.
	var all sync.WaitGroup
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				for i := range slots {
					c1, c2 := get(&slots[i])
					c1.SetDeadline(time.Unix(1, 0))
					c2.SetDeadline(time.Unix(1, 0))
				}
			}
		}
	}()
	for range 3 {
		seeds := [3]uint64{r.Uint64(), r.Uint64(), r.Uint64()}
		all.Go(func() {
			run(t, func() {
				var tasks []*Task
				for i, s := range seeds {
					tasks = append(tasks, Go(func() { act(s, true) }))
					victim := Go(func() { act(s+uint64(i)+1, false) })
					Go(func() { time.Sleep(time.Duration(s>>20) % (100 * time.Millisecond)); victim.Kill() })
				}
				JoinAll(tasks...)
			})
		})
		seed := r.Uint64()
		all.Go(func() { act(seed, true) })
	}
	all.Wait()
	close(stop)
	<-ended
	for i := range slots {
		slots[i].c1.Close()
		slots[i].c2.Close()
	}
	t.Logf("%d calls, %d connections replaced", calls.Load(), closes.Load())
}
