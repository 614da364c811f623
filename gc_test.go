package stackful_test

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stackful-go/stackful"
)

// A cell is heap data that verifies itself: what it holds follows from its key.
type cell struct {
	key   uint64
	words [5]uint64
	next  *cell
}

func newCells(r *rand.Rand) (first *cell) {
	for range 1 + r.IntN(4) {
		first = &cell{key: r.Uint64(), next: first}
		for i := range first.words {
			first.words[i] = first.key * uint64(i+1)
		}
	}
	return first
}

func (c *cell) verify(t testing.TB) {
	for ; c != nil; c = c.next {
		for i, w := range c.words {
			if w != c.key*uint64(i+1) {
				t.Fatalf("word %d of cell %#x is %#x", i, c.key, w)
			}
		}
	}
}

func newRand(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// What only suspended stacks refer to survives, in frames, in registers at the
// switch, in deferred calls, in panics and in values on their way.
func TestGC_keepsWhatSuspendedStacksHold(t *testing.T) {
	r := newRand(t)
	var stacks []*stack
	for range 100 {
		s := body(func(v any) any {
			a, b := newCells(r), newCells(r)
			defer func() { b.verify(t) }()
			for range 2 { // records on the heap
				c := newCells(r)
				defer func() { c.verify(t) }()
			}
			defer func() {
				p := recover().(*cell)
				up(nil) // suspended while it panics
				p.verify(t)
			}()
			v.(*cell).verify(t)
			up(newCells(r)).(*cell).verify(t)
			a.verify(t)
			panic(newCells(r))
		})
		s.Switch(newCells(r)).(*cell).verify(t)
		stacks = append(stacks, s)
	}
	for round := range 2 {
		for range 3 {
			runtime.GC()
			newCells(r)
		}
		for _, s := range stacks {
			s.Switch(newCells(r))
			want(t, "done", s.Done(), round == 1)
		}
	}
}

// Stacks move between slots, and values between stacks, in every phase of a
// collection: nothing may be lost.
func TestGC_movesWhileMarking(t *testing.T) {
	r := newRand(t)
	const n = 40
	var stacks []*stack
	root := stackful.Current()
	rounds := scale(30_000, 3_000)
	hops := 0
	hop := func(v any) any {
		hops++
		if next := r.IntN(n + 1); next < len(stacks) && !stacks[next].Done() {
			return stacks[next].Switch(v)
		}
		return root.Switch(v)
	}
	entry := func(v any) (*stack, any) {
		held := newCells(r) // only here
		for range 1 + r.IntN(30) {
			got := hop(newCells(r)).(*cell)
			got.verify(t)
			held.verify(t)
			if held = got; r.IntN(4) == 0 {
				deep(r.IntN(60), func() { hop(held).(*cell).verify(t) })
			}
		}
		v.(*cell).verify(t)
		return nil, held
	}
	fill := func() {
		for i := range stacks {
			if stacks[i].Done() {
				stacks[i] = stackful.New(entry)
			}
		}
	}
	for range n {
		stacks = append(stacks, stackful.New(entry))
	}
	besideGC(1<<30, func() {
		for hops < rounds {
			fill()
			hop(newCells(r)).(*cell).verify(t)
		}
	})
}

// Goroutines born in the middle of a mark phase attach and switch at once; their
// predecessors' g's are used again.
func TestGC_newGoroutinesWhileMarking(t *testing.T) {
	besideGC(1<<30, func() {
		for range scale(400, 60) {
			onGoroutine(func() {
				r := rand.New(rand.NewPCG(1, 2))
				s := body(func(first any) any {
					first.(*cell).verify(t)
					held := newCells(r)
					for range 5 {
						up(newCells(r)).(*cell).verify(t)
						held.verify(t)
					}
					return held
				})
				mine := newCells(r)
				for !s.Done() {
					s.Switch(newCells(r)).(*cell).verify(t)
					mine.verify(t)
				}
			})
		}
	})
}

// weakly runs f on its own frame, so that nothing else keeps what it made.
//
//go:noinline
func weakly[T any](f func() *T) weak.Pointer[T] { return weak.Make(f()) }

func collected[T any](t *testing.T, what string, p weak.Pointer[T]) {
	t.Helper()
	_ = clobberFrames(50) // for what it leaves below
	eventually(t, what+" is collected", func() bool {
		runtime.GC()
		return p.Value() == nil
	})
}

//go:noinline
func clobberFrames(n int) [64]uintptr {
	var words [64]uintptr
	if n > 0 {
		words = clobberFrames(n - 1)
	}
	return words
}

func TestGC_freesWhatFinishedStacksHeld(t *testing.T) {
	var handle *stack
	local := weakly(func() (p *cell) {
		handle = body(func(any) any {
			p = newCells(rand.New(rand.NewPCG(1, 2)))
			up(nil)
			return nil
		})
		handle.Switch(nil)
		return p
	})
	runtime.GC()
	handle.Switch(nil)
	collected(t, "what a finished stack held", local)
	runtime.KeepAlive(handle)
}

// What the entry captures is free once it has returned, though the handle lives.
func TestGC_freesTheEntry(t *testing.T) {
	var handle *stack
	captured := weakly(func() *cell {
		c := new(cell)
		handle = body(func(any) any { return c.key })
		return c
	})
	handle.Switch(nil)
	collected(t, "what a finished entry captured", captured)
	runtime.KeepAlive(handle)
}

// Values that were passed are not kept by the machinery.
func TestGC_freesValues(t *testing.T) {
	s := body(func(v any) any {
		for v != "end" {
			v = nil
			v = up(nil)
		}
		return nil
	})
	s.Switch(nil)
	plain := weakly(func() *cell { c := new(cell); s.Switch(c); return c })
	onTop := weakly(func() *cell { c := new(cell); s.SwitchRun(func() any { return c }); return c })
	s.Switch("not a cell")
	collected(t, "a value passed", plain)
	collected(t, "a result on top", onTop)
	s.Switch("end")
}

func TestGC_freesHandles(t *testing.T) {
	const n = 20
	var handles []weak.Pointer[stack]
	for range n {
		handles = append(handles,
			weakly(func() *stack { return body(nil) }),
			weakly(finished),
			weakly(func() *stack { s := suspended(); s.SwitchRun(func() any { return nil }); return s }))
	}
	for _, h := range handles {
		collected(t, "the handle of a stack that is not in use", h)
	}
}

func TestGC_keepsSuspendedHandles(t *testing.T) {
	reached := false
	p := weakly(func() *stack {
		s := body(func(any) any {
			up(nil)
			reached = true
			return nil
		})
		s.Switch(nil)
		return s
	})
	for range 3 {
		runtime.GC()
	}
	s := p.Value()
	if s == nil {
		t.Fatal("a suspended stack's handle was collected")
	}
	s.Switch(nil)
	want(t, "it went on", reached, true)
}

// An ended goroutine leaves nothing but what the table of the last few keeps.
func TestGC_freesOwners(t *testing.T) {
	const n = 2000
	var roots []weak.Pointer[stack]
	for range n {
		onGoroutine(func() {
			roots = append(roots, weak.Make(stackful.Current()))
			finished()
		})
	}
	eventually(t, "most goroutines' roots are collected", func() bool {
		runtime.GC()
		left := 0
		for _, r := range roots {
			if r.Value() != nil {
				left++
			}
		}
		return left <= n/4
	})
}
