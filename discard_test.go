package stackful_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// canDiscard reports whether a stack without deferred calls can be discarded, and
// keeps the collector from marking meanwhile. Without optimization even the
// engine's own deferred call has a record.
func canDiscard(t testing.TB) bool {
	if !stackful.Backend().Native || raceEnabled || !optimized(t) {
		return false
	}
	t.Cleanup(func() func() {
		old := debug.SetGCPercent(-1)
		return func() { debug.SetGCPercent(old) }
	}())
	runtime.GC() // returns when no phase is under way
	return true
}

// optimized reports whether this binary was built with the compiler's optimizations.
func optimized(t testing.TB) bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("no build information")
	}
	for _, s := range info.Settings {
		if s.Key == "-gcflags" && strings.Contains(s.Value, "-N") {
			return false
		}
	}
	return true
}

func TestDiscard(t *testing.T) {
	can := canDiscard(t)
	for _, c := range []struct {
		name string
		body func(v any) any
		may  bool
	}{
		{"at the top", up, true},
		{"below plain calls", func(v any) any { return deepUp(5, v) }, true},
		{"in an inlined closure", func(v any) any { return func() any { return up(v) }() }, true},
		{"below a stray call", func(v any) any { defer strayCall(); return up(v) }, false},
		{"deep below a stray call", func(v any) any { defer strayCall(); return deepUp(20, v) }, false},
		{"below stray calls in a loop", func(v any) any {
			for range 3 {
				defer strayCall()
			}
			return deepUp(3, v)
		}, false},
		{"below a stray call in the middle", func(v any) any {
			return deepUpThen(5, v, func(v any) any { defer strayCall(); return deepUp(5, v) })
		}, false},
		{"in a deferred call", func(v any) any { defer func() { up(v) }(); return nil }, false},
		{"while panicking", func(v any) any {
			defer func() { up(v) }()
			panic("on the way")
		}, false},
		{"below a stray call of an endless function", func(v any) any {
			endless(v)
			return nil
		}, false},
		{"in a loop over a function, with a stray call", func(v any) any {
			for v := range func(yield func(any) bool) { yield(v) } {
				defer strayCall()
				up(v)
			}
			return nil
		}, false},
	} {
		s := guarded(c.body)
		s.Switch("v")
		strayCalls = 0
		got := s.Discard()
		want(t, c.name+": discarded", got, can && c.may)
		want(t, c.name+": done", s.Done(), got)
		if !got {
			want(t, c.name+": end", s.SwitchPanic("thrown"), "ended by thrown")
			want(t, c.name+": done after all", s.Done(), true)
		}
		want(t, c.name+": deferred calls run", strayCalls > 0, strings.Contains(c.name, "stray"))
	}
}

// guarded returns a stack whose entry function recovers: its deferred call is the
// one that a discarded stack does not run.
func guarded(f func(v any) any) *stack {
	s := new(stack)
	s.Init(func(_ *stack, v any) (next *stack, out any) {
		defer func() {
			if v := recover(); v != nil {
				out = fmt.Sprintf("ended by %v", v)
			}
		}()
		return nil, f(v)
	})
	return s
}

var strayCalls int

//go:noinline
func strayCall() { strayCalls++ }

//go:noinline
func deepUp(n int, v any) any {
	if n == 0 {
		return up(v)
	}
	return deepUpThen(n, v, func(v any) any { return deepUp(n-1, v) })
}

//go:noinline
func deepUpThen(n int, v any, then func(v any) any) any {
	var frame [64]byte
	frame[n%len(frame)] = 1
	v = then(v)
	runtime.KeepAlive(&frame)
	return v
}

//go:noinline
func endless(v any) {
	defer strayCall()
	for {
		up(v)
	}
}

// What is not a suspended stack is not discarded.
func TestDiscard_notSuspended(t *testing.T) {
	canDiscard(t)
	fresh := body(up)
	want(t, "fresh", fresh.Discard(), false)
	want(t, "started by that", fresh.Started(), false)
	want(t, "done", finished().Discard(), false)
	wantUsage(t, "Discard", stackful.ErrRunning, func() { stackful.Current().Discard() })
	body(func(any) any {
		wantUsage(t, "Discard", stackful.ErrRunning, func() { stackful.Current().Discard() })
		wantUsage(t, "Discard", stackful.ErrRunning, func() { stackful.Current().Root().Discard() })
		return nil
	}).Switch(nil)
	wantUsage(t, "Discard", stackful.ErrNotInitialized, func() { new(stack).Discard() })
	wantUsage(t, "Discard", stackful.ErrWrongGoroutine, func() { foreign(t).Discard() })
}

// The entry function's own deferred calls are not run, whatever happens later.
func TestDiscard_runsNothing(t *testing.T) {
	if !canDiscard(t) {
		t.Skip("nothing is discarded in this mode")
	}
	ran := false
	s := new(stack)
	s.Init(func(_ *stack, v any) (*stack, any) {
		defer func() { ran = true }()
		return nil, up(v)
	})
	s.Switch(nil)
	want(t, "discarded", s.Discard(), true)
	for range 100 { // the carrier is used again
		want(t, "next", suspended().Switch("v"), "v")
	}
	runtime.GC()
	want(t, "deferred call ran", ran, false)
	wantUsage(t, "Switch", stackful.ErrDone, func() { s.Switch(nil) })
	s.Init(func(_ *stack, v any) (*stack, any) { return nil, v })
	want(t, "used again", s.Switch("v"), "v")
}

