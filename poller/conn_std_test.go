//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"errors"
	"testing"
	"time"
)

// What the comments say of systems without a readiness backend.
func TestConn_withoutBackend(t *testing.T) {
	run(t, func() {
		l, err := Listen("tcp", "127.0.0.1:0")
		needNil(t, err)
		defer l.Close()
		x, err := Dial("tcp", l.Addr().String())
		needNil(t, err)
		c := x.(*Conn)
		defer c.Close()
		if err := c.WaitReadable(); err != nil { // nothing has come
			t.Error(err)
		}
		needNil(t, c.SetIdleTimeout(0))
		var unsupported *UnsupportedError
		if err := c.SetIdleTimeout(time.Second); !errors.As(err, &unsupported) {
			t.Error("SetIdleTimeout:", err)
		}
		p, err := ListenPacket("udp", "127.0.0.1:0")
		needNil(t, err)
		defer p.Close()
		if _, _, err := p.(*PacketConn).WriteMsgUDP(nil, nil, nil); err == nil {
			t.Error("a message without an address was sent to no peer")
		}
	})
}
