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
// next and stop may be called from any coroutine of the goroutine that calls next
// first. There are three differences to iter.Pull, all of them for misuse or for
// what iter.Pull allows and few need:
//   - After the first call, next and stop panic with ErrWrongGoroutine on another
//     goroutine, where iter.Pull lets them be handed over.
//   - Calling next or stop inside of seq panics with ErrReentered (with a plain
//     string there), and so does yield outside of a call to next.
//   - coro.Current is the sequence's own coroutine inside of seq. Its parent is
//     the coroutine that called next first.
func Pull[V any](seq iter.Seq[V]) (next func() (V, bool), stop func()) {
	// Small enough to be inlined; then next may be too.
	p := &puller[V]{seq: seq}
	return func() (V, bool) {
		if p.state != idle {
			return p.slow()
		}
		p.consumer = p.asking()
		p.co.own.Switch(nil)
		return p.v, p.ok
	}, p.stop
}

// Pull2 is Pull for sequences of pairs.
func Pull2[K, V any](seq iter.Seq2[K, V]) (next func() (K, V, bool), stop func()) {
	p := &puller2[K, V]{seq: seq}
	return func() (K, V, bool) {
		if p.state != idle {
			return p.slow()
		}
		p.consumer = p.asking()
		p.co.own.Switch(nil)
		return p.k, p.v, p.ok
	}, p.stop
}

// A puller is a producer of the values of a sequence. They travel in it: a
// Switch would have to put them into an interface.
type puller[V any] struct {
	producer
	seq iter.Seq[V]
	v   V
	ok  bool
}

// slow is next where the producer is not suspended in yield: not started, at its
// end, or not to be asked.
func (p *puller[V]) slow() (V, bool) {
	if p.state == fresh {
		p.start(p, true)
	} else {
		p.refuse("next")
	}
	return p.v, p.ok
}

func (p *puller[V]) produce() {
	seq := p.seq
	p.seq = nil
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

func (p *puller[V]) forget() {
	var zero V
	p.v, p.ok, p.seq = zero, false, nil
}

func (p *puller[V]) stop() { p.producer.stop(p) }

type puller2[K, V any] struct {
	producer
	seq iter.Seq2[K, V]
	k   K
	v   V
	ok  bool
}

func (p *puller2[K, V]) slow() (K, V, bool) {
	if p.state == fresh {
		p.start(p, true)
	} else {
		p.refuse("next")
	}
	return p.k, p.v, p.ok
}

func (p *puller2[K, V]) produce() {
	seq := p.seq
	p.seq = nil
	seq(func(k K, v V) bool {
		if p.state != running && !p.mayYield() {
			return false
		}
		p.k, p.v, p.ok = k, v, true
		p.state = idle
		p.consumer.Switch(nil)
		return p.resumed()
	})
}

func (p *puller2[K, V]) forget() {
	var k K
	var v V
	p.k, p.v, p.ok, p.seq = k, v, false, nil
}

func (p *puller2[K, V]) stop() { p.producer.stop(p) }
