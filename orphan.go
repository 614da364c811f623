package stackful

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// Orphans are stacks that are suspended when their goroutine ends. No goroutine
// may switch to them any more, so that calls which their frames deferred would
// never run, and what they refer to would stay for ever. So another goroutine,
// started for the purpose, takes the place of the one that ended: the owner becomes
// its own, with all stacks, the root included, and each orphan that wants it is
// told, so that it can be brought to its end.
//
// Go does not tell when a goroutine has ended. It is looked for once in each
// cycle of the collector, by a finalizer, so that neither a switch nor the making
// of a stack does anything for it. How it is seen that a goroutine has ended, and
// which stacks it has left, is in native_orphan.go and portable_orphan.go; they say
// why what is found is an orphan indeed. What is overlooked is found in a later
// cycle: a stack that is left refers to its owner, which is looked at again.
//
// What was written on the ended goroutine is ordered before what the next one does:
// that it has ended is read from a word that the scheduler wrote after it, with
// its own atomic operations and locks in between. The race detector knows it, too:
// it orders everything before a finalizer (racefingo), and a finalizer before the
// goroutines it starts.

// abandoned owns the stacks that nobody will resume: orphans that did not end.
var abandoned = new(owner)

// A gcTick is unreachable, so that its finalizer runs after each mark phase. There
// is one while there are owners.
type gcTick struct{ _ *gcTick }

var (
	tickMu  sync.Mutex
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
	tickMu.Lock()
	defer tickMu.Unlock()
	ticking = anyOwners()
	if ticking {
		runtime.SetFinalizer(t, (*gcTick).collected)
	}
}

// adoptOrphans starts a goroutine for each that has ended and left stacks.
func adoptOrphans() {
	var orphans map[*owner][]*Stack
	if native {
		orphans = orphansNative()
	} else {
		orphans = orphansPortable()
	}
	for o, stacks := range orphans {
		o.adopting.Store(true)
		go o.adopt(stacks)
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
// o. If it ends before all orphans were told, the rest is found again.
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
			continue // it has ended, or was detached, when another one was told
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
// has ended. Foreign goroutines may be asking meanwhile whether o is theirs.
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
