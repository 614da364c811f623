//go:build unix

package poller

import (
	"os"
	"syscall"
	"testing"
)

func TestSignals(t *testing.T) {
	run(t, func() {
		c, stop := Signals(syscall.SIGUSR1)
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		if s, ok := c.Recv(); s != syscall.SIGUSR1 || !ok {
			t.Error(s, ok)
		}
		stop()
		stop()
	})
}
