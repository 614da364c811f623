package stackful

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
	"weak"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/inits"
)

// The portable backend: each stack is a goroutine of its own, and a switch is a
// hand-over between two of them, so that exactly one of an owner's goroutines
// runs at a time. It keeps the contract of the native backend except for what
// goroutines cannot do: the goroutine id, the OS-thread lock and the pprof labels
// are those of the stack's own goroutine. So that code does not run on another thread
// unnoticed, a goroutine that is locked to its thread is refused a switch.
//
// A hand-over goes through a channel, or, between a stack and its resumer, through a pair
// (portable_pair.go).

// A relay is where a stack's goroutine waits for its turn.
type relay struct {
	turn    chan struct{} // capacity 1: handing over never blocks
	at      *pair         // while the goroutine waits: where, if not for turn
	home    *pair         // whose goroutine it is, if any
	goexit  bool          // the stack ends since its goroutine does
	goid    uint64        // the id of the goroutine, once it runs
	locked  bool          // in a root: the goroutine that has the turn was locked to its thread when it last asked
	arrived bool          // in a root: see arrivedPortable
	inInit  bool          // in a root: made while packages are initialized, when the runtime has locked its goroutine
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

// A turn says which goroutine of an owner runs, by its id. Any goroutine compares the id with its own, and
// finds it equal only if it has the turn itself: before a goroutine hands the turn over it stores the
// id of the next one, which is resumed after that. So the store need not be ordered with anything else. It
// is a store of a word, which cannot be seen by halves, except on 32-bit processors; a barrier
// would cost a tenth of an exchange.
type turn struct{ holder atomic.Uint64 }

func (t *turn) is(goid uint64) bool { return t.holder.Load() == goid }

func (t *turn) set(goid uint64) { storeRelaxed(&t.holder, goid) }

// storeRelaxed is w.Store without a barrier, where a word has 64 bits.
func storeRelaxed(w *atomic.Uint64, v uint64) {
	if unsafe.Sizeof(uintptr(0)) == 8 && !raceEnabled {
		*(*uint64)(unsafe.Pointer(w)) = v
		return
	}
	w.Store(v)
}

// hasTurn reports whether the running goroutine has the turn of o, so that it is the one of o's
// running stack. Others that ask are no goroutines of o: those wait.
func (o *owner) hasTurn() bool {
	goid, locked := asm.GoidAndLock()
	if !o.turn.is(goid) { // nor has anyone the turn of detached and abandoned
		return false
	}
	raceEnter(o)
	o.root.relay.locked = locked
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
	o.root.relay.inInit = goid == 1 && inits.Running()
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
	o.turn.set(goid)
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
	switch at := s.relay.at; {
	case s.state == stateFresh && s.startsPair():
		storeState(s, stateStarted)
		s.startPair(self.relay)
	case at != nil:
		at.wait(self.relay)
	default:
		self.relay.at = nil
		s.wake()
		<-self.relay.turn
	}
	raceLeave(o) // the accesses of the other stacks come before
	return arrive(self)
}

// passTurn notes that s has the turn now, but for its goroutine, which must be told.
func (s *Stack) passTurn(transfer any) {
	s.owner.transfer = transfer
	s.owner.setRunning(s)
	s.owner.activity.note()
	if s.state == stateFresh {
		s.relay = newRelay()
	} else {
		s.owner.turn.set(s.relay.goid)
	}
}

// startsPair reports whether s, which is fresh, is to have a pair: if it is going to yield, and a
// panic ends it, as one that ends the process would be taken for an end by iter.Pull.
func (s *Stack) startsPair() bool {
	_, ends := s.data.(panicEnder)
	return ends && s.resumer != nil && !s.owner.root.relay.inInit
}

// wake has the goroutine of s go on, or start, while the running one does so, too.
func (s *Stack) wake() {
	switch at := s.relay.at; {
	case s.state == stateFresh:
		storeState(s, stateStarted)
		go s.portableMain()
	case at != nil:
		at.waiter = nil
		at.how = bySwitch
		go at.exchange()
	default:
		s.relay.turn <- struct{}{}
	}
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
	r := s.relay
	next.passTurn(out)
	if r.home == nil || !r.home.endPair(next.relay, r.goexit) {
		next.wake()
	}
}
