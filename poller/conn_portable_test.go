package poller

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// Conn, Listener and PacketConn have the same methods on every system, those without a
// readiness backend included.
func TestListener_deadline(t *testing.T) {
	run(t, func() {
		x, err := Listen("tcp", "127.0.0.1:0")
		needNil(t, err)
		l := x.(*Listener)
		defer l.Close()
		l.SetUnlinkOnClose(false) // of a Unix socket only
		needNil(t, l.SetDeadline(time.Now().Add(10*time.Millisecond)))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		var waiting error
		killed := Go(func() { waiting = ErrEnded; _, waiting = l.Accept() })
		needNil(t, l.SetDeadline(time.Now().Add(time.Hour)))
		Yield()
		killed.Kill() // which does not leave a deadline in the past, nor none
		if waiting != ErrEnded {
			t.Error("Accept of a task that was killed has returned", waiting)
		}
		client := Go(func() {
			c, err := Dial("tcp", l.Addr().String())
			needNil(t, err)
			c.Close()
		})
		c, err := l.AcceptConn()
		needNil(t, err)
		c.Close()
		client.Join()
		raw, err := l.SyscallConn()
		needNil(t, err)
		needNil(t, raw.Control(func(uintptr) {}))
	})
}

func TestPacketConn_addrPort(t *testing.T) {
	run(t, func() {
		x, err := ListenPacket("udp4", "127.0.0.1:0")
		needNil(t, err)
		c := x.(*PacketConn)
		defer c.Close()
		to := c.LocalAddr().(*net.UDPAddr).AddrPort()
		_, err = c.WriteToUDPAddrPort([]byte("hello"), to)
		needNil(t, err)
		buf := make([]byte, 10)
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if same := netip.AddrPortFrom(from.Addr().Unmap(), from.Port()); string(buf[:n]) != "hello" || same != to || err != nil {
			t.Errorf("%q from %v, want from %v: %v", buf[:n], from, to, err)
		}
		needNil(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
		if _, _, err := c.ReadFromUDPAddrPort(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if a := c.RemoteAddr(); a != nil {
			t.Errorf("a socket without a peer has one at %v", a)
		}
	})
}

func TestConn_copies(t *testing.T) {
	run(t, func() {
		l, err := Listen("tcp", "127.0.0.1:0")
		needNil(t, err)
		defer l.Close()
		text := strings.Repeat("all of it ", 1000)
		server := Go(func() {
			c, err := l.Accept()
			needNil(t, err)
			defer c.Close()
			n, err := c.(io.ReaderFrom).ReadFrom(strings.NewReader(text))
			if n != int64(len(text)) || err != nil {
				t.Error(n, err)
			}
		})
		c, err := Dial("tcp", l.Addr().String())
		needNil(t, err)
		defer c.Close()
		var got bytes.Buffer
		n, err := c.(io.WriterTo).WriteTo(&got)
		if n != int64(len(text)) || err != nil || got.String() != text {
			t.Error(n, err)
		}
		server.Join()
	})
}
