//go:build !poller_std && !race

package poller

import (
	"net"
	"net/netip"
	"testing"

	"github.com/stackful-go/stackful"
)

// Datagrams are sent and received without an allocation, whether or not the reader parks.
// (ReadMsgUDP allocates its result, as package net's does.)
func TestPacketConn_allocatesNothing(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("the portable backend allocates to find a goroutine's hub")
	}
	for _, network := range []string{"udp4", "udp6"} {
		t.Run(network, func(t *testing.T) { run(t, func() { testPacketAllocs(t, network) }) })
	}
}

func testPacketAllocs(t *testing.T, network string) {
	loopback := map[string]string{"udp4": "127.0.0.1:0", "udp6": "[::1]:0"}[network]
	l, err := ListenPacket(network, loopback)
	if err != nil && network == "udp6" {
		t.Skip(err)
	}
	needNil(t, err)
	c := l.(*PacketConn)
	defer c.Close()
	udp := c.LocalAddr().(*net.UDPAddr)
	addr := udp.AddrPort()
	var to net.Addr = udp
	p, hello := make([]byte, 16), []byte("hello")
	read := func() {
		if n, from, err := c.ReadFromUDPAddrPort(p); n != len(hello) || from != addr || err != nil {
			t.Fatal(n, from, err)
		}
	}
	turn, done := NewChan[netip.AddrPort](0), NewChan[bool](0)
	cases := map[string]func(){
		"WriteToUDPAddrPort": func() {
			c.WriteToUDPAddrPort(hello, addr)
			read()
		},
		"WriteTo": func() {
			c.WriteTo(hello, to)
			read()
		},
		"WriteMsgUDP": func() {
			c.WriteMsgUDP(hello, nil, udp)
			read()
		},
		"Read": func() {
			c.WriteToUDPAddrPort(hello, addr)
			c.Read(p)
		},
		"parked": func() {
			turn.Send(addr) // the writer, which is ready then, runs when read parks
			read()
			done.Recv()
		},
	}
	Go(func() {
		for to := range turn.All() {
			c.WriteToUDPAddrPort(hello, to)
			done.Send(true)
		}
	})
	defer turn.Close()
	for name, f := range cases {
		if n := testing.AllocsPerRun(200, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
