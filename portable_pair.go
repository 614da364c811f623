package stackful

import (
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/stackful-go/stackful/asm"
)

// A pair is what iter.Pull makes: a goroutine, and a place where one goroutine waits. An exchange
// of the running goroutine with the one that waits there takes a third of the time of a hand-over
// through a channel, since no scheduler is asked. In the portable backend a stack that is
// started by Resume, so that it is going to yield, has a pair, its home; and its resumer and it
// take turns in waiting there.
//
// Either side may switch to other stacks instead, so the invariants are those of carriers:
//
//   - In each pair one goroutine waits until the pair's own has ended, which resumes it. It is
//     that of any stack (waiter), or of none, and then it ends.
//   - A stack that waits in a pair (relay.at) is resumed by an exchange, which leaves the resumer there, or
//     by one of a goroutine made for that (relay.wake). Otherwise it waits for its channel.
//   - All of it is the business of the goroutine that has the turn, so stacks of different owners
//     must have no pair in common: a stack that is detached waits for its channel from then on (leavePairs).
//   - Calls of next and yield alternate, as iter.Pull wants it, whoever makes them.
type pair struct {
	next   func() (struct{}, bool)
	yield  func(struct{}) bool
	second bool   // the next exchange is made by yield
	waiter *relay // of the stack that waits, nil if it is none
	moving bool   // the goroutine that is resumed is to wait elsewhere
	plain  bool   // the goroutine is resumed by nextInPair or yieldInPair: there is no transfer
	slot   any    // the slot of the value, if the stack whose home it is waits here in yieldInPair
}

// startPair starts s in a pair of its own, in which self waits.
func (s *Stack) startPair(self *relay) {
	p := new(pair)
	s.relay.home = p
	p.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		s.portableMain()
	})
	p.wait(self)
}

// exchange resumes the goroutine that waits in p, and waits there.
func (p *pair) exchange() {
	if p.second = !p.second; p.second {
		p.next()
	} else {
		p.yield(struct{}{})
	}
}

// wait makes the running goroutine, of r's stack, wait in p until it has the turn. It reports whether
// there is no transfer.
func (p *pair) wait(r *relay) (plain bool) {
	r.at, p.waiter = p, r
	p.exchange()
	if p.moving {
		p.moving = false
		go p.exchange() // resumes the caller of vacate
		<-r.turn
		return false
	}
	plain = p.plain
	p.plain = false
	return plain
}

// give is passTurn and wait without a transfer: to, which waits in p, is resumed.
func (p *pair) give(to *Stack, r *relay) (plain bool) {
	o := to.owner
	o.setRunning(to)
	o.switches.count(to)
	o.root.relay.holder.Store(to.relay.goid)
	to.relay.at = nil
	p.plain = true
	plain = p.wait(r)
	raceLeave(o)
	return plain
}

// vacate makes the stack that waits in p wait for its channel.
func (p *pair) vacate() {
	if p.waiter == nil {
		return
	}
	p.waiter.at, p.waiter = nil, nil
	p.moving = true
	p.exchange()
}

// leavePairs makes s, which has started and is suspended, wait for its channel, and nobody else in its home.
func (s *Stack) leavePairs() {
	left := make(chan struct{})
	go func() { // since the running goroutine may be locked to its thread
		defer close(left)
		for _, p := range []*pair{s.relay.at, s.relay.home} {
			if p != nil {
				p.vacate()
			}
		}
	}()
	<-left
}

// endPair is called by the goroutine of p when its stack has ended and next is to run. It reports whether
// the end of the goroutine, which may be that of a Goexit, resumes next.
func (p *pair) endPair(next *relay, goexit bool) bool {
	for asm.LockedToThread() { // the runtime ends the process if one that is locked is exchanged
		runtime.UnlockOSThread()
	}
	if p.waiter == next && !goexit { // iter.Pull has a Goexit go on in the caller of next
		next.at = nil
		return true
	}
	p.vacate()
	return false
}

// The functions of NewNext and NewYield where they are not the assembly's. Between two stacks that take
// turns in a pair they do what Resume and Yielded do, without what a switch to any stack needs.

func portableNext[V any](s *Stack, slow func() (V, bool)) func() (V, bool) {
	if native { // under the race detector
		return slow
	}
	return func() (V, bool) {
		switch slot := s.nextInPair().(type) {
		case nil:
		case *V:
			return *slot, true
		default:
			s.owner.root.relay.arrived = true
			arrivals.Add(1)
		}
		return slow()
	}
}

func portableYield[V any](s *Stack, slot *V, slow func(V) bool) func(V) bool {
	if native {
		return slow
	}
	boxed := any(slot)
	return func(v V) bool {
		*slot = v
		if more, ok := s.yieldInPair(boxed); ok {
			return more
		}
		return slow(v)
	}
}

// otherwise is what nextInPair returns if something else than a yield function has resumed its caller.
type otherwise struct{}

// nextInPair is Resume(true), if s waits in its home, in a function of NewYield's. It returns nil if it
// has not done so; the slot that the next value is in; or otherwise, when the transfer has been delivered.
func (s *Stack) nextInPair() any {
	o := s.loadOwner()
	if o == nil || !o.hasTurn() || o.root.relay.locked || o.hook != nil || s.relay == nil {
		return nil
	}
	p := s.relay.at
	if p == nil || p.slot == nil || p != s.relay.home {
		return nil
	}
	p.slot = nil
	self := o.running()
	s.resumer = self
	if p.give(s, self.relay) {
		return p.slot
	}
	s.arriveInNext(self)
	return otherwise{}
}

// arriveInNext is arrive for self, which has called a next function for s.
func (s *Stack) arriveInNext(self *Stack) {
	returned := false
	defer func() {
		if !returned { // as in resumedBy
			s.resumer = nil
		}
	}()
	arrive(self)
	returned = true
}

// yieldInPair is Yielded, if the resumer of s waits in the home of s. ok reports whether it has done so.
func (s *Stack) yieldInPair(slot any) (more, ok bool) {
	o := s.loadOwner()
	if o == nil || !o.hasTurn() || o.running() != s || o.root.relay.locked || o.hook != nil {
		return false, false
	}
	p, to := s.relay.home, s.resumer
	if p == nil || to == nil || to.owner != o || to.relay.at != p {
		return false, false
	}
	s.resumer = nil
	p.slot = slot
	if p.give(to, s.relay) {
		return true, true
	}
	p.slot = nil
	result, _ := arrive(s).(yieldResult)
	return bool(result), true
}

// arrivals is how many owners have relay.arrived set: a look at it is cheaper than to ask for the owner.
var arrivals atomic.Int32

// arrivedPortable is Arrived: it reports, once, that portableNext has resumed the stack that yields.
func arrivedPortable() bool {
	if arrivals.Load() == 0 {
		return false
	}
	r := Current().owner.root.relay
	arrived := r.arrived
	if arrived {
		r.arrived = false
		arrivals.Add(-1)
	}
	return arrived
}
