package stackful

import (
	"iter"
	"runtime"

	"github.com/stackful-go/stackful/asm"
)

// A pair is what iter.Pull makes: a goroutine, and a place where one goroutine waits. An exchange
// of the running goroutine with the one that waits there takes a third of the time of a hand-over
// through a channel, since no scheduler is asked. In the portable backend a stack that is
// started by Resume, so that it is going to yield, has a pair, its home; and its resumer and it
// take turns in waiting there. What they call is in portable_generator.go.
//
// Either side may switch to other stacks instead, so the invariants are those of carriers:
//
//   - In each pair one goroutine waits until the pair's own has ended, which resumes it. It is
//     that of any stack (waiter), or of none, and then it ends.
//   - A stack that waits in a pair (relay.at) is resumed by an exchange, which leaves the resumer there, or
//     by one of a goroutine made for that (Stack.wake). Otherwise it waits for its channel.
//   - All of it is the business of the goroutine that has the turn, so stacks of different owners
//     must have no pair in common: a stack that is detached waits for its channel from then on (leavePairs).
//   - Calls of next and yield alternate, as iter.Pull wants it, whoever makes them.
type pair struct {
	next   func() (struct{}, bool)
	yield  func(struct{}) bool
	second bool       // the next exchange is made by yield
	how    resumption // what the last exchange was
	waiter *relay     // of the stack that waits, nil if it is none
	moved  *relay     // of the stack that the last vacate has resumed
	from   *yieldEnd  // of the yield function that the stack whose home it is has called last
}

// A yieldEnd is what is known of a yield function of any type.
type yieldEnd struct {
	s      *Stack
	values any // a *V: where its values are
}

// A resumption says how the goroutine that waits in a pair is resumed. Each exchange stores it.
type resumption uint8

const (
	bySwitch resumption = iota // there is a transfer
	byNext                     // by a next function for the stack whose home it is
	byYield                    // by a yield function of that stack, which now waits here for a next function
	toMove                     // by vacate: it is to wait elsewhere
)

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

// wait makes the running goroutine, of r's stack, wait in p until it has the turn.
func (p *pair) wait(r *relay) {
	r.at, p.waiter = p, r
	p.how = bySwitch
	p.exchange()
	p.resumed()
}

// resumed is called by a goroutine that has been resumed in p. It returns when that has the turn.
func (p *pair) resumed() {
	if p.how == toMove {
		r := p.moved
		p.moved = nil
		go p.exchange() // resumes the caller of vacate
		<-r.turn
	}
}

// vacate makes the stack that waits in p wait for its channel.
func (p *pair) vacate() {
	if p.waiter == nil {
		return
	}
	p.waiter.at, p.moved, p.waiter = nil, p.waiter, nil
	p.how = toMove
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
		p.how = bySwitch
		return true
	}
	p.vacate()
	return false
}
