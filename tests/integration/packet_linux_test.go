//go:build !poller_std

package integration

import (
	"net"
	"testing"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/stackful-go/stackful/poller"
)

func listenUDP(network, address string) *poller.PacketConn {
	return must(poller.ListenPacket(network, address)).(*poller.PacketConn)
}

// golang.org/x/net/ipv4 has the socket of a PacketConn deliver control messages, and makes and
// reads those that pass through it.
func TestPacketConn_controlMessages(t *testing.T) {
	messages := func(t *testing.T) {
		for _, network := range []string{"udp4", "udp"} {
			c, d := listenUDP(network, "127.0.0.1:0"), listenUDP(network, "127.0.0.1:0")
			defer c.Close()
			defer d.Close()
			check(ipv4.NewPacketConn(c).SetControlMessage(ipv4.FlagDst, true))
			to := c.LocalAddr().(*net.UDPAddr)
			src := (&ipv4.ControlMessage{Src: net.IPv4(127, 0, 0, 1)}).Marshal()
			if n, oobn, err := d.WriteMsgUDP([]byte("hello"), src, to); n != 5 || oobn != len(src) || err != nil {
				t.Fatal(n, oobn, err)
			}
			p, oob := make([]byte, 10), make([]byte, 100)
			n, oobn, _, from, err := c.ReadMsgUDP(p, oob)
			if err != nil || string(p[:n]) != "hello" || from.String() != d.LocalAddr().String() {
				t.Errorf("%q from %v, %v", p[:n], from, err)
			}
			var m ipv4.ControlMessage
			if err := m.Parse(oob[:oobn]); err != nil || !m.Dst.Equal(to.IP) {
				t.Errorf("control message: %v, %v", &m, err)
			}
		}
	}
	t.Run("task", func(t *testing.T) { run(t, func() { messages(t) }) })
	t.Run("goroutine", messages)
}

// Batches, as golang.org/x/net has them, park the task.
func TestPacketConn_batches(t *testing.T) {
	run(t, func() {
		c, d := listenUDP("udp4", "127.0.0.1:0"), listenUDP("udp4", "127.0.0.1:0")
		defer c.Close()
		defer d.Close()
		to, from := ipv4.NewPacketConn(c), ipv4.NewPacketConn(d)
		messages := make([]ipv4.Message, 4)
		for i := range messages {
			messages[i].Buffers = [][]byte{make([]byte, 10)}
		}
		n := 0
		before := poller.ReadStats().Parks["read"]
		reading := poller.Go(func() { n = must(to.ReadBatch(messages, 0)) })
		for poller.ReadStats().Parks["read"] == before {
			poller.YieldIO()
		}
		out := []ipv4.Message{{Buffers: [][]byte{[]byte("hello")}, Addr: c.LocalAddr()}}
		must(from.WriteBatch(out, 0))
		join(reading)
		if n != 1 || string(messages[0].Buffers[0][:messages[0].N]) != "hello" {
			t.Errorf("%d messages, the first is %q", n, messages[0].Buffers[0])
		}
		six, err := poller.ListenPacket("udp6", "[::1]:0")
		if err != nil {
			return // no IPv6
		}
		defer six.Close()
		check(ipv6.NewPacketConn(six).SetControlMessage(ipv6.FlagDst, true))
	})
}
