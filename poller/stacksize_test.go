//go:build linux && !poller_std && !race

package poller

import (
	"net"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stackful-go/stackful"
)

// What a hub does while all tasks wait is done on the stack of the last one that
// parked, and each task of a server is that now and then: its frames must not be
// what stacks grow by.
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
			Go(func() { echo(b) })
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
		if each := (stackBytes() - before) / n; each > 5<<10 {
			t.Errorf("%d bytes of stack for each task", each)
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
