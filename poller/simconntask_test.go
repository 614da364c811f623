//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package poller

import (
	"net"
	"testing"
)

func TestConnInSimulation(t *testing.T) {
	for name, test := range connTests {
		t.Run(name, func(t *testing.T) {
			forPairs(t, 3, func(t *testing.T, s *Sim, a, b net.Conn) { test(t, a, b) })
		})
	}
}
