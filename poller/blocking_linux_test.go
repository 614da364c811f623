//go:build !poller_std

package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// Others put descriptors into blocking mode: by Fd of a copy, or in a child process. A
// call that then has nothing to do parks its task as ever.

// makeBlocking puts what c's descriptor refers to into blocking mode.
func makeBlocking(t testing.TB, fd int) {
	t.Helper()
	needNil(t, unix.SetNonblock(fd, false))
}

// parks checks that call, which would wait, lets other tasks run, and other goroutines
// collect garbage, and returns what it has returned. undo ends the wait.
func parks[T any](t testing.TB, why sched.Reason, call func() T, undo func()) (got T) {
	t.Helper()
	k := Go(func() { got = call() })
	untilParked(why, 1)
	undo()
	needNil(t, k.Join())
	return got
}

func TestBlocking_sockets(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "udp", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			mustEnd(t)
			run(t, func() {
				c1, c2 := anyPair(t, network)
				defer c1.Close()
				defer c2.Close()
				for _, c := range []*Conn{c1, c2} {
					f, err := c.File()
					needNil(t, err)
					makeBlocking(t, int(f.Fd()))
					f.Close()
				}
				b := make([]byte, 5)
				// What fills b may not have been all, so the second Read asks the system.
				for _, text := range []string{"hello", "again"} {
					n := parks(t, sched.ParkRead, func() int { n, _ := c1.Read(b); return n }, func() {
						_, err := c2.Write([]byte(text))
						needNil(t, err)
					})
					if string(b[:n]) != text {
						t.Errorf("read %q", b[:n])
					}
				}
				if network == "udp" {
					return // it never waits to write
				}
				c1.SetWriteBuffer(4096)
				big := make([]byte, 1000)
				err := parks(t, sched.ParkWrite, func() error {
					for {
						if _, err := c1.Write(big); err != nil {
							return err
						}
					}
				}, func() { c1.SetWriteDeadline(time.Now().Add(-1)) })
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error(err)
				}
			})
		})
	}
}

// anyPair returns two connected sockets.
func anyPair(t testing.TB, network string) (c1, c2 *Conn) {
	t.Helper()
	if network == "udp" {
		p, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		q, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		a, b := p.LocalAddr().String(), q.LocalAddr().(*net.UDPAddr)
		p.Close()
		q.Close()
		d := Dialer{LocalAddr: b}
		x, err := d.Dial("udp", a)
		needNil(t, err)
		pa, err := net.ResolveUDPAddr("udp", a)
		needNil(t, err)
		d.LocalAddr = pa
		y, err := d.Dial("udp", b.String())
		needNil(t, err)
		return x.(dgramConn).Conn, y.(dgramConn).Conn
	}
	kind := unix.SOCK_STREAM
	if network == "unixpacket" {
		kind = unix.SOCK_SEQPACKET
	}
	if network == "tcp" {
		x, y := pair(t, "tcp")
		return x.(*Conn), y.(*Conn)
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	needNil(t, err)
	var ends [2]*Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		c, err := FileConn(f)
		f.Close()
		needNil(t, err)
		ends[i] = c.(*Conn)
	}
	return ends[0], ends[1]
}

func TestBlocking_packets(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		c, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		defer c.Close()
		makeBlocking(t, c.(*PacketConn).d.Sysfd)
		b := make([]byte, 10)
		for range 2 { // the second ReadFrom tries first
			n := parks(t, sched.ParkRead, func() int { n, _, _ := c.ReadFrom(b); return n }, func() {
				_, err := c.WriteTo([]byte("hello"), c.LocalAddr())
				needNil(t, err)
			})
			if string(b[:n]) != "hello" {
				t.Errorf("read %q", b[:n])
			}
		}
	})
}

func TestBlocking_listener(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		l := listenTCP(t)
		defer l.Close()
		for range 2 { // the second Accept tries first
			makeBlocking(t, l.(*Listener).d.Sysfd)
			err := parks(t, sched.ParkRead, func() error {
				c, err := l.Accept()
				if err == nil {
					c.Close()
				}
				return err
			}, func() {
				c, err := Dial("tcp", l.Addr().String())
				needNil(t, err)
				c.Close()
			})
			needNil(t, err)
		}
	})
}

// Control may do anything with the socket.
func TestBlocking_control(t *testing.T) {
	mustEnd(t)
	control := func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { makeBlocking(t, int(fd)) })
	}
	run(t, func() {
		lc := ListenConfig{Control: control}
		for _, network := range []string{"tcp", "unix"} {
			address := "127.0.0.1:0"
			if network == "unix" {
				address = filepath.Join(t.TempDir(), "s")
			}
			l, err := lc.Listen(t.Context(), network, address)
			needNil(t, err)
			c, err := (&Dialer{Control: control}).Dial(network, l.Addr().String())
			needNil(t, err)
			for _, fd := range []int{l.(*Listener).d.Sysfd, c.(*Conn).d.Sysfd} {
				if socket.Blocks(fd) {
					t.Error(network, "blocks")
				}
			}
			c.Close()
			l.Close()
		}
	})
}

