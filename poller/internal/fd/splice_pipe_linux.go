//go:build linux && !poller_std

package fd

import (
	"sync"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A splicePipe is a pipe that data passes through in the kernel. It is empty when
// nobody has it.
type splicePipe struct{ r, w int }

// IdlePipes is some pipes that nobody has: making one takes longer than using it.
var IdlePipes struct {
	Mu   sync.Mutex
	List []splicePipe
}

const IdlePipesMost = 8

func takePipe() (splicePipe, error) {
	IdlePipes.Mu.Lock()
	if n := len(IdlePipes.List); n > 0 {
		p := IdlePipes.List[n-1]
		IdlePipes.List = IdlePipes.List[:n-1]
		IdlePipes.Mu.Unlock()
		return p, nil
	}
	IdlePipes.Mu.Unlock()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return splicePipe{}, err
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, moveMost) // if we may
	return splicePipe{fds[0], fds[1]}, nil
}

// giveBack is called when p is empty.
func (p splicePipe) giveBack() {
	IdlePipes.Mu.Lock()
	if len(IdlePipes.List) < IdlePipesMost {
		IdlePipes.List = append(IdlePipes.List, p)
		IdlePipes.Mu.Unlock()
		return
	}
	IdlePipes.Mu.Unlock()
	p.Close()
}

func (p splicePipe) Close() {
	socket.Close(p.r)
	socket.Close(p.w)
	descriptorFreed()
}
