package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
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
// The zero hubLock is unlocked. It must be unlocked on the goroutine that locked it.
type hubLock struct {
	mu     sync.Mutex
	home   atomic.Uint64 // whose it is: 0 before the first uses, or homeless, or a hub's id; set once, with mu locked
	inside atomic.Uint32 // 1 while home holds the lock without mu; written by home only
	shared atomic.Uint32 // 1: mu must be locked. Set once, with mu locked
}

// homeless is the home of a lock that was first used outside of any hub. Hubs'
// ids start above it.
const homeless = 1

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
			usage("a function that was called inside, such as the order of a PriorityQueue, has waited or come back")
		}
		publish(&l.inside, 0) // own has found out too late
	}
	l.mu.Lock()
	if l.shared.Load() == 1 {
		return
	}
	switch l.home.Load() {
	case 0:
		if here == nil || ownLocks.Load() == ownLocksNever {
			l.home.Store(homeless)
			l.shared.Store(1)
		} else if ownLocks.Load() == ownLocksNow {
			l.home.Store(here.id) // who waits for mu by now takes it away again
		}
	default:
		l.shared.Store(1)
		barrierEverywhere()
		l.awaitOutside()
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
