package stackful

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// The functions of Ends and SendEnds where they are not the assembly's. Between two stacks that take
// turns in a pair they do what Resume and Yielded do, without what a switch to any stack needs.
//
// A return after an exchange is always mispredicted, as the last calls that the processor has seen were another
// goroutine's, and costs as much as all else that these functions do. So each of them is one frame between
// iter.Pull's and the caller's, and what has to be asked is asked before the exchange, by Stack.readyNext and yieldEnd.ready.
// (Not in the functions themselves: the compiler inlines no calls in their copies for a type. Two mispredicted
// returns and two questions for the goroutine's id are most of what a value takes longer than iter.Pull's.)

// A portableNext is what a next or send function knows.
type portableNext[V any] struct {
	s    *Stack
	from *yieldEnd // of the yield function whose value has been taken last, nil at first
	slot *V        // where that one's values are
	slow func() (V, bool)
}

// takes makes e what n.from is, and reports true, if it yields values of n's type.
func (n *portableNext[V]) takes(e *yieldEnd) bool {
	slot, ok := e.values.(*V)
	if ok {
		n.from, n.slot = e, slot
	}
	return ok
}

func newPortableNext[V any](s *Stack, slow func() (V, bool)) func() (V, bool) {
	if native { // under the race detector
		return slow
	}
	n := &portableNext[V]{s: s, slow: slow}
	return func() (V, bool) {
		if p := n.s.readyNext(); p != nil {
			p.next()
			if p.how == byYield && (p.from == n.from || n.takes(p.from)) {
				if raceEnabled { // otherwise this is a call of an empty function
					raceLeave(n.s.owner)
				}
				return *n.slot, true
			}
			n.s.notYielded(p)
		}
		return n.slow()
	}
}

// newPortableSend returns what newPortableNext does, but one that stores its argument in *in first.
func newPortableSend[In, Out any](s *Stack, in *In, slow func() (Out, bool)) func(In) (Out, bool) {
	n := &portableNext[Out]{s: s, slow: slow}
	return func(v In) (Out, bool) {
		*in = v
		if p := n.s.readyNext(); p != nil {
			p.next()
			if p.how == byYield && (p.from == n.from || n.takes(p.from)) {
				if raceEnabled {
					raceLeave(n.s.owner)
				}
				return *n.slot, true
			}
			n.s.notYielded(p)
		}
		return n.slow()
	}
}

// A portableYield is what a yield or give function knows.
type portableYield[V, R any] struct {
	yieldEnd
	slot *V
	slow func(V) R
}

func newPortableYield[V any](s *Stack, slot *V, slow func(V) bool) func(V) bool {
	if native {
		return slow
	}
	y := &portableYield[V, bool]{yieldEnd{s, slot}, slot, slow}
	return func(v V) bool {
		*y.slot = v
		if p := y.ready(); p != nil {
			p.yield(struct{}{})
			if p.how == byNext {
				if raceEnabled {
					raceLeave(y.s.owner)
				}
				return true
			}
			return y.s.notResumed(p)
		}
		return y.slow(*y.slot)
	}
}

// newPortableGive returns what newPortableYield does, but one that returns *in.
func newPortableGive[In, Out any](s *Stack, slot *Out, in *In, slow func(Out) In) func(Out) In {
	y := &portableYield[Out, In]{yieldEnd{s, slot}, slot, slow}
	return func(v Out) In {
		*y.slot = v
		if p := y.ready(); p != nil {
			p.yield(struct{}{})
			if p.how != byNext {
				y.s.notResumed(p)
			} else if raceEnabled {
				raceLeave(y.s.owner)
			}
			return *in
		}
		return y.slow(*y.slot)
	}
}

// readyNext does what comes before the exchange in Resume(true), if s waits in its home, in a yield function. It
// returns the home, whose next is to be called; or nil, having done nothing.
func (s *Stack) readyNext() *pair {
	goid := asm.GoidUnlocked()
	r := s.relay
	if r == nil {
		return nil
	}
	o, p := s.loadOwner(), r.home
	if !o.turn.is(goid) || o.hook != nil || p == nil || p.how != byYield {
		return nil
	}
	raceEnter(o)
	self := o.running()
	ours := self.relay
	o.current = uintptr(unsafe.Pointer(s))
	o.turn.set(r.goid)
	o.activity.note()
	p.how, p.second = byNext, true
	if ours.at != p { // a barrier that is not needed costs more than the comparison
		ours.at = p
	}
	s.resumer, p.waiter = self, ours
	return p
}

// ready does what comes before the exchange in Yielded, if the resumer of e's stack waits in the home of that.
// It returns the home, whose yield is to be called; or nil, having done nothing. It may be called by any
// goroutine; if that is the one of the stack, it has the turn, as it runs.
func (e *yieldEnd) ready() *pair {
	goid := asm.GoidUnlocked()
	s := e.s
	r := s.relay
	if r == nil || r.goid != goid {
		return nil
	}
	o := s.owner
	p, to := r.home, s.resumer
	if o.hook != nil || p == nil || to == nil || !p.second {
		return nil
	}
	raceEnter(o)
	theirs := to.relay
	if p.waiter != theirs {
		return nil
	}
	o.current = uintptr(unsafe.Pointer(to))
	o.turn.set(theirs.goid)
	p.how, p.second = byYield, false
	if p.from != e {
		p.from = e
	}
	if r.at != p {
		r.at = p
	}
	s.resumer, p.waiter = nil, r
	return p
}

// notYielded is called where the caller of a next function for s has been resumed in p, the home of s, by
// something else than a yield function for values of that type. It returns when the transfer has been delivered.
func (s *Stack) notYielded(p *pair) {
	how := p.how
	p.resumed()
	self := Current() // it may have moved, as may s
	raceLeave(self.owner)
	if how != byYield {
		s.arriveInNext(self)
	}
	self.owner.root.relay.arrived = true
	arrivals.Add(1)
}

// notResumed is called where a yield function of s has been resumed in p, the home of s, by something else than a
// next function. It returns what the yield function returns.
func (s *Stack) notResumed(p *pair) (more bool) {
	p.resumed()
	raceLeave(s.owner)
	result, _ := arrive(s).(yieldResult)
	return bool(result)
}

// arriveInNext is arrive for self, which has called a next function for s.
func (s *Stack) arriveInNext(self *Stack) {
	returned := false
	defer s.forgetUnless(&returned)
	arrive(self)
	returned = true
}

// arrivals is how many owners have relay.arrived set: a look at it is cheaper than to ask for the owner.
var arrivals atomic.Int32

// arrivedPortable is Arrived: it reports, once, that a next function has resumed the stack that yields.
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
