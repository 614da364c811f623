//go:build linux && !poller_std && !race

package poller

import (
	"net"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stackful-go/stackful"
)

// A task that waits on a connection fits into the least stack there is, 2 KiB, in each
// of the sizes that trampolines have.
func TestParkedStacks(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("the stacks of the portable backend are goroutines' own")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would shrink them
	run(t, func() {
		const n = 300
		var conns [n]net.Conn
		before := stackBytes()
		for i := range conns {
			a, b := pair(t, "tcp")
			conns[i] = a
			buf := make([]byte, 64) // here, since a stack of 2 KiB is a tight fit for the allocator
			Go(func() {
				defer b.Close()
				for {
					n, err := b.Read(buf)
					if err != nil {
						return
					}
					if _, err := b.Write(buf[:n]); err != nil {
						return
					}
				}
			})
		}
		buf := make([]byte, 1)
		for range 2 {
			for _, c := range conns { // one at a time, so that each task finds none ready when it parks
				c.Write(buf)
				if _, err := c.Read(buf); err != nil {
					t.Fatal(err)
				}
			}
		}
		if each := (stackBytes() - before) / n; each > 2<<10+512 {
			t.Errorf("%d bytes of stack for each task, want 2,048 and some of the heap's rounding", each)
		}
		for _, c := range conns {
			c.Close()
		}
	})
}

// So does a task that waits for a datagram, and answers it.
func TestParkedStacks_datagrams(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("the stacks of the portable backend are goroutines' own")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	run(t, func() {
		const n = 300
		var conns [n]*PacketConn
		listen := func() *PacketConn {
			l, err := ListenPacket("udp4", "127.0.0.1:0")
			needNil(t, err)
			return l.(*PacketConn)
		}
		peer := listen()
		defer peer.Close()
		before := stackBytes()
		for i := range conns {
			c := listen()
			conns[i] = c
			buf := make([]byte, 64)
			Go(func() {
				for {
					n, from, err := c.ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					c.WriteToUDPAddrPort(buf[:n], from)
				}
			})
		}
		buf := make([]byte, 1)
		for range 2 {
			for _, c := range conns {
				peer.WriteTo(buf, c.LocalAddr())
				if _, _, err := peer.ReadFrom(buf); err != nil {
					t.Fatal(err)
				}
			}
		}
		if each := (stackBytes() - before) / n; each > 2<<10+512 {
			t.Errorf("%d bytes of stack for each task, want 2,048 and some of the heap's rounding", each)
		}
		for _, c := range conns {
			c.Close()
		}
	})
}

func stackBytes() int {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.StackInuse)
}
