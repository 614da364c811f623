//go:build linux && !poller_std

package poller

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// A program that waits for signals can be simulated; none comes.
func TestPatchedSim_signals(t *testing.T) {
	needPatched(t)
	needNil(t, Simulate(1, func(*Sim) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR2)
		select {
		case s := <-c:
			t.Error(s)
		case <-time.After(time.Minute):
		}
		signal.Stop(c)
	}))
}
