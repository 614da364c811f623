package coro

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// A producer is a coroutine that makes values for whoever asks: what Pull, Pull2
// and Generator have in common. Unlike an ordinary coroutine, it goes back to the
// coroutine that asked last, not to its parent.
type producer struct {
	co       Coroutine
	consumer *stackful.Stack // who asked last
	state    producerState
	raw      bool // panics go to the consumer as they are, as iter.Pull has it
}

type producerState uint8

const (
	fresh    producerState = iota // never asked
	idle                          // suspended in yield
	running                       // computing a value
	stopping                      // has been told to end
	ended
)

// A maker is the data of a producer's stack.
type maker interface {
	stackful.Policy
	holder
	base() *producer
	produce() // calls the user's function; on the producer's stack
	forget()  // drops the last value
}

// start makes the coroutine of m and asks it for the first value. It is all of
// New that applies.
func (p *producer) start(m maker, raw bool) {
	p.raw = raw
	p.prepare(m)
	p.consumer = p.asking()
	p.co.own.Switch(nil)
}

func (p *producer) prepare(m maker) {
	p.co.init(enterProducer, unused, Current())
	p.co.own.SetData(m)
	p.state = idle
	if attention.Load() != 0 {
		p.co.initRare()
	}
}

// stop tells the producer to end without more values; it is back when it has.
func (p *producer) stop(m maker) {
	switch p.state {
	case fresh:
		p.state = ended
		m.forget()
	case idle:
		p.co.check("stop")
		p.state = stopping
		p.consumer = p.asking()
		p.co.own.Switch(nil)
	default:
		p.refuse("stop")
	}
}

// unused is in the place of a producer's body until it starts.
func unused(any) any { return nil }

func (p *producer) base() *producer       { return p }
func (p *producer) coroutine() *Coroutine { return &p.co }

// SwitchDone implements stackful.Policy, for those who switch to the producer
// by its Coroutine.
func (p *producer) SwitchDone(s *stackful.Stack, v any, top stackful.OnTop) any {
	return (*policy)(&p.co).SwitchDone(s, v, top)
}

// GoexitTarget implements stackful.Policy: Goexit goes on in the consumer.
func (p *producer) GoexitTarget(*stackful.Stack) *stackful.Stack { return p.heir() }

// heir returns the stack that the producer's end goes to.
func (p *producer) heir() *stackful.Stack {
	switch {
	case p.co.rare != nil && p.co.rare.heir != nil && !p.co.rare.heir.Dead():
		return p.co.rare.heir.stack
	case p.consumer == nil || p.consumer.Done():
		return p.co.ancestor().stack
	}
	return p.consumer
}

// enterProducer is the entry function of producers.
func enterProducer(s *stackful.Stack, v any) (next *stackful.Stack, out any) {
	m := s.Data().(maker)
	p := m.base()
	p.co.run = nil
	v = p.co.traced(v)
	returned := false
	defer func() {
		p.state = ended
		m.forget()
		if !returned {
			next, out = p.died(recover())
		}
	}()
	if t, ok := v.(stillborn); ok {
		next, out = p.died(t.err)
	} else {
		p.state = running
		m.produce()
		next = p.heir()
	}
	returned = true
	return next, out
}

// died is called while the panic with v is going on, or a Goexit: then v is nil
// and the result does not matter.
func (p *producer) died(v any) (next *stackful.Stack, out any) {
	next = p.heir()
	if err, ok := v.(error); ok && errors.Is(err, ErrExit) {
		return next, err
	}
	if _, ok := v.(*PanicError); !ok && !p.raw && v != nil {
		v = newPanicError(v)
	}
	return next, stackful.OnTop(func() any { panic(v) })
}

// refuse says why no value can be asked for now: it panics, or returns if the
// producer has come to its end.
func (p *producer) refuse(op string) {
	if p.state != ended {
		misuse(op, ErrReentered)
	}
}

// raise resumes the producer with a panic.
func (p *producer) raise(err error) {
	p.consumer = p.asking()
	if !p.co.Started() {
		p.co.Throw(err)
		return
	}
	p.co.own.SwitchRun(func() any {
		p.state = running
		panic(err)
	})
}

// mayYield is asked when yield is called in a state other than running. After
// stop, and after the end, yield does nothing. While nobody has asked for a value
// it is misuse, unless the producer runs since something was thrown into it.
func (p *producer) mayYield() bool {
	if p.state == idle && stackful.Current() != &p.co.own {
		misuse("yield", ErrReentered)
	}
	return p.state == idle
}

// Asking and giving are written out where they happen, since each call that
// returns after a switch costs as much as the switch:
//
//	p.consumer = p.asking() // ask: the consumer is noted,
//	p.co.own.Switch(nil)            // and back when there is a value, or the end
//
//	p.state = idle                  // give: the consumer goes on,
//	p.consumer.Switch(nil)          // and back when it asks again, or wants the end
//	return p.resumed()

// asking returns the running stack, which is about to switch to the producer.
func (p *producer) asking() *stackful.Stack { return stackful.Current() }

// resumed notes that the producer goes on, and reports whether it is to produce
// another value.
func (p *producer) resumed() bool {
	if p.state != idle {
		return false
	}
	p.state = running
	return true
}
