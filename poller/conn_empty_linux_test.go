//go:build linux && !poller_std

package poller

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Read into nothing returns at once, and takes nothing.
func TestConn_readNothing(t *testing.T) {
	for _, network := range []string{"tcp", "unix", "udp", "unixpacket"} {
		t.Run(network, func(t *testing.T) {
			mustEnd(t)
			run(t, func() {
				c1, c2 := anyPair(t, network)
				defer c2.Close()
				nothing := func() {
					t.Helper()
					if n, err := c1.Read(nil); n != 0 || err != nil {
						t.Errorf("%d, %v", n, err)
					}
				}
				nothing()
				_, err := c2.Write([]byte("message"))
				needNil(t, err)
				needNil(t, c1.WaitReadable())
				nothing()
				b := make([]byte, 10)
				if n, err := c1.Read(b); string(b[:n]) != "message" {
					t.Errorf("%q, %v", b[:n], err)
				}
				c1.Close()
				if _, err := c1.Read(nil); !errors.Is(err, net.ErrClosed) {
					t.Errorf("closed: %v", err)
				}
			})
		})
	}
}

// A Write of nothing needs no room, but fails where one of something would for another
// reason.
func TestConn_writeNothing(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			mustEnd(t)
			run(t, func() {
				c1, c2 := anyPair(t, network)
				defer c2.Close()
				_, err := c1.Write(nil)
				needNil(t, err)
				c1.SetWriteBuffer(4096)
				c1.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
				for err == nil {
					_, err = c1.Write(make([]byte, 1000))
				}
				if _, err := c1.Write(nil); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("after the deadline: %v", err)
				}
				c1.SetWriteDeadline(time.Time{})
				_, err = c1.Write(nil) // there is no room
				needNil(t, err)
				k := Go(func() {
					for { // what the peer's system has taken meanwhile has made room
						if _, err := c1.Write(make([]byte, 1000)); err != nil {
							t.Errorf("before it is killed: %v", err)
							return
						}
					}
				})
				untilParked(sched.ParkWrite, 1)
				k.Kill()
				needNil(t, c1.CloseWrite())
				if _, err := c1.Write(nil); !errors.Is(err, unix.EPIPE) {
					t.Errorf("broken: %v", err)
				}
				c1.Close()
				if _, err := c1.Write(nil); !errors.Is(err, net.ErrClosed) {
					t.Errorf("closed: %v", err)
				}
			})
		})
	}
}
