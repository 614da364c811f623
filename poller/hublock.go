package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A hubLock is the lock of a type for synchronization. Most of these are used by
// the tasks of one hub only, which need no lock against each other, since no task
// switches while it holds one. So a hubLock belongs to the hub that uses it first,
// and costs that hub two ordinary stores. When another goroutine comes, the lock
// becomes a sync.Mutex, for good.
//
// The hub says that it is inside, then looks whether the lock is shared by now;
// the goroutine that comes says that it is shared, then looks whether the hub is
// inside. One of them sees the other, provided that neither processor looks
// before its own word is out. The one that comes pays for both: where the hub
// speaks by an ordinary store, which does not promise that, it has the kernel pass
// all processors that run threads of this process through a barrier. What the hub
// does inside never parks and never waits, so it is out again as soon as its
// goroutine has run.
//
// The states of a hubLock, where h is the hub that used it first:
//
//	state     home        shared  locked by
//	unused    0           0
//	reserved  h|reserved  0       mu: h alone has used it, while hubs could not own locks yet
//	owned     h           0       inside; the lock by which it became h's, by mu
//	taken     h           1       mu
//	homeless  homeless    1       mu
//
// All changes of home and shared are made in lockSlow by a goroutine that holds mu:
//
//	unused    by a hub: reserved while ownLocks is ownLocksLater, owned once it is ownLocksNow
//	          by another goroutine, or if ownLocks is ownLocksNever: homeless
//	reserved  by h: stays, or owned, or homeless, as ownLocks says
//	          by another goroutine: homeless
//	owned     by another goroutine: taken; it has the lock when h is not inside any more
//
// What follows from these, and what the users of a hubLock rely on:
//
//   - As long as the lock is reserved or owned, no other goroutine than h's has had
//     it. So all waiters that the lock guards are tasks of h (claimHome).
//   - It becomes owned while no other goroutine is inside or has been. One that waits
//     for mu at that moment takes it away before it goes on.
//   - A lock that is taken or homeless stays so.
//   - inside is written by h's goroutine only. It is 1 while h has the owned lock, or
//     has begun to take it and not found out yet that it is taken.
//
// TestHubLockModel goes through all orders of these steps.
//
// The zero hubLock is unlocked. It must be unlocked on the goroutine that locked it.
type hubLock struct {
	mu     sync.Mutex
	home   atomic.Uint64 // whose it is, see above; written with mu locked
	inside atomic.Uint32 // 1 while home holds the lock without mu; written by home only
	shared atomic.Uint32 // 1: mu must be locked. Set once, with mu locked
}

const (
	// homeless is the home of a lock that no hub can own any more, or ever could. Hubs'
	// ids start above it.
	homeless = 1

	// reserved is set in the home of a lock that is to become that hub's own.
	reserved = 1 << 63
)

var lastHubID atomic.Uint64

func newHubID() uint64 { return homeless + lastHubID.Add(1) }

// lock locks l. here is the calling goroutine's hub, or nil.
func (l *hubLock) lock(here *hub) {
	if !l.own(here) {
		l.lockSlow(here)
	}
}

// own locks l if it belongs to the calling goroutine's hub: then no other goroutine
// has ever locked l, and leave or unlock unlocks it. It is lock's fast half, for callers
// that cannot spare a call; if it reports false, lockSlow must be called.
func (l *hubLock) own(here *hub) bool {
	if here == nil || l.home.Load() != here.id || l.inside.Load() == 1 {
		return false
	}
	enter(&l.inside)
	return l.shared.Load() == 0
}

// unlock unlocks l, for the goroutine of here that has locked it.
func (l *hubLock) unlock(here *hub) {
	if !l.disown(here) {
		l.mu.Unlock()
	}
}

// leave is unlock after own.
func (l *hubLock) leave() { publish(&l.inside, 0) }

// disown unlocks l if it was locked by own. It is unlock's fast half.
func (l *hubLock) disown(here *hub) bool {
	if here == nil || l.home.Load() != here.id || l.inside.Load() == 0 {
		return false
	}
	publish(&l.inside, 0)
	return true
}

func (l *hubLock) lockSlow(here *hub) {
	if here != nil && l.home.Load() == here.id && l.inside.Load() == 1 {
		if l.shared.Load() == 0 {
			fault.Usage("a function that was called inside, such as the order of a PriorityQueue, has waited or come back")
		}
		publish(&l.inside, 0) // own has found out too late
	}
	l.mu.Lock()
	if l.shared.Load() == 1 {
		return
	}
	home := l.home.Load()
	if home != 0 && home&reserved == 0 { // another hub's own
		l.shared.Store(1)
		barrierEverywhere()
		l.awaitOutside()
		return
	}
	state := ownLocks.Load()
	switch {
	case here == nil || home != 0 && home != here.id|reserved || state == ownLocksNever:
		l.home.Store(homeless)
		l.shared.Store(1)
	case state == ownLocksNow:
		l.home.Store(here.id) // who waits for mu by now takes it away again
	default:
		l.home.Store(here.id | reserved)
	}
}

// ownLocks says whether hubs may own locks in this process.
var ownLocks atomic.Uint32

const (
	ownLocksLater = iota // not known yet
	ownLocksNow
	ownLocksNever
)

// awaitOutside waits until the hub is not inside. It can only be if its goroutine
// was preempted there, or runs there now.
func (l *hubLock) awaitOutside() {
	for i := 0; l.inside.Load() == 1; i++ {
		if i < 16 {
			runtime.Gosched()
		} else {
			time.Sleep(20 * time.Microsecond)
		}
	}
}
