package stackful

import (
	"runtime"
	"sync/atomic"
	"unsafe"
	"weak"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// An owner is a goroutine seen as the owner of stacks. It is made when the
// goroutine first uses the package, and holds what switches on it need at hand.
//
// It is reachable from every stack it owns; from keptOwners, if something was stored in
// it that the goroutine must find again, until it is seen that the goroutine has ended; and from
// nowhere else for long. So an ended goroutine's owner is collected with the last handle to its
// stacks, unless another goroutine takes its place, see orphan.go.
type owner struct {
	goid         uint64        // read by the assembly: goroutine ids are never used twice. Changed by adoptOwner
	fast         uint64        // goid while the fast path is open, else 0; read by the assembly
	current      uintptr       // *Stack that runs; an integer because runEntry's frame keeps that stack alive. Used by the assembly
	attachToken  uint64        // token of the mark phase in which the goroutine attached, 0 between phases. Used by the assembly
	cache        *carrierCache // free carriers at hand. Used by the assembly
	root         Stack
	hook         func(from, to *Stack, top bool) // see SetSwitchHook
	from         *Stack                          // the stack that was left, for hook
	transfer     any                             // the value of a switch that cannot travel in registers: while marking, for calls on top, and in the portable backend
	panicValue   any                             // the value of a SwitchPanic
	ending       ending                          // of the running stack, while it recovers from its last panic
	foreign      bool                            // the goroutine is a C thread's: it may not switch; for the portable backend see onRuntimesGoroutine
	slowSwitches uint32                          // switches on the slow path, for yieldToGC
	yieldToGCAt  uint64                          // in cycles: yieldToGC does not yield before
	starting     *Stack                          // shades a stack that is started while marking; see native_gc.go
	scan         stackScan                       // of scanNow
	locals       []any                           // by OwnerLocal
	g            uintptr                         // the goroutine's g; native mode only
	turn         turn                            // of the portable backend
	activity     activity                        // of the portable backend
	adopting     atomic.Bool                     // its goroutine has ended, and another one is about to take its place
	kept         atomic.Bool                     // it is in keptOwners; changed under ownersMu
	endedScans   int                             // scans that have found that its goroutine has ended, see endedOwners
	slot         unsafe.Pointer                  // see Slot; read by the assembly
	race         raceState
}

func (o *owner) running() *Stack { return *(**Stack)(unsafe.Pointer(&o.current)) }

func (o *owner) setRunning(s *Stack) { *(**Stack)(unsafe.Pointer(&o.current)) = s }

// Two tables find the owner of the running goroutine: a direct-mapped one that
// needs no lock, in front of a complete one. The complete one holds owners
// weakly; the direct-mapped one may keep the owners of a few ended goroutines
// for a while, which costs memory of a fixed size. (The portable backend has a table of its
// own in place of these two.) The third holds the owners that a living goroutine must find again:
// one that has nothing stored in it may as well be made anew.
var (
	ownersNear [nearOwners]atomic.Pointer[owner] // read by the assembly

	ownersMu   runtimepatch.Mutex
	owners     = make(map[uint64]weak.Pointer[owner])
	keptOwners = make(map[*owner]struct{})
)

const nearOwners = 256

// currentOwner returns the running goroutine's owner, making it if need be.
func currentOwner() *owner {
	if o := nearOwner(); o != nil {
		raceEnter(o)
		return o
	}
	if !native {
		return currentPortable().owner
	}
	goid := asm.Goid()
	ownersMu.Lock()
	o := owners[goid].Value()
	ownersMu.Unlock()
	if o == nil {
		o = newOwner(goid)
		ownersMu.Lock()
		owners[goid] = weak.Make(o)
		ownersMu.Unlock()
		watchOwners()
		runtime.AddCleanup(o, forgetOwner, ownerRemains{goid, o.cache})
	}
	raceEnter(o)
	if old := ownersNear[goid%nearOwners].Swap(o); old != nil && old != o {
		old.releaseEnded()
	}
	return o
}

// keep is called on o's goroutine when something is stored in o that is not there in a new
// owner: from now on it is held as long as the goroutine lives, see release.
func (o *owner) keep() {
	if o.kept.Load() { // only release changes it back, when this goroutine has ended
		return
	}
	ownersMu.Lock()
	defer ownersMu.Unlock()
	o.kept.Store(true)
	keptOwners[o] = struct{}{}
}

// release ends what keep has begun, as o's goroutine has ended. ownersMu is held.
func (o *owner) release() {
	if o.kept.Load() {
		o.kept.Store(false)
		delete(keptOwners, o)
	}
}

func newOwner(goid uint64) *owner {
	o := &owner{goid: goid}
	o.root.owner = o
	o.root.state = stateStarted
	o.setRunning(&o.root)
	if native {
		o.attachNative()
		o.fast = goid
	} else {
		o.root.relay = newRelay()
	}
	raceLeave(o)
	return o
}

// ownerRemains is what forgetOwner needs of an owner that has been collected. Nothing
// runs on its goroutine's stacks any more, since each of them refers to it.
type ownerRemains struct {
	goid  uint64
	cache *carrierCache
}

func forgetOwner(r ownerRemains) {
	ownersMu.Lock()
	if owners[r.goid].Value() == nil {
		delete(owners, r.goid)
	}
	ownersMu.Unlock()
	if r.cache != nil {
		r.cache.flush()
	}
}

// Current returns the running stack. It never returns nil: on a goroutine that
// has not used the package before, and outside any stack made by New, it is
// the goroutine's own.
func Current() *Stack {
	if o := nearOwner(); o != nil {
		raceEnter(o)
		return o.running()
	}
	if !native {
		return currentPortable()
	}
	return currentOwner().running()
}

// Running returns the stack that runs on the goroutine that owns s. Called on
// that goroutine, it is Current without having to find out which goroutine it
// is; it must not be called on another one, nor on a zero Stack.
func (s *Stack) Running() *Stack { return s.owner.running() }

// Root returns the own stack of the goroutine that owns s.
func (s *Stack) Root() *Stack {
	o := s.loadOwner()
	if o == nil {
		misuse("Root", ErrNotInitialized)
	}
	return &o.root
}

// Owned reports whether the calling goroutine owns s, so that it may switch to
// it. Like Done and Started, and unlike all else, it may be called on any goroutine.
func (s *Stack) Owned() bool {
	o := s.loadOwner()
	if o == nil {
		return false
	}
	if !native {
		return o.hasTurn()
	}
	return o.loadGoid() == asm.Goid()
}

// loadOwner returns s.owner where another goroutine may change it meanwhile, see Detach.
func (s *Stack) loadOwner() *owner { return (*owner)(atomic.LoadPointer(s.ownerPointer())) }

// SameOwner reports whether s and t belong to the same goroutine, or both to none.
// Any goroutine may call it, but only on the owner's does the answer still hold when the
// call has returned, see Detach.
func (s *Stack) SameOwner(t *Stack) bool { return s.loadOwner() == t.loadOwner() }

// takeTransfer takes the value that was sent to s, which has just been resumed or
// started, and calls the hook.
//
//go:norace
func (o *owner) takeTransfer(s *Stack) any {
	v, from := o.transfer, o.from
	o.transfer, o.from, o.starting = nil, nil, nil
	raceArrive(o)
	if o.hook != nil {
		o.hook(from, s, onTop(v))
	}
	return v
}
