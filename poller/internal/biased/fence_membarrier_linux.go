//go:build linux && (amd64 || arm64) && !race

package biased

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Commands of membarrier(2), which package unix does not have.
const (
	membarrierExpedited = 1 << 3
	membarrierRegister  = 1 << 4
)

// enter makes *p 1, by an ordinary store on amd64, which the processor may delay behind later
// loads: membarrier is the other half of the fence. (On arm64 it is a store that is ordered by
// itself, see StoreSeqCst, but not in qemu-user.)
func enter(p *atomic.Uint32) { StoreRelease(p, 1) }

// Prepare finds out, once, whether the kernel has the barrier (Linux 4.14,
// and no filter that forbids it), and sets Mode. Registering for it can take the kernel a tenth
// of a second, so that is done on another goroutine; until then locks are reserved, not biased.
var Prepare = sync.OnceFunc(func() {
	runtimepatch.Go(func() {
		_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegister, 0, 0)
		if errno != 0 {
			Mode.Store(ModeOff)
		} else {
			Mode.Store(ModeOn)
		}
	})
})

// membarrier returns when each thread of the process has gone through a
// full memory barrier since the call.
func membarrier() {
	_, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, membarrierExpedited, 0, 0)
	if errno != 0 {
		fault.Bug("membarrier: " + errno.Error()) // cannot fail in a process that has registered
	}
}

// StoreLight is the cheap side of an asymmetric fence: it makes *p true, before any later load
// of this goroutine; by an ordinary store while FenceHeavy issues a barrier.
func StoreLight(p *atomic.Bool) {
	if Mode.Load() == ModeOn {
		storeReleaseTrue(p)
	} else {
		StoreSeqCst(p, true)
	}
}

// FenceHeavy is the expensive side of StoreLight, between an atomic store and the load of *p:
// one of the two sides sees the other's store. If Mode is not ModeOn when it is loaded here, no
// ordinary store has been made so far, and a goroutine that makes one later has seen Mode
// change, and with it this goroutine's store, which came before the load of Mode.
func FenceHeavy() {
	if Mode.Load() == ModeOn {
		membarrier()
	}
}