// An entry function that called Switch itself is a function like any other.
func TestDiscard_inEntry(t *testing.T) {
	can := canDiscard(t)
	for _, deferring := range []bool{false, true} {
		s, ran := new(stack), false
		entry := func(s *stack, v any) (*stack, any) { return nil, s.Root().Switch(v) }
		if deferring {
			entry = func(s *stack, v any) (*stack, any) {
				defer func() { ran = true }()
				return nil, s.Root().Switch(v)
			}
		}
		s.Init(entry)
		s.Switch(nil)
		want(t, "discarded", s.Discard(), can && !deferring)
		if !s.Done() {
			s.Switch(nil)
			want(t, "deferred call ran", ran, deferring)
		}
	}
}

// A switch hook must see how a stack ends.
func TestDiscard_hook(t *testing.T) {
	canDiscard(t)
	s := suspended()
	stackful.SetSwitchHook(func(_, _ *stack, _ bool) {})
	defer stackful.SetSwitchHook(nil)
	want(t, "discarded", s.Discard(), false)
}

// Stacks deeper than Discard looks are not discarded.
func TestDiscard_deep(t *testing.T) {
	canDiscard(t)
	s := body(func(v any) any { return deepUp(1000, v) })
	s.Switch(nil)
	want(t, "discarded", s.Discard(), false)
	want(t, "result", s.Switch("v"), "v")
}

// Many more stacks than the owner's cache has room for, discarded at random
// beside the collector: none loses a deferred call, and the carriers are reused.
func TestDiscard_random(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var live []*stack
	pending := map[*stack]bool{}
	garbage := make([][]byte, 64)
	for range 20_000 {
		garbage[r.IntN(len(garbage))] = make([]byte, r.IntN(4096))
		if len(live) < 200 && r.IntN(3) > 0 {
			withDefer := r.IntN(2) == 0
			depth := r.IntN(12)
			s := guarded(func(v any) any {
				if withDefer {
					defer strayCall()
					return deepUp(depth, v)
				}
				return deepUp(depth, v)
			})
			if r.IntN(2) == 0 { // the same in two functions, so that one has none
				withDefer = false
				s = guarded(func(v any) any { return deepUp(depth, v) })
			}
			s.Switch(nil)
			pending[s] = withDefer
			live = append(live, s)
			continue
		}
		if len(live) == 0 {
			continue
		}
		i := r.IntN(len(live))
		s := live[i]
		live[i] = live[len(live)-1]
		live = live[:len(live)-1]
		strayCalls = 0
		if !s.Discard() {
			s.SwitchPanic("thrown")
		}
		want(t, "done", s.Done(), true)
		want(t, "deferred calls", strayCalls, map[bool]int{true: 1}[pending[s]])
		delete(pending, s)
	}
	for _, s := range live {
		s.SwitchPanic("end")
	}
}

func BenchmarkEnd(b *testing.B) {
	b.Run("by=Discard", func(b *testing.B) {
		var s stack
		for range b.N {
			s.Init(entryUp)
			s.Switch(nil)
			if !s.Discard() {
				s.Switch(nil)
			}
		}
	})
	b.Run("by=Switch", func(b *testing.B) {
		var s stack
		for range b.N {
			s.Init(entryUp)
			s.Switch(nil)
			s.Switch(nil)
		}
	})
	b.Run("by=SwitchPanic", func(b *testing.B) {
		var s stack
		for range b.N {
			s.Init(entryRecovers)
			s.Switch(nil)
			s.SwitchPanic("end")
		}
	})
}

func entryUp(_ *stack, v any) (*stack, any) { return nil, up(v) }

func entryRecovers(_ *stack, v any) (next *stack, out any) {
	defer func() { recover() }()
	return nil, up(v)
}

// SwitchPanic is SwitchRun with a function that panics.
func TestSwitchPanic(t *testing.T) {
	s := guarded(func(v any) any {
		got := panicOf(func() { up(v) })
		return up(got)
	})
	s.Switch(nil)
	want(t, "recovered inside", s.SwitchPanic("one"), "one")
	want(t, "not recovered", s.SwitchPanic("two"), "ended by two")
	want(t, "done", s.Done(), true)

	self := stackful.Current()
	want(t, "on the running stack", panicOf(func() { self.SwitchPanic("here") }), "here")
	root := stackful.Current()
	s = body(func(any) any { return root.SwitchPanic("up there") })
	want(t, "on the root", panicOf(func() { s.Switch(nil) }), "up there")
	s.Switch(nil)

	wantUsage(t, "SwitchPanic", stackful.ErrDone, func() { finished().SwitchPanic("v") })
	wantUsage(t, "SwitchPanic", stackful.ErrNotInitialized, func() { new(stack).SwitchPanic("v") })
	wantUsage(t, "SwitchPanic", stackful.ErrWrongGoroutine, func() { foreign(t).SwitchPanic("v") })

	// The value is not kept, and a refused one does not come up later.
	want(t, "after refusals", suspended().Switch("v"), "v")
}
