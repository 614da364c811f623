//go:build linux && !poller_std

package poller

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// What a task waits for in other kinds of descriptors and calls.
func TestPatched_kinds(t *testing.T) {
	t.Run("udp", func(t *testing.T) {
		inPatched(t, func() {
			u, err := net.ListenPacket("udp", "127.0.0.1:0")
			needNil(t, err)
			defer u.Close()
			var from net.Addr
			b := make([]byte, 8)
			n := 0
			read := Go(func() { n, from, err = u.ReadFrom(b) })
			untilInRuntime(1)
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
		inPatched(t, func() {
			name := filepath.Join(t.TempDir(), "s")
			u, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
			needNil(t, err)
			defer u.Close()
			b := make([]byte, 8)
			n := 0
			read := Go(func() { n, _, _, _, err = u.ReadMsgUnix(b, nil) })
			untilInRuntime(1)
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
		inPatched(t, func() {
			r, w, err := os.Pipe()
			needNil(t, err)
			const size = 1 << 20 // more than it holds
			write := Go(func() { w.Write(make([]byte, size)); w.Close() })
			untilInRuntime(1)
			all, err := io.ReadAll(r)
			if len(all) != size || err != nil {
				t.Error(len(all), err)
			}
			write.Join()
			r.Close()
		})
	})
	t.Run("writev, sendfile, splice", func(t *testing.T) {
		inPatched(t, func() {
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
		inPatched(t, func() {
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
			untilInRuntime(1)
			io.WriteString(c2, "raw")
			read.Join()
			if string(b[:max(n, 0)]) != "raw" || err != nil {
				t.Error(n, err)
			}
		})
	})
	t.Run("exec", func(t *testing.T) {
		inPatched(t, func() {
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
			untilParked(sched.ParkAwait, 1)
			for seen := ticks; ticks < seen+3; {
				time.Sleep(time.Millisecond)
			}
			w.Close()
			wait.Join()
			tick.Kill()
		})
	})
	t.Run("WaitRead of the same descriptor", func(t *testing.T) {
		inPatched(t, func() {
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
				untilReading(a)
				b := Go(order[1])
				untilReading(b)
				io.WriteString(c2, "x")
				JoinAll(a, b)
			}
		})
	})
}

// untilReading lets others run until t waits in WaitRead, or in package runtime.
func untilReading(t *Task) {
	for {
		why, parked := waitsFor(t.sched())
		if parked && why == sched.ParkRead || t.sched().Fiber != nil && t.sched().Fiber.IsWaitingInRuntime() {
			return
		}
		YieldIO()
	}
}

func TestPatched_tls(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	cert := server.TLS.Certificates[0]
	server.Close()
	inPatched(t, func() {
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

// After a short read a task waits without trying; but not for what no event will
// tell of again: the end, or what is behind an urgent byte.
func TestPatched_shortRead(t *testing.T) {
	inPatched(t, func() {
		for what, send := range map[string]func(c *net.TCPConn){
			"a then the end": func(c *net.TCPConn) { io.WriteString(c, "a"); c.Close() },
			"a then c": func(c *net.TCPConn) {
				io.WriteString(c, "a")
				raw, _ := c.SyscallConn()
				raw.Control(func(fd uintptr) { syscall.Sendto(int(fd), []byte("b"), syscall.MSG_OOB, nil) })
				io.WriteString(c, "c")
			},
		} {
			c1, c2 := stdPair(t)
			defer c1.Close()
			c1.SetReadDeadline(time.Now().Add(20 * time.Second))
			var got []string
			read := Go(func() {
				b := make([]byte, 16)
				for range 2 {
					n, err := c1.Read(b)
					got = append(got, string(b[:n]))
					if err == io.EOF {
						got[len(got)-1] = "the end"
					} else if err != nil {
						t.Errorf("%s: %v", what, err)
					}
				}
			})
			untilInRuntime(1)
			send(c2.(*net.TCPConn)) // all of it before the task runs again
			read.Join()
			if strings.Join(got, " then ") != what {
				t.Errorf("got %q, want %s", got, what)
			}
			c2.Close()
		}
	})
}

// A connection that nobody refers to is closed by the garbage collector, as ever:
// what package poller knows of it must not keep it.
func TestPatched_collected(t *testing.T) {
	inPatched(t, func() {
		before := len(openFiles())
		func() {
			c1, c2 := stdPair(t)
			defer c2.Close()
			needNil(t, c1.SetDeadline(time.Now().Add(time.Hour)))
			for range 2 {
				read := Go(func() { c1.Read(make([]byte, 1)) })
				untilInRuntime(1)
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
