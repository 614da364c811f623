//go:build linux && (amd64 || arm64) && !race

package poller

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// Commands of membarrier(2), which package unix does not have.
const (
	membarrierExpedited = 1 << 3
	membarrierRegister  = 1 << 4
)

// enter makes *p 1, by an ordinary store on amd64: barrierEverywhere is the other
// half. On arm64 publish alone would do (see announce), but not in qemu-user.
func enter(p *atomic.Uint32) { publish(p, 1) }

// prepareLocks finds out, once, whether the kernel has the barrier (Linux 4.14,
// and no filter that forbids it). Registering for it can take the kernel a tenth
// of a second, so nobody waits for it.
var prepareLocks = sync.OnceFunc(func() {
	go func() {
		_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegister, 0, 0)
		if errno != 0 {
			ownLocks.Store(ownLocksNever)
		} else {
			ownLocks.Store(ownLocksNow)
		}
	}()
})

// barrierEverywhere returns when each thread of the process has gone through a
// full memory barrier since the call.
func barrierEverywhere() {
	_, _, errno := unix.RawSyscall(unix.SYS_MEMBARRIER, membarrierExpedited, 0, 0)
	if errno != 0 {
		fault.Bug("membarrier: " + errno.Error()) // it was registered, and needs nothing else
	}
}

// storeBeforeLook makes *p true, before any later load of this goroutine; by an
// ordinary store if lookAfterStore is the other half.
func storeBeforeLook(p *atomic.Bool) {
	if ownLocks.Load() == ownLocksNow {
		publishTrue(p)
	} else {
		announce(p, true)
	}
}

// lookAfterStore is for the other side of storeBeforeLook, between an atomic store
// and the load of *p: one of the two sides sees what the other has stored. If it
// finds that there are no ordinary stores yet, those that come later are made by a
// processor that has seen what this one stored before it looked here.
func lookAfterStore() {
	if ownLocks.Load() == ownLocksNow {
		barrierEverywhere()
	}
}
