package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// A producer is a coroutine that makes values for its consumer: what Pull and Generator
// have in common. Unlike an ordinary coroutine, it goes back to the
// coroutine that has resumed it, its stack's Resumer, not to its parent. It has none
// while it is suspended in a yield, and after stop.
type producer struct {
	co      Coroutine
	stopper *stackful.Stack // the caller of stop
	state   producerState
	raw     bool // panics go to the consumer as they are, as iter.Pull has it
	ok      bool // it has begun, and has not ended: what it has passed on last is a value
}

type producerState uint8

const (
	fresh    producerState = iota // next was never called
	active                        // started, or made by prepare
	stopping                      // stop has been called
	ended
)

// A maker is the data of a producer's stack.
type maker interface {
	stackful.Policy
	holder
	stackful.Body
	base() *producer
	body() func(any) any // calls the user's function; on the producer's stack
	forget()             // drops the last value
}

// next resumes the producer for the call op, where the function of stackful.NewNext does not.
func (p *producer) next(op string) {
	if !p.idle() {
		p.refuse(op)
		return
	}
	p.co.own.Resume(true)
}

// prepare makes the coroutine of m. It is all of New that applies.
func (p *producer) prepare(m maker) {
	p.co.init(nil, m, unused, Current())
	p.state = active
	if slowNew.Load() != 0 {
		p.co.initSlow()
	}
}

// idle reports whether the producer can be resumed: it has not started, or is suspended in
// a yield. On a foreign goroutine the answer means nothing, and the switch that follows
// panics.
func (p *producer) idle() bool {
	return p.state == active && p.co.own.Resumer() == nil && p.co.parked == 0
}

// stopUnlessIdle is stop for a producer that is not idle.
func (p *producer) stopUnlessIdle(m maker) {
	if p.state != fresh {
		p.refuse("stop")
		return
	}
	p.state = ended
	m.forget()
}

// unused is in the place of a producer's body until it starts.
func unused(any) any { return nil }

func (p *producer) base() *producer       { return p }
func (p *producer) coroutine() *Coroutine { return &p.co }

// SwitchDone implements stackful.Policy, for switches to the producer by its Coroutine.
func (p *producer) SwitchDone(s *stackful.Stack, v any, top stackful.OnTop) any {
	return (*policy)(&p.co).SwitchDone(s, v, top)
}

// GoexitTarget implements stackful.Policy: Goexit goes on in the consumer.
func (p *producer) GoexitTarget(*stackful.Stack) *stackful.Stack { return p.endReceiver() }

// GoexitEnd is for a Goexit in which a deferred call has panicked, see policy.
func (p *producer) GoexitEnd(s *stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	p.leave(s.Data().(maker))
	if p.co.extra != nil && p.co.extra.died != nil {
		next, out = p.raised()
		return next, out, true
	}
	next, out = p.end(nil)
	return next, out, out != nil
}

// killParent returns the stack that the producer's end goes to.
func (p *producer) endReceiver() *stackful.Stack {
	if s := p.co.killReceiver(); s != nil {
		return s
	}
	if s := p.co.receiver(p.co.own.Resumer()); s != nil {
		return s
	}
	if s := p.co.receiver(p.stopper); s != nil {
		return s
	}
	return p.co.ancestor().localStack()
}

// end returns where the producer's end goes, with out.
func (p *producer) end(out any) (*stackful.Stack, any) {
	to := p.endReceiver()
	if a := p.co.parent; a.guarded && to == a.localStack() && a.isParked() {
		return p.co.endRefused()
	}
	return to, out
}

// begin is Begin of stackful.Body for m, the data of the producer's stack.
func (p *producer) begin(m maker, v any) (run func(any) any, _ any) {
	p.co.run = nil
	v = p.co.traced(v)
	if _, ok := v.(startError); ok {
		return nil, v
	}
	return m.body(), nil
}

// endBody is End of stackful.Body for m.
func (p *producer) endBody(m maker, out any) (next *stackful.Stack, _ any) {
	if t, ok := out.(startError); ok { // from Begin
		return p.panicked(m, t.err)
	}
	p.leave(m)
	return p.end(nil)
}

// leave makes the producer one that has ended.
func (p *producer) leave(m maker) {
	p.state = ended
	m.forget()
}

// PanicExit is for stackful, see stackful.Stack.SetData.
func (p *producer) PanicExit() any { return ErrExit }

// PanicEnd ends the producer of s, whose function has panicked with v.
func (p *producer) PanicEnd(s *stackful.Stack, v any) (next *stackful.Stack, out any) {
	return p.panicked(s.Data().(maker), v)
}

// panicked returns the end of the producer by a panic with v, which is going on.
func (p *producer) panicked(m maker, v any) (next *stackful.Stack, out any) {
	p.leave(m)
	if err, ok := v.(error); ok && errors.Is(err, ErrExit) {
		return p.end(err)
	}
	if _, ok := v.(*PanicError); !ok && !p.raw {
		v = newPanicError(v)
	}
	p.co.needExtra().died = v
	return p.raised()
}

// raised returns where the producer's end goes, and the panic that died was called with.
func (p *producer) raised() (next *stackful.Stack, out any) {
	v := p.co.extra.died
	return p.end(stackful.OnTop(func() any {
		p.co.extra.died = nil
		panic(v)
	}))
}

// answered is called when the call op, which has resumed the producer, is resumed itself: it
// panics if the producer has neither yielded nor ended, so that something else has switched
// to the caller of op.
func (p *producer) answered(op string) {
	if p.co.own.Resumer() != nil && p.state == active {
		p.co.own.ForgetResumer()
		misuse(op, ErrNotYielded)
	}
}

// refuse is for a producer that is not idle: it panics, or returns if the producer has ended.
func (p *producer) refuse(op string) {
	if p.state != ended {
		misuse(op, ErrReentered)
	}
}

// raise resumes the producer with a panic.
func (p *producer) raise(err error) {
	if !p.co.Started() {
		p.stopper = stackful.Current()
		p.co.Throw(err)
		return
	}
	p.co.own.ResumePanic(err)
}

// mayYield reports whether a call of yield switches. After stop, and after the end, it
// does nothing. On any other stack it is misuse.
func (p *producer) mayYield() bool {
	if p.state != active {
		return false
	}
	if s := &p.co.own; !s.Owned() || s.Running() != s {
		misuse("yield", ErrMisplacedYield)
	}
	return true
}

// yielded is the second half of a yield function: it switches to the resumer, and returns,
// when the producer is resumed, whether to go on. Without a resumer, as when the producer
// runs since something was thrown into it, it switches to where its end would go.
func (p *producer) yielded() bool {
	if p.co.own.Resumer() == nil {
		p.endReceiver().Switch(nil)
		return p.co.own.Resumer() != nil
	}
	return p.co.own.Yielded()
}
