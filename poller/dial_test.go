//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// in runs f in a task and outside of any.
func in(t *testing.T, f func(t *testing.T)) {
	t.Run("task", func(t *testing.T) { run(t, func() { f(t) }) })
	t.Run("goroutine", f)
}

func TestDial_errors(t *testing.T) {
	in(t, func(t *testing.T) {
		l := listenTCP(t)
		addr := l.Addr().String()
		l.Close()
		for _, c := range []struct {
			network, address string
			want             error
		}{
			{"tcp", addr, unix.ECONNREFUSED},
			{"unix", filepath.Join(t.TempDir(), "none"), unix.ENOENT},
		} {
			_, err := Dial(c.network, c.address)
			var op *net.OpError
			if !errors.Is(err, c.want) || !errors.As(err, &op) || op.Op != "dial" {
				t.Errorf("%s: %v", c.address, err)
			}
		}
		for _, c := range []struct{ network, address string }{
			{"tcp", "127.0.0.1"}, {"carrier", "pigeon:1"}, {"tcp", "127.0.0.1:nosuchservice"}, {"tcp6", "127.0.0.1:1"},
		} {
			var op *net.OpError
			if _, err := Dial(c.network, c.address); !errors.As(err, &op) {
				t.Errorf("%s %s: %v", c.network, c.address, err)
			}
			if _, err := Listen(c.network, c.address); !errors.As(err, &op) {
				t.Errorf("listen %s %s: %v", c.network, c.address, err)
			}
		}
	})
}

