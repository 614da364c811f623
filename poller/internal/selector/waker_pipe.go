//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !poller_std

package selector

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A wakePipe wakes a selector that watches its read end.
type wakePipe struct {
	r, w   int
	mu     sync.Mutex // so that no write goes to a number that is in use again
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
		unix.Write(p.w, []byte{0}) // if the pipe is full, it wakes without this byte; it does not block, so no signal interrupts it
	}
}

// drain is called by whoever has been woken: a wake from now on is another.
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
