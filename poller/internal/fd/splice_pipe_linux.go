//go:build linux && !poller_std

package fd

import (
	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/socket"
)

// A splicePipe is a pipe that data passes through in the kernel. It belongs to one call at
// a time, and is empty while it is idle.
type splicePipe struct{ r, w int }

// IdlePipes is the idle pipes, which are kept since making one takes longer than using it.
var IdlePipes struct {
	Mu   runtimepatch.Mutex
	List []splicePipe // the last used at the end
}

// IdlePipesMost is how many pipes are kept: each takes two descriptors.
const IdlePipesMost = 8

// takePipe returns an idle pipe, or a new one.
func takePipe() (splicePipe, error) {
	IdlePipes.Mu.Lock()
	if n := len(IdlePipes.List); n > 0 {
		p := IdlePipes.List[n-1]
		IdlePipes.List = IdlePipes.List[:n-1]
		IdlePipes.Mu.Unlock()
		return p, nil
	}
	IdlePipes.Mu.Unlock()
	// Non-blocking at both ends: the waits of a transfer are for the descriptors alone.
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return splicePipe{}, err
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, moveMost) // may be refused, and then less is moved at a time
	return splicePipe{fds[0], fds[1]}, nil
}

// giveBack makes p, which must be empty, idle, or closes it.
//
// A pipe with data in it must be closed instead: the next transfer would send that data.
func (p splicePipe) giveBack() {
	IdlePipes.Mu.Lock()
	if len(IdlePipes.List) < IdlePipesMost {
		IdlePipes.List = append(IdlePipes.List, p)
		IdlePipes.Mu.Unlock()
		return
	}
	IdlePipes.Mu.Unlock()
	p.Close() // outside of the lock: close(2) may take long
}

// Close closes p, with the data in it.
func (p splicePipe) Close() {
	socket.Close(p.r)
	socket.Close(p.w)
	descriptorFreed()
}
