package stackful

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// Orphans are stacks that are suspended when their goroutine ends. No goroutine
// may switch to them any more, so that calls which their frames deferred would
// never run, and what they refer to would stay for ever. So another goroutine,
// started for the purpose, takes the place of the ended one: the owner becomes
// its own, with all stacks, the root included, and each orphan whose data implements Orphan is
// notified, so that it can be brought to its end.
//
// Go does not report the end of a goroutine. A finalizer scans for ended ones once in each
// cycle of the collector, so that neither a switch nor the making of a stack does anything
// for it. How a scan sees that a goroutine has ended, and which stacks are suspended on it,
// is in native_orphan.go and portable_orphan.go, with the proof that what it returns is an
// orphan. What it misses is found in a later cycle: a suspended stack refers to its owner,
// which is scanned again.
//
// The writes of the ended goroutine are ordered before what the next one does: that it has
// ended is read from a word that the scheduler wrote afterwards, with
// its own atomic operations and locks in between. The race detector knows it, too:
// it orders everything before a finalizer (racefingo), and a finalizer before the
// goroutines it starts.

// abandoned owns the orphans that were still suspended after they had been notified. Nothing
// resumes them.
var abandoned = new(owner)

// A gcTick is unreachable, so that its finalizer runs after each mark phase. There
// is one while there are owners, or free carriers to be ended (carrierPool.trim).
type gcTick struct{ _ *gcTick }

var (
	tickMu  runtimepatch.Mutex
	ticking bool
)

// watchOwners is called when an owner has been entered in its table.
func watchOwners() {
	tickMu.Lock()
	defer tickMu.Unlock()
	if !ticking {
		ticking = true
		runtime.SetFinalizer(new(gcTick), (*gcTick).collected)
	}
}

func (t *gcTick) collected() {
	adoptOrphans()
	more := pool.trim()
	tickMu.Lock()
	defer tickMu.Unlock()
	ticking = anyOwners() || more
	if ticking {
		runtime.SetFinalizer(t, (*gcTick).collected)
	}
}

// adoptMu makes one scan for orphans follow the other: what a scan has found is being
// adopted, and known to be, before the next one looks.
var adoptMu runtimepatch.Mutex

// adoptOrphans starts a goroutine for each that has ended and left stacks.
func adoptOrphans() {
	adoptMu.Lock()
	defer adoptMu.Unlock()
	var orphans map[*owner][]*Stack
	if native {
		orphans = orphansNative()
	} else {
		orphans = orphansPortable()
	}
	for o, stacks := range orphans {
		o.adopting.Store(true)
		runtimepatch.Go(func() { o.adopt(stacks) })
	}
}

func anyOwners() bool {
	if native {
		ownersMu.Lock()
		defer ownersMu.Unlock()
		return len(owners) > 0
	}
	portableStacks.mu.Lock()
	defer portableStacks.mu.Unlock()
	return len(portableStacks.roots) > 0
}

// adopt is the function of the goroutine that takes the place of the ended one of
// o. If it ends before all orphans were notified, a later scan finds the others.
func (o *owner) adopt(orphans []*Stack) {
	o.adoptOwner()
	notified := 0
	defer func() {
		for _, s := range orphans[:notified] {
			if o.suspends(s) {
				atomic.CompareAndSwapPointer(s.ownerPointer(), unsafe.Pointer(o), unsafe.Pointer(abandoned))
			}
		}
	}()
	for _, s := range orphans {
		notified++
		if !o.suspends(s) {
			continue // it has ended, or was detached, when another one was notified
		}
		if x, ok := s.data.(Orphan); ok {
			x.Orphaned(s)
		}
	}
}

// suspends reports whether s, which is not the running stack, is suspended on the
// goroutine of o.
func (o *owner) suspends(s *Stack) bool { return s.loadOwner() == o && loadState(s) == stateStarted }

// adoptOwner makes the running goroutine, which has no owner, that of o, whose own
// has ended. Others may call Owned of its stacks meanwhile, and read o.goid.
func (o *owner) adoptOwner() {
	goid := asm.Goid()
	raceArrive(o)
	if native {
		o.adoptOwnerNative(goid)
	} else {
		o.adoptOwnerPortable(goid)
	}
	SetSwitchHook(o.hook) // sets o.fast, too
	o.adopting.Store(false)
}

func (o *owner) setGoid(goid uint64) { atomic.StoreUint64(&o.goid, goid) }

func (o *owner) loadGoid() uint64 { return atomic.LoadUint64(&o.goid) }
