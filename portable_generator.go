package stackful

import "sync/atomic"

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
