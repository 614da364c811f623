//go:build linux && !poller_std

package poller

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A splicePipe is a pipe that data passes through in the kernel. It is empty when
// nobody has it.
type splicePipe struct{ r, w int }

// idlePipes is some pipes that nobody has: making one takes longer than using it.
var idlePipes struct {
	mu   sync.Mutex
	list []splicePipe
}

const idlePipesMost = 8

func takePipe() (splicePipe, error) {
	idlePipes.mu.Lock()
	if n := len(idlePipes.list); n > 0 {
		p := idlePipes.list[n-1]
		idlePipes.list = idlePipes.list[:n-1]
		idlePipes.mu.Unlock()
		return p, nil
	}
	idlePipes.mu.Unlock()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return splicePipe{}, err
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, moveMost) // if we may
	return splicePipe{fds[0], fds[1]}, nil
}

// giveBack is called when p is empty.
func (p splicePipe) giveBack() {
	idlePipes.mu.Lock()
	if len(idlePipes.list) < idlePipesMost {
		idlePipes.list = append(idlePipes.list, p)
		idlePipes.mu.Unlock()
		return
	}
	idlePipes.mu.Unlock()
	p.close()
}

func (p splicePipe) close() {
	socket.Close(p.r)
	socket.Close(p.w)
	descriptorFreed()
}
