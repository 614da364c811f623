package stackful

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

// yielding returns a stack that is suspended in a fast yield function, where a bool is
// expected, and what that has returned.
func yielding(t *testing.T) (s *Stack, got *[]bool) {
	if !native || raceEnabled {
		t.Skip("there is no fast yield function")
	}
	type slot struct {
		v int
		_ uintptr
	}
	values, got := new(slot), new([]bool)
	s = new(Stack)
	s.Init(func(s *Stack, _ any) (*Stack, any) {
		yield := NewYield(s, &values.v, func(v int) bool { values.v = v; return s.Yielded() })
		for {
			more := yield(1)
			*got = append(*got, more)
			if !more { // there is no resumer
				s.Root().Switch(nil)
			}
		}
	})
	for i := range uintptr(3) { // left by an earlier trace, by which yields go the slow way
		atomic.StoreUint32(field(asm.G(), gStatusTraced+4*i), 0)
	}
	const patience = time.Minute // slow, too, while the collector marks
	for start := time.Now(); s.yieldHost == 0; s.Resume(true) {
		if time.Since(start) > patience {
			t.Fatal("the fast way is not open")
		}
	}
	*got = nil
	return s, got
}

// A stack that was refused and is not gone to after all stays in its yield, and one that the hook
// chooses in its place is made ready: redirect is between two attempts of switchLocked.
func TestSetWaitHook_yielding(t *testing.T) {
	refused, fromRefused := yielding(t)
	chosen, fromChosen := yielding(t)
	root := Current()
	for _, next := range []*Stack{chosen, root} {
		old := SetWaitHook(func(*Stack) *Stack { return next })
		refused.host = refused.yieldHost // as switchNative leaves it
		if got := root.owner.redirect(refused); got != next {
			t.Errorf("it goes to %p, want %p", got, next)
		}
		SetWaitHook(old)
		if refused.host != 0 || refused.yieldHost == 0 {
			t.Errorf("the refused stack has host %#x and pulled %#x", refused.host, refused.yieldHost)
		}
	}
	if chosen.host != chosen.yieldHost || chosen.yieldHost == 0 {
		t.Errorf("the chosen stack has host %#x and pulled %#x", chosen.host, chosen.yieldHost)
	}
	chosen.host = 0
	for _, c := range []struct {
		s   *Stack
		got *[]bool
	}{{refused, fromRefused}, {chosen, fromChosen}} {
		c.s.Switch("no bool")
		c.s.Resume(true) // out of that Switch
		c.s.Resume(true)
		if !slices.Equal(*c.got, []bool{false, true}) {
			t.Errorf("yield returned %v", *c.got)
		}
	}
}

// A carrier that has ended, and was forgotten, is found again when the runtime has used its g for
// a new one.
func TestCarrierSet_again(t *testing.T) {
	const n = 2*endedKept + 10
	var c carrierSet
	for g := uintptr(1); g <= n; g++ {
		c.add([]uintptr{g})
	}
	for g := uintptr(1); g < n; g++ {
		c.remove(g)
	}
	if len(c.all) > n-endedKept {
		t.Errorf("%d of %d are remembered", len(c.all), n)
	}
	for g := uintptr(1); g < n; g++ {
		c.add([]uintptr{g})
	}
	all := c.snapshot()
	slices.Sort(all)
	if len(all) != n || len(slices.Compact(all)) != n || len(c.ended) != 0 {
		t.Errorf("%d of %d are there, %d of them ended", len(all), n, len(c.ended))
	}
}
