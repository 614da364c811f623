//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || poller_std

package poller

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The rules that the comments state for systems without a readiness backend.
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

// Connections are package net's, and need no hub outside of Run: they work in bubbles as
// package net's do, which there wait without moving the clock.
func TestBubble_withoutBackend(t *testing.T) {
	mustEnd(t)
	synctest.Test(t, func(t *testing.T) {
		l, err := Listen("tcp", "127.0.0.1:0")
		needNil(t, err)
		defer l.Close()
		c, err := Dial("tcp", l.Addr().String())
		needNil(t, err)
		defer c.Close()
		peer, err := l.Accept()
		needNil(t, err)
		defer peer.Close()
		_, err = c.Write([]byte("x"))
		needNil(t, err)
		if n, err := peer.Read(make([]byte, 2)); n != 1 || err != nil {
			t.Error(n, err)
		}
	})
}