// The kernel moves data only between sockets that do not block.
func TestBlocking_transfer(t *testing.T) {
	mustEnd(t)
	path := filepath.Join(t.TempDir(), "f")
	needNil(t, os.WriteFile(path, make([]byte, 8<<20), 0o600))
	run(t, func() {
		c1, c2 := anyPair(t, "tcp")
		d1, d2 := anyPair(t, "tcp")
		for _, c := range []*Conn{c1, c2, d1, d2} {
			defer c.Close()
			makeBlocking(t, c.d.Sysfd)
		}
		err := parks(t, sched.ParkRead, func() error { _, err := d1.ReadFrom(c1); return err }, func() { c2.CloseWrite() })
		needNil(t, err)

		makeBlocking(t, d1.d.Sysfd)
		f, err := Open(path)
		needNil(t, err)
		defer f.Close()
		d1.SetWriteBuffer(4096)
		err = parks(t, sched.ParkWrite, func() error { _, err := d1.ReadFrom(f); return err }, func() { d1.SetWriteDeadline(time.Now().Add(-1)) })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

// withoutNowait makes the system one that cannot be told not to wait.
func withoutNowait(t testing.TB) {
	saved := settledSys()
	t.Cleanup(func() { socket.Sys = saved })
	socket.Sys.ReadNowait = func(int, []byte) (int, unix.Errno) { return 0, unix.EOPNOTSUPP }
	socket.Sys.WriteNowait = socket.Sys.ReadNowait
}

func TestBlocking_pipe(t *testing.T) {
	body := func(t *testing.T) {
		mustEnd(t)
		run(t, func() {
			r, w := filePipe(t)
			defer r.Close()
			defer w.Close()
			makeBlocking(t, r.d.Sysfd)
			makeBlocking(t, w.d.Sysfd)
			b := make([]byte, 10)
			for range 2 {
				n := parks(t, sched.ParkRead, func() int { n, _ := r.Read(b); return n }, func() {
					_, err := w.Write([]byte("hello"))
					needNil(t, err)
				})
				if string(b[:n]) != "hello" {
					t.Errorf("read %q", b[:n])
				}
			}
			big := bytes.Repeat([]byte("0123456789abcde\n"), 20_000)
			n := parks(t, sched.ParkWrite, func() int { n, _ := w.Write(big); return n }, func() {
				got := make([]byte, len(big))
				if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, big) {
					t.Error(err)
				}
			})
			if n != len(big) {
				t.Errorf("%d of %d bytes were written", n, len(big))
			}
			w.Close()
			if n, err := r.Read(b); n != 0 || err != io.EOF {
				t.Error(n, err)
			}
		})
	}
	t.Run("nowait", body)
	t.Run("old", func(t *testing.T) {
		withoutNowait(t)
		body(t)
	})
}

func TestBlocking_terminal(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Skip(err)
		}
		master := bare(t, "ptmx", fd, nil)
		defer master.Close()
		needNil(t, unix.IoctlSetPointerInt(master.d.Sysfd, unix.TIOCSPTLCK, 0))
		number, err := unix.IoctlGetInt(master.d.Sysfd, unix.TIOCGPTN)
		needNil(t, err)
		fd, err = unix.Open(filepath.Join("/dev/pts", strconv.Itoa(number)), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Skip(err)
		}
		tty := bare(t, "tty", fd, nil)
		defer tty.Close()
		for _, f := range []*File{master, tty} {
			makeBlocking(t, f.d.Sysfd)
		}
		b := make([]byte, 10)
		n := parks(t, sched.ParkRead, func() int { n, _ := tty.Read(b); return n }, func() {
			_, err := master.Write([]byte("line\n"))
			needNil(t, err)
		})
		if string(b[:n]) != "line\n" {
			t.Errorf("read %q", b[:n])
		}
		tty.d.Rd.Ready = true // as after a read; so this one tries first
		parks(t, sched.ParkRead, func() int { n, _ := tty.Read(b); return n }, func() { master.Write([]byte("line\n")) })
	})
}

// A child process that shares a pipe with a File takes its non-blocking mode away.
func TestBlocking_child(t *testing.T) {
	const variable = "POLLER_TEST_BLOCKING"
	if os.Getenv(variable) != "" {
		makeBlocking(t, 0)
		return
	}
	if err := exec.Command(os.Args[0], "-test.list=^$").Run(); err != nil {
		t.Skip("a program cannot start itself here, as under an emulator: ", err)
	}
	mustEnd(t)
	run(t, func() {
		or, ow, err := os.Pipe()
		needNil(t, err)
		defer or.Close()
		defer ow.Close()
		r := adopted(t, or)
		defer r.Close()
		child := Command(os.Args[0], "-test.run", "^TestBlocking_child$")
		child.Env = append(os.Environ(), variable+"=1")
		child.Stdin = or
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !socket.Blocks(r.d.Sysfd) {
			t.Fatal("the child has not done it")
		}
		r.d.Rd.Ready = true // as after a read; so this one tries first
		b := make([]byte, 10)
		n := parks(t, sched.ParkRead, func() int { n, _ := r.Read(b); return n }, func() { ow.Write([]byte("hello")) })
		if string(b[:n]) != "hello" {
			t.Errorf("read %q", b[:n])
		}
	})
}
