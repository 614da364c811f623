package main

import (
	"errors"
	"runtime"
	"time"

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

// acts is what a routine chooses from; plain hops are the commonest.
var acts []func(*routine)

func init() {
	acts = append(acts, // not in the declaration: the acts hop, and so refer to acts
		func(r *routine) { r.w.recursions.Add(1); r.recurse(1 + r.w.rng.IntN(30)) },
		func(r *routine) {
			if r.w.rng.IntN(20) == 0 {
				r.w.grown.Add(1)
				r.recurse(3000)
			}
		},
		(*routine).panicAndRecover, (*routine).hopInDefer, (*routine).hopInPanic, (*routine).kill,
		(*routine).channels, (*routine).timers, (*routine).burst, (*routine).bigFrame, (*routine).maps,
		(*routine).pull, (*routine).lockThread, (*routine).hop, (*routine).hop, (*routine).hop)
}

// recurse hops somewhere on the way down, and on the way up.
func (r *routine) recurse(depth int) *blob {
	b := r.w.blob()
	local := [3]*blob{b, nil, b}
	onStack := blob{key: b.key, words: b.words, text: b.text}
	p := &onStack // a pointer into the stack, which must follow it when it moves
	if r.w.rng.IntN(10) == 0 {
		r.hop()
	}
	if depth > 0 {
		local[1] = r.recurse(depth - 1)
	}
	if r.w.rng.IntN(200) == 0 {
		r.hop()
	}
	for _, b := range local {
		r.w.verify(b, "a frame's array")
	}
	r.w.verify(p, "data on the stack")
	return b
}

var errExpected = errors.New("expected")

func (r *routine) panicAndRecover() {
	b := r.w.blob()
	r.w.panics.Add(1)
	func() {
		defer func() {
			p := recover()
			if p == errKilled {
				panic(p)
			}
			if p != errExpected {
				r.w.fail("recovered %v", p)
			}
		}()
		defer r.w.verify(b, "data of a deferred call")
		r.hop()
		panic(errExpected)
	}()
	r.w.verify(b, "data beside a panic")
}

// hopInDefer switches away in a deferred call; loops make heap-allocated ones.
func (r *routine) hopInDefer() {
	if r.depth > 2 {
		return
	}
	r.depth++
	defer func() { r.depth-- }()
	for range r.w.rng.IntN(4) {
		b := r.w.blob()
		defer func() {
			r.hop()
			r.w.verify(b, "data of a deferred hop")
		}()
	}
	r.hop()
}

// hopInPanic switches away while a panic goes up, so that panic and defer
// lists wait on a suspended stack.
func (r *routine) hopInPanic() {
	b := r.w.blob()
	r.w.panics.Add(1)
	defer func() {
		if p := recover(); p == errKilled {
			panic(p)
		}
		r.w.verify(b, "data of a recovering call")
	}()
	defer r.hop()
	defer func() {
		r.hop()
		r.hop()
	}()
	panic(errExpected)
}

// channels uses what parks a goroutine for other reasons than ours.
func (r *routine) channels() {
	c := make(chan *blob)
	go func(b *blob) { c <- b }(r.w.blob())
	keep := r.w.blob()
	r.hop()
	r.w.verify(<-c, "data from a channel")
	r.w.verify(keep, "data beside a channel")
}

// timers lets a timer or another goroutine decide, with hops in between.
func (r *routine) timers() {
	c := make(chan *blob, 1)
	keep := r.w.blob()
	timer := time.NewTimer(time.Duration(r.w.rng.IntN(50)) * time.Microsecond)
	defer timer.Stop()
	go func(b *blob) {
		runtime.Gosched()
		c <- b
	}(r.w.blob())
	for range 2 {
		r.hop()
		select {
		case b := <-c:
			r.w.verify(b, "data from a select")
		case <-timer.C:
		}
		r.w.verify(keep, "data beside a select")
	}
}

func (r *routine) maps() {
	m := map[uint64]*blob{}
	for range 20 {
		b := r.w.blob()
		m[b.key] = b
	}
	for key, b := range m {
		if key != b.key {
			r.w.fail("map key %#x has the blob %#x", key, b.key)
		}
		if r.w.rng.IntN(6) == 0 {
			r.hop()
		}
		r.w.verify(b, "data in a map")
	}
}

// bigFrame has a frame of several KiB with pointers all over it.
func (r *routine) bigFrame() {
	var frame [600]*blob
	for i := range frame {
		if i%50 == 0 {
			frame[i] = r.w.blob()
		}
	}
	r.hop()
	for _, b := range &frame {
		r.w.verify(b, "data in a big frame")
	}
}

// A source yields blobs from a stack of its own, by the fast yield and next.
type source struct {
	stack stackful.Stack
	b     *blob
	_     uintptr
	ended bool
}

func (f *source) take() (*blob, bool) { return f.b, !f.ended }

// pull takes blobs from a source, hopping in between, while the source waits in
// its yield; what is in flight is in registers only.
func (r *routine) pull() {
	r.pinned++ // the source stays here
	defer func() { r.pinned-- }()
	n := r.w.rng.IntN(6)
	f := new(source)
	f.stack.Init(func(s *stackful.Stack, _ any) (*stackful.Stack, any) {
		keep := r.w.blob()
		yield := stackful.NewYield(s, &f.b, func(b *blob) bool {
			f.b = b
			return s.Yielded()
		})
		for range n {
			if !yield(r.w.blob()) {
				break
			}
			r.w.verify(keep, "data held across a yield")
		}
		f.b, f.ended = nil, true
		return s.Resumer(), nil
	})
	next := stackful.NewNext(&f.stack, func() (*blob, bool) {
		if !stackful.Arrived() {
			f.stack.Resume(true)
		}
		return f.take()
	})
	defer func() {
		if f.stack.Started() && !f.ended { // killed in a hop
			f.stack.Resume(false)
		}
	}()
	count := 0
	for b, ok := next(); ok; b, ok = next() {
		count++
		r.w.verify(b, "a blob that was yielded")
		for range r.w.rng.IntN(3) {
			r.hop()
		}
		r.w.verify(b, "a blob that was yielded, later")
	}
	if count != n {
		r.w.fail("pulled %d blobs of %d", count, n)
	}
}
