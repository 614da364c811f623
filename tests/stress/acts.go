package main

import (
	"errors"

	"github.com/stackful-go/stackful"
)

// What a routine does between hops. Each keeps data that only its own frames
// refer to, and verifies it afterwards.

// A blob is heap data that verifies itself: what it holds follows from its key.
type blob struct {
	key   uint64
	words [6]uint64
	next  *blob
	text  []byte
}

func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func (w *worker) blob() *blob {
	var first *blob
	for range 1 + w.rng.IntN(4) {
		b := &blob{key: w.rng.Uint64(), next: first}
		for i := range b.words {
			b.words[i] = mix(b.key + uint64(i))
		}
		b.text = make([]byte, b.key%40)
		for i := range b.text {
			b.text[i] = byte(b.key >> (i % 8))
		}
		first = b
	}
	return first
}

func (w *worker) verify(b *blob, what string) {
	n := 0
	for ; b != nil; b = b.next {
		if n++; n > 4 {
			w.fail("%s: the list is too long", what)
			return
		}
		for i, word := range b.words {
			if word != mix(b.key+uint64(i)) {
				w.fail("%s: word %d of blob %#x is %#x", what, i, b.key, word)
				return
			}
		}
		if len(b.text) != int(b.key%40) {
			w.fail("%s: text of blob %#x has length %d", what, b.key, len(b.text))
			return
		}
		for i, c := range b.text {
			if c != byte(b.key>>(i%8)) {
				w.fail("%s: byte %d of the text of blob %#x is %#x", what, i, b.key, c)
				return
			}
		}
	}
}

// recurse hops somewhere on the way down, and on the way up.
func (w *worker) recurse(r *routine, depth int) *blob {
	b := w.blob()
	local := [3]*blob{b, nil, b}
	onStack := blob{key: b.key, words: b.words, text: b.text}
	p := &onStack // a pointer into the stack, which must follow it when it moves
	if w.rng.IntN(10) == 0 {
		w.hop(r)
	}
	if depth > 0 {
		local[1] = w.recurse(r, depth-1)
	}
	if w.rng.IntN(200) == 0 {
		w.hop(r)
	}
	for _, b := range local {
		w.verify(b, "a frame's array")
	}
	w.verify(p, "data on the stack")
	return b
}

var errExpected = errors.New("expected")

func (w *worker) panicAndRecover(r *routine) {
	b := w.blob()
	w.panics.Add(1)
	func() {
		defer func() {
			p := recover()
			if p == errKilled {
				panic(p)
			}
			if p != errExpected {
				w.fail("recovered %v", p)
			}
		}()
		defer w.verify(b, "data of a deferred call")
		w.hop(r)
		panic(errExpected)
	}()
	w.verify(b, "data beside a panic")
}

// hopInDefer switches away in a deferred call; loops make heap-allocated ones.
func (w *worker) hopInDefer(r *routine) {
	if r.depth > 2 {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	for range w.rng.IntN(4) {
		b := w.blob()
		defer func() {
			w.hop(r)
			w.verify(b, "data of a deferred hop")
		}()
	}
	w.hop(r)
}

// hopInPanic switches away while a panic goes up, so that panic and defer
// lists wait on a suspended stack.
func (w *worker) hopInPanic(r *routine) {
	b := w.blob()
	w.panics.Add(1)
	defer func() {
		if p := recover(); p == errKilled {
			panic(p)
		}
		w.verify(b, "data of a recovering call")
	}()
	defer w.hop(r)
	defer func() {
		w.hop(r)
		w.hop(r)
	}()
	panic(errExpected)
}

// channels uses what parks a goroutine for other reasons than ours.
func (w *worker) channels(r *routine) {
	c := make(chan *blob)
	go func(b *blob) { c <- b }(w.blob())
	keep := w.blob()
	w.hop(r)
	w.verify(<-c, "data from a channel")
	w.verify(keep, "data beside a channel")
}

func (w *worker) maps(r *routine) {
	m := map[uint64]*blob{}
	for range 20 {
		b := w.blob()
		m[b.key] = b
	}
	for key, b := range m {
		if key != b.key {
			w.fail("map key %#x has the blob %#x", key, b.key)
		}
		if w.rng.IntN(6) == 0 {
			w.hop(r)
		}
		w.verify(b, "data in a map")
	}
}

// bigFrame has a frame of several KiB with pointers all over it.
func (w *worker) bigFrame(r *routine) {
	var frame [600]*blob
	for i := range frame {
		if i%50 == 0 {
			frame[i] = w.blob()
		}
	}
	w.hop(r)
	for _, b := range &frame {
		w.verify(b, "data in a big frame")
	}
}

// A source yields blobs from a stack of its own, by the fast yield and next.
type source struct {
	stack stackful.Stack
	b     *blob
	_     [3]uintptr
	ended bool
}

// Resume implements stackful.Feeder.
func (f *source) Resume(more bool) { f.stack.Resumed(more) }

func (f *source) take() (*blob, bool) { return f.b, !f.ended }

// pull takes blobs from a source, hopping in between, while the source waits in
// its yield; what is in flight is in registers only.
func (w *worker) pull(r *routine) {
	n := w.rng.IntN(6)
	f := new(source)
	f.stack.Init(func(s *stackful.Stack, _ any) (*stackful.Stack, any) {
		keep := w.blob()
		yield := stackful.NewYield(s, &f.b, func(b *blob) bool {
			f.b = b
			return s.Yielded()
		})
		for range n {
			if !yield(w.blob()) {
				break
			}
			w.verify(keep, "data held across a yield")
		}
		f.b, f.ended = nil, true
		return s.Resumer(), nil
	})
	f.stack.SetData(f)
	next := stackful.NewNext(&f.stack, func() (*blob, bool) {
		f.stack.Resume(true)
		return f.take()
	}, f.take)
	defer func() {
		if f.stack.Started() && !f.ended { // killed in a hop
			f.stack.Resume(false)
		}
	}()
	count := 0
	for b, ok := next(); ok; b, ok = next() {
		count++
		w.verify(b, "a blob that was yielded")
		for range w.rng.IntN(3) {
			w.hop(r)
		}
		w.verify(b, "a blob that was yielded, later")
	}
	if count != n {
		w.fail("pulled %d blobs of %d", count, n)
	}
}
