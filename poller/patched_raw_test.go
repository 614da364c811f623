//go:build linux && !poller_std && !race

package poller

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// A connection whose socket is put into blocking mode, as another process may do to a copy, stops no other task. (Under the
// race detector it does: package syscall makes the calls.)
func TestPatched_blockingMode(t *testing.T) {
	for _, network := range []string{"std tcp", "std unix"} {
		inPatched(t, func() {
			c1, c2, err := makePair(network, t.TempDir())
			needNil(t, err)
			defer c1.Close()
			f, err := c1.(interface{ File() (*os.File, error) }).File()
			needNil(t, err)
			defer f.Close()
			needNil(t, syscall.SetNonblock(int(f.Fd()), false)) // which is the mode of c1, too
			late := time.AfterFunc(20*time.Second, func() { c2.Close() })
			defer late.Stop()
			b := make([]byte, 8)
			read := Go(func() {
				if n, err := c1.Read(b); string(b[:n]) != "hello" {
					t.Errorf("%s: read %q, %v", network, b[:n], err)
				}
			})
			YieldIO() // it waits
			io.WriteString(c2, "hello")
			if read.Join(); t.Failed() {
				return
			}
			const pieces = 256 // much more than the system buffers
			write := Go(func() {
				piece := make([]byte, 64<<10)
				for range pieces {
					if _, err := c1.Write(piece); err != nil {
						t.Errorf("%s: %v", network, err)
						break
					}
				}
				c1.(interface{ CloseWrite() error }).CloseWrite() // the copy keeps it open
			})
			YieldIO() // it waits
			if n, err := io.Copy(io.Discard, c2); n != pieces*64<<10 || err != nil {
				t.Errorf("%s: %d bytes, %v", network, n, err)
			}
			write.Join()
			c2.Close()
		})
	}
}
