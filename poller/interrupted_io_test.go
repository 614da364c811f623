//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// idleSides is the check of unused directions.
func idleSides(sides ...*fd.Direction) string {
	for _, s := range sides {
		if s.Busy {
			return "a direction is taken"
		}
		if wrong := none(&s.Turn, &s.IO); wrong != "" {
			return wrong
		}
	}
	return ""
}

// look makes ready what the system has to say.
func look() { sched.Here().Poll(0) }

// readScene is a wait for a message of one byte in d, which give sends.
func readScene(d *fd.FD, read func([]byte) error, give func(), end func()) *waitScene {
	give1 := func() { give(); look() }
	return &waitScene{
		wait: func() {
			if err := read(make([]byte, 1)); err != nil {
				panic(err)
			}
		},
		wake: give1, undo: give1, settle: YieldIO, end: end,
		check: func() string {
			left := WithTimeout(time.Second, func() error { return read(make([]byte, 1)) })
			return first(idleSides(&d.Rd, &d.Wr), is(left == nil, fmt.Sprint("nothing is left: ", left)))
		},
	}
}

func init() {
	waitScenes["Conn.Read"] = func(t testing.TB) *waitScene {
		a, b := pair(t, "unix")
		return readScene(&a.(*Conn).d,
			func(p []byte) error { _, err := a.Read(p); return err },
			func() { b.Write([]byte{1}) },
			func() { a.Close(); b.Close() })
	}
	waitScenes["File.Read"] = func(t testing.TB) *waitScene {
		r, w, err := os.Pipe()
		needNil(t, err)
		f, err := NewFile(r)
		needNil(t, err)
		return readScene(&f.d,
			func(p []byte) error { _, err := f.Read(p); return err },
			func() { w.Write([]byte{1}) },
			func() { f.Close(); w.Close() })
	}
	waitScenes["PacketConn.ReadFrom"] = func(t testing.TB) *waitScene {
		a, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		c := a.(*PacketConn)
		return readScene(&c.d,
			func(p []byte) error { _, _, err := c.ReadFrom(p); return err },
			func() { c.WriteTo([]byte{1}, c.LocalAddr()) },
			func() { c.Close() })
	}
	waitScenes["Conn.Write"] = func(t testing.TB) *waitScene {
		a, b := pair(t, "unix")
		filler := Go(func() { a.Write(make([]byte, 64<<20)) })
		for range 50 {
			YieldIO()
		}
		filler.Kill()
		d := &a.(*Conn).d
		var drain *Task
		return &waitScene{
			wait: func() { a.Write([]byte{1}) },
			wake: func() {
				drain = Go(func() {
					if _, err := io.Copy(io.Discard, b); err != nil && !errors.Is(err, net.ErrClosed) {
						t.Error("drain:", err)
					}
				})
				YieldIO()
				look()
			},
			undo: noUndo, settle: YieldIO,
			end:   func() { a.Close(); b.Close(); drain.Join() },
			check: func() string { return idleSides(&d.Rd, &d.Wr) },
		}
	}
	waitScenes["Listener.Accept"] = func(t testing.TB) *waitScene {
		path := filepath.Join(t.TempDir(), "l")
		l, err := Listen("unix", path)
		needNil(t, err)
		d := &l.(*Listener).d
		var made []net.Conn
		dial := func() {
			c, err := net.Dial("unix", path)
			needNil(t, err)
			made = append(made, c)
			look()
		}
		accept := func() error {
			c, err := l.Accept()
			if err == nil {
				c.Close()
			}
			return err
		}
		return &waitScene{
			wait: func() { accept() }, wake: dial, undo: dial, settle: YieldIO,
			end: func() {
				l.Close()
				for _, c := range made {
					c.Close()
				}
			},
			check: func() string {
				left := WithTimeout(time.Second, accept)
				return first(idleSides(&d.Rd, &d.Wr), is(left == nil, fmt.Sprint("no connection is left: ", left)))
			},
		}
	}
	waitScenes["WaitRead"] = func(t testing.TB) *waitScene {
		r, w, err := os.Pipe()
		needNil(t, err)
		number := int(r.Fd())
		unix.SetNonblock(number, true)
		h := sched.Here()
		return &waitScene{
			wait: func() { WaitRead(number, time.Time{}) },
			wake: func() { w.Write([]byte{1}); look() },
			undo: noUndo, settle: YieldIO,
			end:   func() { r.Close(); w.Close() },
			check: func() string { return is(len(*fd.Borrowed.Of(h)) == 0, "still watched") },
		}
	}
	waitScenes["Dial"] = func(t testing.TB) *waitScene {
		saved := settledSys()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		needNil(t, err)
		pending := map[int]*socket.Sockaddr{}
		socket.Sys.Connect = func(fd int, sa *socket.Sockaddr) unix.Errno {
			to := *sa
			pending[fd] = &to
			return unix.EINPROGRESS
		}
		socket.Sys.Close = func(fd int) error {
			delete(pending, fd)
			return saved.Close(fd)
		}
		h := sched.Here()
		before := h.IO.Slots.Used
		return &waitScene{
			wait: func() {
				if c, err := Dial("tcp", l.Addr().String()); err == nil {
					c.Close()
				}
			},
			wake: func() {
				socket.Sys.Connect = saved.Connect
				for fd, sa := range pending {
					saved.Connect(fd, sa)
				}
				look()
			},
			undo: noUndo, settle: YieldIO,
			end:   func() { l.Close(); socket.Sys = saved },
			check: func() string { return is(len(pending) == 0 && h.IO.Slots.Used == before, "a socket is left") },
		}
	}
	waitScenes["Cmd.Wait"] = func(t testing.TB) *waitScene {
		c := Command("sleep", "60")
		needNil(t, c.Start())
		h := sched.Here()
		return &waitScene{
			wait: func() { c.Wait() },
			wake: func() { c.Process.Kill() },
			undo: noUndo, settle: YieldIO, alone: true, after: 10 * time.Second,
			check: func() string { return is(len(*fd.Borrowed.Of(h)) == 0 && children() == 0, "a process is left") },
		}
	}
}
