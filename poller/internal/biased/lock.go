// Package biased is a lock that costs its first owner next to nothing (a biased lock, as some
// Java virtual machines had), and the memory orders that it and the hub's mailbox need besides
// those of sync/atomic. It knows an owner, a hub, by a number alone. It imports none of poller's
// packages but fault.
//
// Read on in this file; store*.go are stores with less than sequential consistency, fence_*.go the
// asymmetric fence.
package biased

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Lock guards a type for synchronization. Most of these are used by the tasks of one hub
// only, which need no lock against each other, since no task switches while it holds one. So a
// Lock is biased to the hub that uses it first, and costs that hub two ordinary stores. When
// another goroutine contends for it, the bias is revoked, and the lock is a sync.Mutex from then on.
//
// The owner sets held, then loads shared; the revoker sets shared, then loads held. One of them
// sees the other's store, provided that neither store is delayed behind the load that follows it.
// (This is Dekker's algorithm.) The revoker pays for both sides: where the owner uses an ordinary
// store, which the processor may delay, the revoker has the kernel pass all processors that run
// threads of this process through a memory barrier. A critical section never parks and never
// waits, so the owner leaves it as soon as its goroutine has run.
//
// The states of a Lock, where h is the hub that used it first:
//
//	state      bias         shared  locked by
//	unused     0            0
//	reserved   h|reserving  0       mu: h alone has used it, while locks could not be biased yet
//	biased     h            0       held; the lock by which it became biased, by mu
//	revoked    h            1       mu
//	unbiased   noBias       1       mu
//
// All changes of bias and shared are made in LockSlow by a goroutine that holds mu:
//
//	unused    by a hub: reserved while Mode is ModeUnknown, biased once it is ModeOn
//	          by another goroutine, or if Mode is ModeOff: unbiased
//	reserved  by h: stays, or biased, or unbiased, as Mode says
//	          by another goroutine: unbiased
//	biased    by another goroutine: revoked; it has the lock when h has left its critical section
//
// Consequences, on which the users of a Lock rely:
//
//   - As long as the lock is reserved or biased, no other goroutine than h's has held
//     it. So all waiters that the lock guards are tasks of h (sched.Node.ClaimLocal).
//   - It becomes biased while no other goroutine holds it or has held it. A contender that waits
//     for mu at that moment revokes the bias before it goes on.
//   - A lock that is revoked or unbiased stays so.
//   - held is written by h's goroutine only. It is 1 while h holds the biased lock, or
//     has begun to take it and not yet loaded shared, which may say that the bias is revoked.
//
// TestBiasedLockModel goes through all orders of these steps.
//
// The zero Lock is unlocked. It must be unlocked on the goroutine that locked it.
type Lock struct {
	mu     runtimepatch.Mutex
	bias   atomic.Uint64 // the owner, see above; written with mu locked
	held   atomic.Uint32 // 1 while the owner holds the lock without mu; written by the owner only
	shared atomic.Uint32 // 1: mu must be locked. Set once, with mu locked
}

const (
	// noBias is the bias of a lock that can have no owner any more, or never could. Owners'
	// ids start above it.
	noBias = 1

	// NoOwner is the id of a goroutine that no lock can be biased to, as it has no hub.
	NoOwner = 2

	// reserving is set in the bias of a lock that is to become biased to that hub.
	reserving = 1 << 63
)

var lastID atomic.Uint64

// NewID returns an id that no other owner has.
func NewID() uint64 { return NoOwner + lastID.Add(1) }

// Lock locks l. id is that of the calling goroutine's hub, or NoOwner.
func (l *Lock) Lock(id uint64) {
	if !l.TryOwn(id) {
		l.LockSlow(id)
	}
}

// TryOwn locks l if it is biased to the calling goroutine's hub: then no
// other goroutine has ever held l, and UnlockOwned or Unlock unlocks it. It is Lock's fast half,
// for callers that cannot spare a call; if it reports false, LockSlow must be called.
func (l *Lock) TryOwn(id uint64) bool {
	if l.bias.Load() != id || l.held.Load() == 1 {
		return false
	}
	enter(&l.held)
	return l.shared.Load() == 0
}

// Unlock unlocks l, for the goroutine that has locked it: id is that of its hub, or NoOwner.
func (l *Lock) Unlock(id uint64) {
	if !l.unlockFast(id) {
		l.mu.Unlock()
	}
}

// UnlockOwned is Unlock after TryOwn has reported true.
func (l *Lock) UnlockOwned() { StoreRelease(&l.held, 0) }

// unlockFast unlocks l if its owner holds it without mu, and reports whether that is so.
func (l *Lock) unlockFast(id uint64) bool {
	if l.bias.Load() != id || l.held.Load() == 0 {
		return false
	}
	StoreRelease(&l.held, 0)
	return true
}

// IsOwnedBy reports whether l belongs to the hub with the id.
func (l *Lock) IsOwnedBy(id uint64) bool { return l.bias.Load() == id && l.shared.Load() == 0 }

// LockSlow is Lock after TryOwn has reported false: it locks mu, and makes the changes of bias
// and shared that the table above has. It blocks the goroutine while another one holds l.
func (l *Lock) LockSlow(id uint64) {
	if l.bias.Load() == id && l.held.Load() == 1 {
		if l.shared.Load() == 0 {
			fault.Usage("a function that was called inside, such as the order of a PriorityQueue, has waited or come back")
		}
		StoreRelease(&l.held, 0) // TryOwn has found out too late
	}
	l.mu.Lock()
	if l.shared.Load() == 1 {
		return
	}
	bias := l.bias.Load()
	if bias != 0 && bias&reserving == 0 { // biased, not to the caller's hub: revoke
		l.shared.Store(1)
		membarrier()
		l.waitUnheld()
		return
	}
	state := Mode.Load()
	switch {
	case id == NoOwner || bias != 0 && bias != id|reserving || state == ModeOff:
		l.bias.Store(noBias)
		l.shared.Store(1)
	case state == ModeOn:
		l.bias.Store(id) // a contender that waits for mu now will revoke it
	default:
		l.bias.Store(id | reserving)
	}
}

// Mode says whether locks may be biased in this process. Only Prepare and tests change it.
var Mode atomic.Uint32

// The values of Mode. It changes once, from ModeUnknown to one of the others.
const (
	ModeUnknown = iota // Prepare has not been called, or registers still
	ModeOn             // locks are biased
	ModeOff            // the kernel has no barrier: locks are mutexes
)

// waitUnheld waits until the former owner does not hold the lock. The wait is short: the owner
// runs in its critical section now, or was preempted there.
func (l *Lock) waitUnheld() {
	runtimepatch.Block()
	defer runtimepatch.Unblock()
	for i := 0; l.held.Load() == 1; i++ {
		if i < 16 {
			runtime.Gosched()
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	}
}
