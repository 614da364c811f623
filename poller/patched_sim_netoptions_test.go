//go:build linux && !poller_std

package poller

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPatchedSim_netBuffers(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		l, err := net.Listen("tcp", "localhost:0")
		needNil(t, err)
		Go(func() { serveEcho(l) })
		c, err := net.Dial("tcp", l.Addr().String())
		needNil(t, err)
		v := net.Buffers{[]byte("one "), nil, []byte("two "), []byte("three")}
		n, err := v.WriteTo(c)
		if n != 13 || err != nil || len(v) != 0 {
			t.Error(n, err, v)
		}
		b := make([]byte, 13)
		io.ReadFull(c, b)
		if string(b) != "one two three" {
			t.Errorf("%q", b)
		}
		// From a file and from a connection, which elsewhere the system copies.
		name := t.TempDir() + "/file"
		needNil(t, os.WriteFile(name, []byte("of a file"), 0o600))
		f, err := os.Open(name)
		needNil(t, err)
		defer f.Close()
		m, err := c.(io.ReaderFrom).ReadFrom(f)
		if m != 9 || err != nil {
			t.Error(m, err)
		}
		to, err := os.Create(name + "2")
		needNil(t, err)
		defer to.Close()
		m, err = io.Copy(to, io.LimitReader(c, 9))
		if m != 9 || err != nil {
			t.Error(m, err)
		}
		if got, err := os.ReadFile(name + "2"); string(got) != "of a file" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestPatchedSim_netOptions(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		controls := 0
		control := func(network, address string, c syscall.RawConn) error {
			controls++
			if network != "tcp4" || !strings.HasPrefix(address, "127.0.0.1:") {
				t.Error(network, address)
			}
			var failed error
			err := c.Control(func(fd uintptr) {
				failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
			})
			return errors.Join(err, failed)
		}
		lc := net.ListenConfig{Control: control}
		l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
		needNil(t, err)
		Go(func() { serveEcho(l) })
		d := net.Dialer{Control: control}
		c, err := d.Dial("tcp", l.Addr().String())
		needNil(t, err)
		if controls != 2 {
			t.Error(controls)
		}
		failing := errors.New("no")
		d.ControlContext = func(context.Context, string, string, syscall.RawConn) error { return failing }
		_, err = d.Dial("tcp", l.Addr().String())
		needErr(t, "Dial", err, "dial tcp", failing)

		tcp := c.(*net.TCPConn)
		for what, err := range map[string]error{
			"SetNoDelay":         tcp.SetNoDelay(false),
			"SetKeepAlive":       tcp.SetKeepAlive(true),
			"SetKeepAlivePeriod": tcp.SetKeepAlivePeriod(time.Second),
			"SetKeepAliveConfig": tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Second, Interval: time.Second, Count: 3}),
			"SetReadBuffer":      tcp.SetReadBuffer(1),
			"SetWriteBuffer":     tcp.SetWriteBuffer(1),
			"SetLinger":          tcp.SetLinger(3),
		} {
			if err != nil {
				t.Error(what, err)
			}
		}
		if multi, err := tcp.MultipathTCP(); multi || err != nil {
			t.Error(multi, err)
		}
		raw, err := tcp.SyscallConn()
		needNil(t, err)
		needNil(t, raw.Control(func(uintptr) {}))
		rawReadsAndWrites(t, raw, tcp)
		u, err := net.ListenUDP("udp", nil)
		needNil(t, err)
		rawUDP, err := u.SyscallConn()
		needNil(t, err)
		needErr(t, "Read", rawUDP.Read(func(uintptr) bool { t.Error("called"); return true }), "raw-read udp", ErrSimulated)
		needErr(t, "Write", rawUDP.Write(func(uintptr) bool { t.Error("called"); return true }), "raw-write udp", ErrSimulated)
		_, err = tcp.File()
		needErr(t, "File", err, "net: File", ErrSimulated)
		_, err = l.(*net.TCPListener).File()
		needErr(t, "File", err, "net: File", ErrSimulated)
		_, err = net.FileConn(os.Stdin)
		needErr(t, "FileConn", err, "net: connections of files", ErrSimulated)
		_, err = net.ListenPacket("ip4:icmp", "127.0.0.1")
		needErr(t, "ListenPacket", err, "net: raw sockets", ErrSimulated)
		_, err = net.ListenMulticastUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
		needErr(t, "ListenMulticastUDP", err, "net: multicast", ErrSimulated)
		_, err = net.ListenPacket("unixgram", "@x")
		needErr(t, "ListenPacket", err, "net: unixgram", ErrSimulated)
		needNil(t, c.Close())
		if err := raw.Control(func(uintptr) { t.Error("called") }); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

// rawReadsAndWrites tests the functions of a RawConn, with an echo at the other end of c.
func rawReadsAndWrites(t *testing.T, raw syscall.RawConn, c net.Conn) {
	b := make([]byte, 100)
	read := func(size int, wait bool) (n int, err error) {
		failed := raw.Read(func(fd uintptr) bool {
			n, err = syscall.Read(int(fd), b[:size])
			return !wait || err != syscall.EAGAIN
		})
		return n, errors.Join(failed, err)
	}
	if n, err := read(1, false); n > 0 || !errors.Is(err, syscall.EAGAIN) {
		t.Error(n, err)
	}
	needNil(t, raw.Write(func(fd uintptr) bool {
		n, err := syscall.Write(int(fd), []byte("hello"))
		return n == 5 && err == nil
	}))
	for got := ""; got != "hello"; {
		n, err := read(2, true)
		if n < 1 || n > 2 || err != nil {
			t.Fatal(n, err)
		}
		got += string(b[:n])
	}
	needNil(t, raw.Read(func(fd uintptr) bool { return true }))
	c.SetReadDeadline(Now().Add(time.Second))
	if _, err := read(1, true); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	c.SetReadDeadline(time.Time{})
	needErr(t, "Write", raw.Write(func(uintptr) bool { return false }), "raw-write tcp", ErrSimulated)
	needNil(t, c.(*net.TCPConn).CloseWrite())
	if n, err := read(1, true); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestPatchedSim_netUnix(t *testing.T) {
	simulatePatched(t, 1, func(s *Sim) {
		for _, name := range []string{"/run/a socket", "@abstract"} {
			_, err := net.Dial("unix", name)
			if !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
			l, err := net.Listen("unix", name)
			needNil(t, err)
			if l.Addr().String() != name || l.Addr().Network() != "unix" {
				t.Error(l.Addr())
			}
			_, err = net.Listen("unix", name)
			needErr(t, "Listen", err, "bind: address already in use", syscall.EADDRINUSE)
			Go(func() { serveEcho(l) })
			c, err := net.Dial("unix", name)
			needNil(t, err)
			if c.RemoteAddr().String() != name || c.LocalAddr().String() != "@" {
				t.Error(c.LocalAddr(), c.RemoteAddr())
			}
			c.Write([]byte("hello"))
			needNil(t, c.(*net.UnixConn).CloseWrite())
			if got, err := io.ReadAll(c); string(got) != "hello" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
			needNil(t, c.Close())
			needNil(t, l.Close())
			l, err = net.Listen("unix", name) // again
			needNil(t, err)
			s.Go("other", func() { // another host
				_, err := net.Dial("unix", name)
				needErr(t, "Dial", err, "dial unix "+name+": connect")
			}).Join()
			needNil(t, l.Close())
		}
	})
}
