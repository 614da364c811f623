package coro

import (
	"iter"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/closure"
)

// Pull turns the push iterator seq into a pair of functions: a drop-in for
// iter.Pull, several times faster.
//
// next returns the next value and true, or the zero value and false when the
// sequence has ended. stop ends the iteration: yield returns false in seq, and
// stop returns when seq has returned. If next was never called, seq never runs.
// A caller that does not read the sequence to its end must call stop, or the stack
// that seq runs on, with all it refers to, stays while the goroutine lives. Calling
// next after the end or after stop, and stop any number of times, is fine. If
// seq panics, the call to next or stop that ran it panics with the same value; if
// seq calls runtime.Goexit, so does that call, unless a deferred call panics then: that
// is a panic of seq.
//
// next and stop may be called from any coroutine of the goroutine that calls next
// first. There are four differences to iter.Pull, all of them for misuse or for
// what iter.Pull allows and few need:
//   - After the first call, next and stop panic with ErrWrongGoroutine on another
//     goroutine, where iter.Pull lets them be handed over.
//   - Calling next or stop inside of seq panics with ErrReentered (with a plain
//     string there), and so does yield outside of a call to next.
//   - If something else than the sequence switches to the coroutine that waits in next or
//     stop, that call panics with ErrNotYielded. (Nothing can, with iter.Pull.)
//   - coro.Current is the sequence's own coroutine inside of seq. Its parent is
//     the coroutine that called next first.
//
//go:noinline
func Pull[V any](seq iter.Seq[V]) (next func() (V, bool), stop func()) {
	// Not inlined, since in copies of a closure the compiler does not inline calls.
	p := &puller[V]{seq: seq}
	p.ask = p.ends.Next(&p.co.own, closure.Place(&p.slowNext, func() (V, bool) {
		if p.state == fresh {
			p.raw = true
			p.prepare(p)
			return p.ask()
		}
		if !stackful.Arrived() {
			p.next("next")
		}
		p.answered("next")
		return p.v, p.ok
	}))
	return p.ask, closure.Place(&p.stopping, func() {
		if !p.idle() {
			p.stopUnlessIdle(p)
			return
		}
		// Here, not in a method: each return after a switch is mispredicted.
		stopper := stackful.Current()
		if !p.co.own.SameOwner(stopper) {
			misuse("stop", ErrWrongGoroutine)
		}
		p.state, p.stopper = stopping, stopper
		p.co.own.Switch(nil) // yield returns false
		if p.state != ended {
			misuse("stop", ErrNotYielded)
		}
	})
}

// Pull2 is Pull for sequences of pairs.
func Pull2[K, V any](seq iter.Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	both, stop := Pull(func(yield func(stackful.Pair[K, V]) bool) {
		seq(stackful.SplitYield(yield))
	})
	return stackful.SplitNext(both), stop
}

// A puller is a producer of the values of a sequence. They travel in it: a
// Switch would have to put them into an interface.
type puller[V any] struct {
	producer
	ends      stackful.Ends[V]
	ask       func() (V, bool) // what Pull has returned
	slowNext  closure.Room
	stopping  closure.Room
	slowYield closure.Room // the body, until that begins
	seq       iter.Seq[V]
	v         V // the last field: a struct ends with the word that v does, as NewYield wants it
}

// body's function is apart from start, as its frame lies below those of seq while that is suspended.
func (p *puller[V]) body() func(any) any {
	return closure.Place(&p.slowYield, func(any) any {
		seq, yield := p.start()
		seq(yield)
		return nil
	})
}

//go:noinline
func (p *puller[V]) start() (seq iter.Seq[V], yield func(V) bool) {
	seq, p.seq = p.seq, nil
	p.ok = true
	return seq, p.ends.Yield(&p.co.own, &p.v, closure.Place(&p.slowYield, func(v V) bool {
		if !p.mayYield() {
			return false
		}
		p.v = v
		return p.yielded()
	}))
}

// Begin implements stackful.Body.
func (p *puller[V]) Begin(v any) (run func(any) any, _ any) { return p.begin(p, v) }

// End implements stackful.Body.
func (p *puller[V]) End(out any) (next *stackful.Stack, _ any) { return p.endBody(p, out) }

func (p *puller[V]) forget() {
	var zero V
	p.v, p.ok, p.seq = zero, false, nil
}
