//go:build linux && (amd64 || arm64) && !poller_std && !race

package poller

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A connection that was put into blocking mode, by Fd of a copy, parks its task as ever.
func TestPatched_blockingMode(t *testing.T) {
	mustEnd(t)
	inPatched(t, func() {
		for _, size := range []int{100, 100_000} {
			c1, c2 := stdPair(t)
			for _, c := range []net.Conn{c1, c2} {
				f, err := c.(*net.TCPConn).File()
				needNil(t, err)
				f.Fd()
				f.Close()
			}
			b := make([]byte, size)
			n := parks(t, sched.ParkRead, func() int { n, _ := c1.Read(b); return n }, func() { io.WriteString(c2, "hello") })
			if string(b[:n]) != "hello" {
				t.Errorf("read %q", b[:n])
			}
			err := parks(t, sched.ParkWrite, func() error {
				for {
					if _, err := c1.Write(b); err != nil {
						return err
					}
				}
			}, func() { c1.SetWriteDeadline(time.Now().Add(-1)) })
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
			c1.Close()
			c2.Close()
		}
	})
}