// A full queue of a listener makes connecting wait: for the time limit, a done
// context, or Kill.
func TestDial_timeout(t *testing.T) {
	in(t, func(t *testing.T) {
		lc := ListenConfig{Backlog: 1}
		l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var open []net.Conn
		defer func() {
			for _, c := range open {
				c.Close()
			}
		}()
		for {
			c, err := DialTimeout("tcp", l.Addr().String(), 20*time.Millisecond)
			if err != nil {
				var ne net.Error
				if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
					t.Errorf("timeout: %v", err)
				}
				break
			}
			if open = append(open, c); len(open) > 10 {
				t.Skip("this kernel's queues have no end")
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := new(Dialer).DialContext(ctx, "tcp", l.Addr().String()); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if Current() != nil {
			task := Go(func() { Dial("tcp", l.Addr().String()); t.Error("connected") })
			Sleep(time.Millisecond)
			task.Kill()
		}
	})
}

func TestDial_names(t *testing.T) {
	in(t, func(t *testing.T) {
		l, err := Listen("tcp", "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		local := net.IPv4(127, 0, 0, 1)
		if runtime.GOOS == "linux" {
			local[15] = 2 // all of 127/8 is local there
		}
		d := Dialer{Timeout: time.Minute, LocalAddr: &net.TCPAddr{IP: local}}
		c, err := d.Dial("tcp4", "localhost:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if a := c.LocalAddr().(*net.TCPAddr); !a.IP.Equal(local) || c.RemoteAddr().String() != l.Addr().String() {
			t.Error(c.LocalAddr(), c.RemoteAddr())
		}
		s, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.RemoteAddr().String() != c.LocalAddr().String() || s.LocalAddr().String() != l.Addr().String() {
			t.Error(s.RemoteAddr(), s.LocalAddr())
		}
	})
}

func TestListen_wildcard(t *testing.T) {
	run(t, func() {
		l, err := Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		for _, host := range []string{"127.0.0.1", "::1", ""} {
			if host == "::1" && !socket.HaveIPv6() {
				continue
			}
			c, err := Dial("tcp", net.JoinHostPort(host, port))
			if err != nil {
				t.Error(host, err)
				continue
			}
			s, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if s.LocalAddr().String() != c.RemoteAddr().String() {
				t.Error(s.LocalAddr(), c.RemoteAddr())
			}
			s.Close()
			c.Close()
		}
	})
}

func TestListener_deadlineAndReuse(t *testing.T) {
	in(t, func(t *testing.T) {
		lc := ListenConfig{ReusePort: true}
		l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		l2, err := lc.Listen(context.Background(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		l2.Close()
		l.(*Listener).SetDeadline(time.Now().Add(time.Millisecond))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestUnixListener_unlinks(t *testing.T) {
	run(t, func() {
		path := filepath.Join(t.TempDir(), "s")
		for range 2 {
			l, err := Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			if l.Addr().String() != path {
				t.Error(l.Addr())
			}
			l.Close()
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Error(err)
			}
		}
	})
}

func TestUDP(t *testing.T) {
	in(t, func(t *testing.T) {
		server, err := ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		c, err := Dial("udp", server.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, msg := range []string{"one", "", "three"} {
			if _, err := c.Write([]byte(msg)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 10)
			n, from, err := server.ReadFrom(buf)
			if err != nil || string(buf[:n]) != msg || from.String() != c.LocalAddr().String() {
				t.Error(n, from, err)
			}
			if _, err := server.WriteTo([]byte(strings.ToUpper(msg)), from); err != nil {
				t.Error(err)
			}
			if n, err := c.Read(buf); err != nil || string(buf[:n]) != strings.ToUpper(msg) {
				t.Error(n, err)
			}
		}
		pc := c.(net.PacketConn)
		if _, err := pc.WriteTo([]byte("x"), server.LocalAddr()); !errors.Is(err, net.ErrWriteToConnected) {
			t.Errorf("WriteTo of a connected socket: %v", err)
		}
		if _, err := server.WriteTo([]byte("to the peer"), c.LocalAddr()); err != nil {
			t.Error(err)
		}
		buf := make([]byte, 20)
		if n, from, err := pc.ReadFrom(buf); err != nil || string(buf[:n]) != "to the peer" || from.String() != server.LocalAddr().String() {
			t.Error(n, from, err)
		}
		server.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, _, err := server.ReadFrom(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestUnixgram(t *testing.T) {
	run(t, func() {
		path := filepath.Join(t.TempDir(), "d")
		server, err := ListenPacket("unixgram", path)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		c, err := Dial("unixgram", path)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		Go(func() { c.Write([]byte("hello")) })
		buf := make([]byte, 10)
		if n, _, err := server.ReadFrom(buf); err != nil || string(buf[:n]) != "hello" {
			t.Error(n, err)
		}
	})
}

func TestConn_options(t *testing.T) {
	in(t, func(t *testing.T) {
		c1, c2 := pair(t, "tcp")
		defer c2.Close()
		c := c1.(*Conn)
		get := func(level, name int) (v int) {
			raw, err := c.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			raw.Control(func(fd uintptr) { v, _ = unix.GetsockoptInt(int(fd), level, name) })
			return v
		}
		for _, conn := range []net.Conn{c1, c2} {
			c = conn.(*Conn)
			if get(unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 || get(unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 0 || socket.KeepIdle != 0 && get(unix.IPPROTO_TCP, socket.KeepIdle) != 15 {
				t.Error("defaults")
			}
		}
		for _, err := range []error{c.SetNoDelay(false), c.SetKeepAlive(false),
			c.SetReadBuffer(1 << 16), c.SetWriteBuffer(1 << 16), c.SetLinger(-1)} {
			if err != nil {
				t.Error(err)
			}
		}
		err := c.SetKeepAlivePeriod(1500 * time.Millisecond)
		if socket.KeepIdle == 0 && !errors.Is(err, unix.ENOPROTOOPT) || socket.KeepIdle != 0 && err != nil {
			t.Error(err)
		}
		if get(unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 || get(unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 || socket.KeepIdle != 0 && get(unix.IPPROTO_TCP, socket.KeepIdle) != 2 {
			t.Error("not set")
		}
		f, err := c.File()
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		c.CloseRead()
		c1.Close()
		if _, err := c1.(syscall.Conn).SyscallConn(); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

// Urgent data makes a read stop short of it, with more behind: the rule that a
// short read has emptied a TCP socket must not hold then.
func TestConn_urgentData(t *testing.T) {
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		defer c1.Close()
		defer c2.Close()
		raw, err := c2.(*Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		c2.Write([]byte("before"))
		raw.Control(func(fd uintptr) { unix.SendmsgN(int(fd), []byte("!"), nil, nil, unix.MSG_OOB) })
		c2.Write([]byte("behind"))
		Sleep(time.Millisecond)
		c1.SetReadDeadline(time.Now().Add(10 * time.Second))
		got := ""
		buf := make([]byte, 100)
		for len(got) < 12 {
			n, err := c1.Read(buf)
			if err != nil {
				t.Fatalf("after %q: %v", got, err)
			}
			got += string(buf[:n])
		}
		if got != "beforebehind" {
			t.Errorf("read %q", got)
		}
	})
}

// Urgent data that is not read, with nothing behind, keeps neither a reader nor the hub
// busy.
func TestConn_urgentDataLast(t *testing.T) {
	run(t, func() {
		c1, c2 := pair(t, "tcp")
		defer c1.Close()
		defer c2.Close()
		raw, err := c2.(*Conn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Control(func(fd uintptr) { unix.SendmsgN(int(fd), []byte("!"), nil, nil, unix.MSG_OOB) })
		saved := settledSys()
		defer func() { socket.Sys, selector.Sys.Wait = saved, selector.WaitForEvents }()
		reads, looks := 0, 0
		selector.Sys.Wait = func(p *selector.Backend, n int, timeout int64) (int, unix.Errno) {
			looks++
			return selector.WaitForEvents(p, n, timeout)
		}
		socket.Sys.Read = func(fd int, p []byte) (int, unix.Errno) {
			reads++
			return saved.Read(fd, p)
		}
		c1.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := c1.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(n, err)
		}
		if reads > 5 || looks > 50 {
			t.Errorf("tried %d times, waited %d times", reads, looks)
		}
	})
}
