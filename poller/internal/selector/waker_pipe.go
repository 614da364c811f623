//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A wakePipe wakes a selector that watches its read end.
type wakePipe struct {
	r, w   int
	mu     runtimepatch.Mutex // excludes a write to w after its number is in use again
	closed bool
}

func (p *wakePipe) open() (err error) {
	p.r, p.w, err = socket.OpenPipe()
	return os.NewSyscallError("pipe", err)
}

func (p *wakePipe) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		// A full pipe wakes without this byte. The write does not block, so no signal
		// interrupts it.
		unix.Write(p.w, []byte{0})
	}
}

// drain empties the pipe after a wake-up: a byte that comes from now on is another wake.
func (p *wakePipe) drain() {
	var buf [64]byte
	for {
		if n, err := unix.Read(p.r, buf[:]); err != nil || n < len(buf) {
			return
		}
	}
}

func (p *wakePipe) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return os.NewSyscallError("close", errors.Join(socket.Close(p.r), socket.Close(p.w)))
}
