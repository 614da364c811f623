package coro

import (
	"sync/atomic"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// ownerState is what this package keeps for a goroutine. It is made when first
// needed. Only abandoned may be touched by other goroutines.
type ownerState struct {
	// foreign finds the coroutines that stand for stacks which hold other
	// data than ours; stacks that have ended are dropped when it has grown.
	foreign map[*stackful.Stack]*Coroutine
	limit   int

	trace    func(event Event, from, to *Coroutine)
	untraced int // not 0 while Frames switches, which the trace function must not see

	labels bool // see SetLabels

	guard *stackful.Stack // of the coroutines in which tasks are parked; nil until needed

	unhandled func(c *Coroutine, err error)

	abandoned struct {
		runtimepatch.Mutex
		list []*Coroutine // to be killed on this goroutine
		some atomic.Bool  // list is not empty
	}
}

// drain takes out the coroutines that are to be killed.
func (o *ownerState) drain() []*Coroutine {
	a := &o.abandoned
	a.Lock()
	list := a.list
	a.list = nil
	a.some.Store(false)
	a.Unlock()
	slowNew.Add(-int32(len(list)))
	return list
}

var owners = stackful.NewOwnerLocal[*ownerState]()

func currentOwner() *ownerState {
	o := owners.Get()
	if o == nil {
		o = new(ownerState)
		owners.Set(o)
	}
	return o
}

// A standIn, as a stack's data, is the Coroutine of a stack that package coro
// did not make. It is no Policy: that such a stack is done is an error for its
// makers, as it was before.
type standIn Coroutine

// A madeObserver, as a stack's data, is notified when a Coroutine has been made to stand
// for the stack, with an identity and variables of its own, which last as long as the
// stack. So a scheduler that runs one job after the other on a stack knows when
// the next job must not find that.
type madeObserver interface{ CoroutineMade() }

// holder is implemented by what holds a Coroutine and is its stack's data.
type holder interface{ coroutine() *Coroutine }

// ofForeign is of for all stacks but those of ordinary coroutines.
func ofForeign(s *stackful.Stack) *Coroutine {
	switch d := s.Data().(type) {
	case *standIn:
		return (*Coroutine)(d)
	case holder:
		return d.coroutine()
	case nil:
		c := newStandIn(s)
		if c.parent == nil {
			s.SetData((*policy)(c)) // never done, so that no policy applies; found faster
		} else {
			s.SetData((*standIn)(c))
		}
		return c
	}
	o := currentOwner()
	c := o.foreign[s]
	if c == nil {
		o.sweepForeign()
		c = newStandIn(s)
		o.foreign[s] = c
		if w, ok := s.Data().(madeObserver); ok {
			w.CoroutineMade()
		}
	}
	return c
}

func newStandIn(s *stackful.Stack) *Coroutine {
	c := &Coroutine{stack: s, elsewhere: true, standsIn: true}
	if s.Data() != nil {
		c.guardTask(s)
	} else {
		c.own.SetData(s)
	}
	if root := s.Root(); root != s {
		c.parent = of(root)
	}
	return c
}

func (o *ownerState) sweepForeign() {
	if o.foreign == nil {
		o.foreign = make(map[*stackful.Stack]*Coroutine)
		o.limit = 64
	}
	if len(o.foreign) < o.limit {
		return
	}
	for s := range o.foreign {
		if s.Done() {
			delete(o.foreign, s)
		}
	}
	o.limit = 64 + 2*len(o.foreign)
}
