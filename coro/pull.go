package coro

import "iter"

// Pull turns the push iterator seq into a pair of functions: a drop-in for
// iter.Pull, several times faster.
//
// next returns the next value and true, or the zero value and false when the
// sequence has ended. stop ends the iteration: yield returns false in seq, and
// stop returns when seq has returned. If next was never called, seq never runs.
// Whoever does not read the sequence to its end must call stop, or the stack
// that seq runs on, with all it refers to, stays suspended for ever. Calling
// next after the end or after stop, and stop any number of times, is fine. If
// seq panics, the call to next or stop that ran it panics with the same value; if
// seq calls runtime.Goexit, so does that call.
//
// next and stop may be called from any coroutine of the goroutine that called
// Pull. There are three differences to iter.Pull, all of them for misuse or for
// what iter.Pull allows and few need:
//   - next and stop panic with ErrWrongGoroutine on another goroutine, where
//     iter.Pull lets them be handed over.
//   - Calling next or stop inside of seq panics with ErrReentered (with a plain
//     string there), and so does yield outside of a call to next.
//   - coro.Current is the sequence's own coroutine inside of seq.
func Pull[V any](seq iter.Seq[V]) (next func() (V, bool), stop func()) {
	p := newPuller(seq)
	return func() (V, bool) {
		if p.state != idle {
			return p.last()
		}
		p.consumer = p.asking()
		p.co.own.Switch(nil)
		return p.v, p.ok
	}, p.stop
}

func newPuller[V any](seq iter.Seq[V]) *puller[V] {
	p := new(puller[V])
	p.body = func() {
		seq(func(v V) bool {
			if p.state != running && !p.mayYield() {
				return false
			}
			p.v, p.ok = v, true
			p.state = idle
			p.consumer.Switch(nil)
			return p.resumed()
		})
	}
	p.init()
	return p
}

// Pull2 is Pull for sequences of pairs.
func Pull2[K, V any](seq iter.Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	p := newPuller2(seq)
	return func() (K, V, bool) {
		if p.state != idle {
			kv, ok := p.last()
			return kv.k, kv.v, ok
		}
		p.consumer = p.asking()
		p.co.own.Switch(nil)
		return p.v.k, p.v.v, p.ok
	}, p.stop
}

func newPuller2[K, V any](seq iter.Seq2[K, V]) *puller[pair[K, V]] {
	p := new(puller[pair[K, V]])
	p.body = func() {
		seq(func(k K, v V) bool {
			if p.state != running && !p.mayYield() {
				return false
			}
			p.v.k, p.v.v, p.ok = k, v, true
			p.state = idle
			p.consumer.Switch(nil)
			return p.resumed()
		})
	}
	p.init()
	return p
}

type pair[K, V any] struct {
	k K
	v V
}

func (p *puller[V]) init() {
	p.raw = true
	p.start(p)
}

// A puller is a producer of the values of a sequence. They travel in it: a
// Switch would have to put them into an interface.
type puller[V any] struct {
	producer
	body func()
	v    V
	ok   bool
}

func (p *puller[V]) produce() {
	body := p.body
	p.body = nil
	body()
}

func (p *puller[V]) forget() {
	var zero V
	p.v, p.ok, p.body = zero, false, nil
}

// last is next when the producer is not suspended in yield.
func (p *puller[V]) last() (V, bool) {
	p.refuse("next")
	return p.v, p.ok
}

func (p *puller[V]) stop() {
	switch {
	case p.state == idle && !p.co.Started():
		p.co.check("stop")
		p.state = ended
		p.forget()
	case p.state == idle:
		p.co.check("stop")
		p.state = stopping
		p.consumer = p.asking()
		p.co.own.Switch(nil)
	default:
		p.refuse("stop")
	}
}
