package coro

import (
	"iter"
	"runtime"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/closure"
)

// A Generator is a function that yields values one at a time, and gets one back
// each time: a generator as Python has it, with send, throw and close, except
// that yield may be called at any depth of calls.
//
// A Generator belongs to the goroutine that made it: its methods panic with
// ErrWrongGoroutine elsewhere. They may be called from any of its coroutines, but
// not by the generator's own function (ErrReentered).
//
// A Generator that is not run to its end must be closed, see New. Its function
// does not refer to it, so that KillOnCollect(g, g.Coroutine()) works.
type Generator[In, Out any] struct{ p *sender[In, Out] }

// A sender is the producer behind a Generator.
type sender[In, Out any] struct {
	producer
	function func(in In, yield func(Out) In)
	ask      func(In) (Out, bool)
	ends     stackful.SendEnds[In, Out]
	slowSend closure.Room
	slowGive closure.Room // the body, until that begins
	in       In
	_        uintptr // as SendEnds want it
	out      Out
	_        uintptr // the same
}

// NewGenerator returns a generator that will run body. Nothing runs before the
// first Send, whose value is body's first argument. yield hands a value to the
// caller of Send and returns the value of the next Send. It panics with ErrExit
// when the generator is closed, and must be called only while body runs, in the
// body's coroutine.
func NewGenerator[In, Out any](body func(in In, yield func(Out) In)) *Generator[In, Out] {
	if body == nil {
		misuse("NewGenerator", ErrNoBody)
	}
	p := &sender[In, Out]{function: body}
	p.prepare(p)
	p.ask = p.ends.Send(&p.co.own, &p.in, closure.Place(&p.slowSend, func() (Out, bool) {
		if !stackful.Arrived() {
			p.next("Send")
			if p.state == ended {
				var zero In
				p.in = zero
			}
		}
		p.answered("Send")
		return p.out, p.ok
	}))
	return &Generator[In, Out]{p}
}

// Send resumes the generator with in and returns what it yields next, and true;
// or the zero value and false when its body returns or has returned. A panic in
// the body goes to Send's caller as a *PanicError, as does, as itself, Goexit.
func (g *Generator[In, Out]) Send(in In) (Out, bool) {
	// If this Send is refused nothing reads in: the next one overwrites it.
	out, ok := g.p.ask(in)
	runtime.KeepAlive(g) // a generator in use is not to be killed, see KillOnCollect
	return out, ok
}

// Throw resumes the generator with a panic: the yield that is pending in it
// panics with err. If the body recovers and yields again, Throw returns as Send
// does. If it does not, Throw panics with a *PanicError that unwraps to err, or,
// if err is ErrExit, returns false. If the body has not started, it never runs.
// After the end Throw returns false.
func (g *Generator[In, Out]) Throw(err error) (Out, bool) {
	p := g.p
	if err == nil {
		misuse("Throw", ErrNilThrow)
	}
	if !p.idle() {
		p.refuse("Throw")
		return p.out, p.ok
	}
	p.co.check("Throw")
	p.raise(err)
	p.answered("Throw")
	runtime.KeepAlive(g)
	return p.out, p.ok
}

// Close ends the generator: yield panics with ErrExit in it, and Close returns
// when its deferred calls have run. If body has not started, it never runs.
// Closing twice, or after the end, does nothing.
//
// Close panics with ErrRefusedExit if the body recovers and yields again; it is
// suspended then, as any other time. If the body ends in another panic, Close
// panics with its *PanicError.
func (g *Generator[In, Out]) Close() {
	p := g.p
	if !p.idle() {
		p.refuse("Close")
		return
	}
	p.co.check("Close")
	if !p.co.Started() {
		p.state = ended
		p.forget()
		return
	}
	p.raise(ErrExit)
	p.answered("Close")
	runtime.KeepAlive(g)
	if p.state != ended {
		misuse("Close", ErrRefusedExit)
	}
}

// All returns the values that the generator yields from here on, each requested
// with a zero In. Leaving the loop early closes the generator.
func (g *Generator[In, Out]) All() iter.Seq[Out] {
	return func(yield func(Out) bool) {
		defer g.Close()
		var in In
		for {
			out, ok := g.Send(in)
			if !ok || !yield(out) {
				return
			}
		}
	}
}

// Coroutine returns the coroutine that the generator's body runs in.
func (g *Generator[In, Out]) Coroutine() *Coroutine { return &g.p.co }

// body's function is apart from start, as that of a puller.
func (p *sender[In, Out]) body() func(any) any {
	return closure.Place(&p.slowGive, func(any) any {
		function, in, yield := p.start()
		function(in, yield)
		return nil
	})
}

//go:noinline
func (p *sender[In, Out]) start() (function func(In, func(Out) In), in In, yield func(Out) In) {
	function, in = p.function, p.in
	var zero In
	p.function, p.in = nil, zero
	p.ok = true
	return function, in, p.ends.Give(&p.co.own, &p.out, &p.in, closure.Place(&p.slowGive, func(out Out) In {
		if !p.mayYield() {
			misuse("yield", ErrMisplacedYield)
		}
		p.out = out
		p.yielded()
		return p.in
	}))
}

// Begin implements stackful.Body.
func (p *sender[In, Out]) Begin(v any) (run func(any) any, _ any) { return p.begin(p, v) }

// End implements stackful.Body.
func (p *sender[In, Out]) End(out any) (next *stackful.Stack, _ any) { return p.endBody(p, out) }

func (p *sender[In, Out]) forget() {
	var in In
	var out Out
	p.in, p.out, p.ok, p.function = in, out, false, nil
}
