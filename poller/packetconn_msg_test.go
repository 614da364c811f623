//go:build linux && !poller_std

package poller

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"

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

// setOption switches an option of the socket on.
func setOption(c *PacketConn, level, name int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var errSet error
	err = raw.Control(func(fd uintptr) { errSet = unix.SetsockoptInt(int(fd), level, name, 1) })
	return errors.Join(err, errSet)
}

// x/net/ipv4 does the same on them: see tests/integration.
func TestPacketConn_messages(t *testing.T) {
	in(t, func(t *testing.T) {
		for _, network := range []string{"udp4", "udp"} {
			c, d := listenUDP(t, network, "127.0.0.1:0"), listenUDP(t, network, "127.0.0.1:0")
			defer c.Close()
			defer d.Close()
			needNil(t, c.SetReadBuffer(1<<16))
			needNil(t, c.SetWriteBuffer(1<<16))
			needNil(t, setOption(c, unix.IPPROTO_IP, unix.IP_PKTINFO))

			to := c.LocalAddr().(*net.UDPAddr)
			src := unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: [4]byte{127, 0, 0, 1}})
			if n, oobn, err := d.WriteMsgUDP([]byte("hello"), src, to); n != 5 || oobn != len(src) || err != nil {
				t.Fatal(n, oobn, err)
			}
			p, oob := make([]byte, 3), make([]byte, 100)
			n, oobn, flags, from, err := c.ReadMsgUDP(p, oob)
			if err != nil || string(p[:n]) != "hel" || flags&unix.MSG_TRUNC == 0 || from.String() != d.LocalAddr().String() {
				t.Errorf("%q, %#x, %v, %v", p[:n], flags, from, err)
			}
			m, err := unix.ParseSocketControlMessage(oob[:oobn])
			if err != nil || len(m) != 1 || m[0].Header.Level != unix.IPPROTO_IP || m[0].Header.Type != unix.IP_PKTINFO ||
				len(m[0].Data) != unix.SizeofInet4Pktinfo || !net.IP(m[0].Data[8:]).Equal(to.IP) { // ipi_addr
				t.Errorf("control messages: %v, %v", m, err)
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
