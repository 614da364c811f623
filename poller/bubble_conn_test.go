//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"testing"
	"testing/synctest"
)

// A connection outside of Run needs the hub in the background, which a bubble must not start.
func TestBubble_connections(t *testing.T) {
	mustEnd(t)
	outside, err := Listen("tcp", "127.0.0.1:0")
	needNil(t, err)
	defer outside.Close()
	synctest.Test(t, func(t *testing.T) {
		_, err := Dial("tcp", outside.Addr().String())
		needBubbleError(t, "Dial", err)
		_, err = Listen("tcp", "127.0.0.1:0")
		needBubbleError(t, "Listen", err)
	})
}
