//go:build linux && !poller_std

package poller

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// What QUIC's packages ask a socket for, to use its control messages.
var _ interface {
	net.PacketConn
	net.Conn
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
	ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error)
	WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error)
} = (*PacketConn)(nil)

func listenUDP(t testing.TB, network, address string) *PacketConn {
	t.Helper()
	c, err := ListenPacket(network, address)
	needNil(t, err)
	return c.(*PacketConn)
}

func TestPacketConn_messages(t *testing.T) {
	in(t, func(t *testing.T) {
		for _, network := range []string{"udp4", "udp"} {
			c, d := listenUDP(t, network, "127.0.0.1:0"), listenUDP(t, network, "127.0.0.1:0")
			defer c.Close()
			defer d.Close()
			needNil(t, c.SetReadBuffer(1<<16))
			needNil(t, c.SetWriteBuffer(1<<16))
			needNil(t, ipv4.NewPacketConn(c).SetControlMessage(ipv4.FlagDst, true))

			to := c.LocalAddr().(*net.UDPAddr)
			tos := (&ipv4.ControlMessage{Src: net.IPv4(127, 0, 0, 1)}).Marshal()
			if n, oobn, err := d.WriteMsgUDP([]byte("hello"), tos, to); n != 5 || oobn != len(tos) || err != nil {
				t.Fatal(n, oobn, err)
			}
			p, oob := make([]byte, 3), make([]byte, 100)
			n, oobn, flags, from, err := c.ReadMsgUDP(p, oob)
			if err != nil || string(p[:n]) != "hel" || flags&unix.MSG_TRUNC == 0 || from.String() != d.LocalAddr().String() {
				t.Errorf("%q, %#x, %v, %v", p[:n], flags, from, err)
			}
			var m ipv4.ControlMessage
			if err := m.Parse(oob[:oobn]); err != nil || !m.Dst.Equal(to.IP) {
				t.Errorf("control message: %v, %v", &m, err)
			}

			if _, err := d.WriteTo([]byte("x"), to); err != nil {
				t.Fatal(err)
			}
			if n, err := c.Read(p); n != 1 || err != nil {
				t.Error(n, err)
			}
			if c.RemoteAddr() != nil {
				t.Error(c.RemoteAddr())
			}
			if _, err := c.Write(p); !errors.Is(err, unix.EDESTADDRREQ) {
				t.Errorf("Write without a peer: %v", err)
			}
			if _, _, err := c.WriteMsgUDP(p, nil, nil); !errors.Is(err, unix.EDESTADDRREQ) {
				t.Errorf("WriteMsgUDP without a peer: %v", err)
			}
			c.Close()
			if _, _, _, _, err := c.ReadMsgUDP(p, oob); !errors.Is(err, net.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		}
	})
}

// A socket with a peer.
func TestPacketConn_peer(t *testing.T) {
	in(t, func(t *testing.T) {
		d := listenUDP(t, "udp", "127.0.0.1:0")
		defer d.Close()
		std, err := net.Dial("udp", d.LocalAddr().String())
		needNil(t, err)
		f, err := std.(*net.UDPConn).File()
		needNil(t, err)
		std.Close()
		x, err := FilePacketConn(f)
		f.Close()
		needNil(t, err)
		c := x.(*PacketConn)
		defer c.Close()
		if c.RemoteAddr().String() != d.LocalAddr().String() {
			t.Error(c.RemoteAddr())
		}
		p := make([]byte, 10)
		for _, write := range []func() (int, error){
			func() (int, error) { return c.Write([]byte("hi")) },
			func() (int, error) { n, _, err := c.WriteMsgUDP([]byte("hi"), nil, nil); return n, err },
		} {
			if n, err := write(); n != 2 || err != nil {
				t.Error(n, err)
			}
			if n, err := d.Read(p); string(p[:n]) != "hi" {
				t.Errorf("%q, %v", p[:n], err)
			}
		}
		if _, _, err := c.WriteMsgUDP(p, nil, d.LocalAddr().(*net.UDPAddr)); !errors.Is(err, net.ErrWriteToConnected) {
			t.Error(err)
		}
		f, err = c.File()
		needNil(t, err)
		needNil(t, f.Close())
	})
	u, err := ListenPacket("unixgram", "@"+t.Name()+strconv.Itoa(os.Getpid()))
	needNil(t, err)
	defer u.Close()
	if _, _, _, _, err := u.(*PacketConn).ReadMsgUDP(nil, nil); !errors.Is(err, unix.EINVAL) {
		t.Error(err)
	}
}

// Batches, as golang.org/x/net has them, park the task.
func TestPacketConn_batches(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		c, d := listenUDP(t, "udp4", "127.0.0.1:0"), listenUDP(t, "udp4", "127.0.0.1:0")
		defer c.Close()
		defer d.Close()
		to, from := ipv4.NewPacketConn(c), ipv4.NewPacketConn(d)
		messages := make([]ipv4.Message, 4)
		for i := range messages {
			messages[i].Buffers = [][]byte{make([]byte, 10)}
		}
		n := parks(t, parkRead, func() int { n, _ := to.ReadBatch(messages, 0); return n }, func() {
			out := []ipv4.Message{{Buffers: [][]byte{[]byte("hello")}, Addr: c.LocalAddr()}}
			_, err := from.WriteBatch(out, 0)
			needNil(t, err)
		})
		if n != 1 || string(messages[0].Buffers[0][:messages[0].N]) != "hello" {
			t.Errorf("%d messages, the first is %q", n, messages[0].Buffers[0])
		}
		six, err := ListenPacket("udp6", "[::1]:0")
		if err != nil {
			return
		}
		defer six.Close()
		needNil(t, ipv6.NewPacketConn(six).SetControlMessage(ipv6.FlagDst, true))
	})
}
