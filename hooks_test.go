package stackful_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// A scheduler that never waits for a stack while there is another one that it can
// run, or itself: a stack that is put off runs later, and the data of all is there.
func TestSetWaitHook(t *testing.T) {
	const n = 200
	root := stackful.Current()
	r := rand.New(rand.NewPCG(1, 2))
	var stacks []*stack
	var turns [n]int
	asked, other, stayed := 0, 0, 0
	if old := stackful.SetWaitHook(func(to *stack) *stack {
		asked++
		for range 20 {
			if s := stacks[r.IntN(n)]; !s.Done() && s != stackful.Current() && !s.MustWait() {
				other++
				return s
			}
		}
		if r.IntN(2) == 0 || stackful.Current().Done() {
			return to
		}
		stayed++
		return stackful.Current()
	}); old != nil {
		t.Error("there was a hook")
	}
	defer stackful.SetWaitHook(nil)
	for i := range n {
		stacks = append(stacks, body(func(any) any {
			held := newCells(r)
			for {
				turns[i]++
				if v := stacks[r.IntN(n)].Switch(nil); v != nil {
					t.Errorf("got %v", v)
				}
				held.verify(t)
				if r.IntN(10) == 0 {
					root.Switch(nil)
				}
			}
		}))
	}
	laps := scale(20_000, 2_000)
	besideGC(1<<30, func() {
		for range laps {
			stacks[r.IntN(n)].Switch(nil)
		}
	})
	for i := range turns {
		if turns[i] == 0 {
			t.Errorf("stack %d never had a turn", i)
		}
	}
	t.Logf("asked %d times, chose another one %d times, stayed %d times", asked, other, stayed)
	if !stackful.Backend().Native && asked != 0 {
		t.Error("asked in the portable backend")
	}
}

// What the hook may not choose is refused, and the goroutine goes on.
func TestSetWaitHook_misuse(t *testing.T) {
	if !stackful.Backend().Native {
		return // never called
	}
	root := stackful.Current()
	var choice *stack
	calls := 0
	defer stackful.SetWaitHook(stackful.SetWaitHook(func(to *stack) *stack {
		if calls++; calls == 1 && stackful.Current() == root {
			return choice
		}
		return to
	}))
	const n = 400
	var stacks []*stack
	for range n {
		stacks = append(stacks, body(func(any) any {
			for {
				up(nil)
			}
		}))
		stacks[len(stacks)-1].Switch(nil)
	}
	for _, c := range []struct {
		choice *stack
		err    error
	}{{nil, stackful.ErrWrongGoroutine}, {foreign(t), stackful.ErrWrongGoroutine}, {finished(), stackful.ErrDone}} {
		refused := false
		for round := 0; round < 200 && !refused; round++ {
			besideGC(1<<30, func() {
				for _, s := range stacks {
					choice, calls = c.choice, 0
					if v := panicOf(func() { s.Switch(nil) }); v != nil {
						refused = true
						wantUsage(t, "SetWaitHook", c.err, func() { panic(v) })
					}
					runtime.Gosched()
				}
			})
		}
		if !refused {
			t.Skip("no switch had to wait")
		}
		for _, s := range stacks {
			calls = 1
			s.Switch(nil)
		}
	}
}

// The hook gets which stack was left, which is resumed, and whether by a call on top.
func TestSetSwitchHook(t *testing.T) {
	onGoroutine(func() {
		type call struct {
			from, to *stack
			top      bool
		}
		var got []call
		root := stackful.Current()
		stackful.SetSwitchHook(func(from, to *stack, top bool) { got = append(got, call{from, to, top}) })
		defer stackful.SetSwitchHook(nil)
		b := body(up)
		a := body(func(any) any { b.Switch(nil); return nil })
		a.Switch(nil)
		a.SwitchRun(func() any { return nil })
		b.Switch(nil)
		calls := []call{{root, a, false}, {a, b, false}, {b, root, false}, {root, a, true}, {a, root, false}, {root, b, false}, {b, root, false}}
		for i, c := range calls {
			if i >= len(got) || got[i] != c {
				t.Fatalf("call %d: got %v, want %v", i, got, calls)
			}
		}
	})
}
