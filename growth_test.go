package stackful_test

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// deep calls itself n times, then at, and checks each frame on the way back.
//
//go:noinline
func deep(n int, at func()) int {
	frame := [8]int{n, n + 1, n + 2}
	p := &frame[1] // into this frame, which moves
	if n == 0 {
		at()
		return 0
	}
	sum := deep(n-1, at)
	if *p != n+1 || frame[0] != n || frame[7] != 0 {
		panic("a frame is not what it was")
	}
	return sum + 1
}

func TestGrowth_deepRecursion(t *testing.T) {
	const depth = 100_000
	s := body(func(any) any {
		for range 3 {
			want(t, "depth", deep(depth, func() { up("at the bottom") }), depth)
			up("unwound")
		}
		return "end"
	})
	for range 3 {
		want(t, "hop", s.Switch(nil), "at the bottom")
		want(t, "hop", s.Switch(nil), "unwound")
	}
	want(t, "end", s.Switch(nil), "end")
}

func stackInuse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}

// A suspended stack shrinks in the collector's cycles like a parked goroutine's.
func TestGrowth_shrinksWhileSuspended(t *testing.T) {
	s := body(func(any) any {
		local := [4]int{1, 2, 3, 4}
		p := &local[2]
		want(t, "depth", deep(100_000, func() { up(nil) }), 100_000)
		up(nil)
		want(t, "a pointer into the stack", *p, 3)
		return nil
	})
	stackful.Shutdown() // which gives back what others have left
	before := stackInuse()
	s.Switch(nil)
	deepest := stackInuse()
	if deepest < before+8<<20 {
		t.Fatalf("stacks in use: %d before, %d with a deep one", before, deepest)
	}
	s.Switch(nil)
	eventually(t, "the suspended stack has shrunk", func() bool {
		runtime.GC()
		return stackInuse() < before+(deepest-before)/4
	})
	s.Switch(nil)
	want(t, "done", s.Done(), true)
}

// The same while it has frames all the way down: it must not shrink under them.
func TestGrowth_collectedWhileDeep(t *testing.T) {
	s := body(func(any) any { return deep(20_000, func() { up(nil) }) })
	s.Switch(nil)
	for range 4 {
		runtime.GC()
	}
	want(t, "depth", s.Switch(nil), 20_000)
}

//go:noinline
func bigFrame(v any) any {
	var frame [64 << 10]byte
	for i := range frame {
		frame[i] = byte(i * 7)
	}
	v = up(v)
	for i := range frame {
		if frame[i] != byte(i*7) {
			panic("a big frame is not what it was")
		}
	}
	return v
}

func TestGrowth_bigFrames(t *testing.T) {
	var stacks []*stack
	for range 20 {
		s := body(bigFrame)
		want(t, "first", s.Switch("in"), "in")
		stacks = append(stacks, s)
	}
	runtime.GC()
	for _, s := range stacks {
		want(t, "second", s.Switch("out"), "out")
	}
}

// Pointers into the stack go down to callees that switch and make it move.
func TestGrowth_pointersIntoTheStack(t *testing.T) {
	type node struct {
		n    int
		next *node
	}
	var chain func(n int, last *node) int
	chain = func(n int, last *node) int {
		here := node{n, last} // a list through the frames
		if n == 0 {
			up("first")
			deep(5000, func() { up("second") })
			sum := 0
			for p := &here; p != nil; p = p.next {
				p.n *= 2
				sum += p.n
			}
			return sum
		}
		sum := chain(n-1, &here)
		if here.n != 2*n {
			panic("written to another place")
		}
		return sum
	}
	s := body(func(any) any { return chain(100, nil) })
	want(t, "hop", s.Switch(nil), "first")
	runtime.GC()
	want(t, "hop", s.Switch(nil), "second")
	runtime.GC()
	want(t, "sum", s.Switch(nil), 100*101)
}

// Growth in the first frames, in a call on top, and on the root while
// others are suspended.
func TestGrowth_everywhere(t *testing.T) {
	s := body(func(any) any { return up(deep(3000, func() {})) })
	want(t, "on top of a fresh stack, then in its entry",
		s.SwitchRun(func() any { return deep(3000, func() {}) }), 3000)
	result := s.SwitchRun(func() any {
		return deep(10_000, func() { up("grown on top") })
	})
	want(t, "on top of a suspended one", result, "grown on top")
	want(t, "on the root", deep(50_000, func() {}), 50_000)
	runtime.GC()
	want(t, "end", s.Switch(nil), 10_000)
}

// The room to grow is the same on every stack: what the prologue's guard keeps
// is kept on borrowed stacks too, wherever the frames end.
func TestGrowth_guard(t *testing.T) {
	for depth := range 200 {
		s := body(func(any) any {
			want(t, "depth", deep(depth, func() { up(nil) }), depth)
			leaf := [100]byte{1: 1}
			up(nil)
			return int(leaf[1])
		})
		s.Switch(nil)
		s.Switch(nil)
		want(t, "end", s.Switch(nil), 1)
	}
	want(t, "Current", stackful.Current(), stackful.Current().Root())
}
