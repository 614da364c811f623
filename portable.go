package stackful

import (
	"runtime"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/stackful-go/stackful/asm"
)

// The portable backend: each stack is a goroutine of its own, and a switch is a
// hand-over between two of them, so that exactly one of an owner's goroutines
// runs at a time. It keeps the contract of the native backend except for what
// goroutines cannot do: the goroutine id, the OS-thread lock and the pprof labels
// are those of the stack's own goroutine. So that code does not run on another thread
// unnoticed, a goroutine that is locked to its thread is refused a switch.

// A relay is where a stack's goroutine waits for its turn. That of a root also says which of the
// owner's goroutines has it.
type relay struct {
	turn   chan struct{} // capacity 1: handing over never blocks
	goid   uint64        // the id of the goroutine, once it runs
	holder atomic.Uint64 // in a root: the id of the goroutine that has the turn
	locked bool          // in a root: that goroutine was locked to its thread when it last asked
}

func newRelay() *relay { return &relay{turn: make(chan struct{}, 1)} }

// portableStacks finds the stack of the running goroutine by goroutine id.
// Stacks made by New are entered while they run an entry function, and removed
// when they finish. Roots are held weakly, since the end of a goroutine is not
// reported.
var portableStacks struct {
	mu    sync.Mutex
	made  map[uint64]*Stack
	roots map[uint64]weak.Pointer[owner]
}

// hasTurn reports whether the running goroutine has the turn of o, so that it is the one of o's
// running stack. Others that ask are no goroutines of o: those wait.
func (o *owner) hasTurn() bool {
	r := o.root.relay // nil in the owners of stacks that belong to nobody
	goid, locked := asm.GoidAndLock()
	if r == nil || r.holder.Load() != goid {
		return false
	}
	raceEnter(o)
	r.locked = locked
	return true
}

func currentPortable() *Stack {
	goid, locked := asm.GoidAndLock()
	t := &portableStacks
	t.mu.Lock()
	s, o := t.made[goid], t.roots[goid].Value()
	t.mu.Unlock()
	if s == nil {
		if o != nil {
			s = &o.root
		} else {
			s = newPortableRoot(goid)
		}
	}
	raceEnter(s.owner)
	s.owner.root.relay.locked = locked
	return s
}

func newPortableRoot(goid uint64) *Stack {
	o := newOwner(goid)
	o.root.relay.hold(o, goid)
	o.foreign = onRuntimesGoroutine()
	t := &portableStacks
	t.mu.Lock()
	if t.roots == nil {
		t.roots = make(map[uint64]weak.Pointer[owner])
		t.made = make(map[uint64]*Stack)
	}
	t.roots[goid] = weak.Make(o)
	t.mu.Unlock()
	runtime.AddCleanup(o, forgetPortableRoot, goid)
	watchOwners()
	return &o.root
}

func forgetPortableRoot(goid uint64) {
	t := &portableStacks
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.roots[goid].Value() == nil {
		delete(t.roots, goid)
	}
}

// hold notes that goid, which has the turn of o, is the goroutine of r's stack.
func (r *relay) hold(o *owner, goid uint64) {
	r.goid = goid
	o.root.relay.holder.Store(goid)
}

// switchPortable hands the turn from the running stack to s. The caller has
// checked that s belongs to the running goroutine's owner and can be resumed; to do so
// it has called hasTurn. The thread cannot be taken along.
func (s *Stack) switchPortable(op string, transfer any) any {
	o := s.owner
	self := o.running()
	if o.root.relay.locked {
		misuse(op, ErrThreadLocked)
	}
	s.passTurn(transfer)
	<-self.relay.turn
	raceLeave(o) // the accesses of the other stacks come before
	return arrive(self)
}

func (s *Stack) passTurn(transfer any) {
	s.owner.transfer = transfer
	s.owner.setRunning(s)
	s.owner.switches.count(s)
	if s.state == stateFresh {
		s.relay = newRelay()
		storeState(s, stateStarted)
		go s.portableMain()
		return
	}
	s.owner.root.relay.holder.Store(s.relay.goid)
	s.relay.turn <- struct{}{}
}

// portableMain is the goroutine of a stack.
func (s *Stack) portableMain() {
	goid := asm.Goid()
	t := &portableStacks
	t.mu.Lock()
	t.made[goid] = s
	t.mu.Unlock()
	s.relay.hold(s.owner, goid)
	if s := runEntry(s, nil, true); s != nil {
		endRecovered(s)
	}
}

// finishPortable ends s, passes the turn to next, and returns; its goroutine must then
// return to runEntry's caller, or go on with its Goexit, without touching s again.
func (s *Stack) finishPortable(next *Stack, out any) {
	t := &portableStacks
	t.mu.Lock()
	delete(t.made, s.relay.goid)
	t.mu.Unlock()
	storeState(s, stateDone)
	next.passTurn(out)
}
