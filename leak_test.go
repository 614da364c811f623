package stackful_test

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// maxCarriers is more than the goroutines that the package keeps for later use:
// those that are idle and those that are cached for owners.
const maxCarriers = 7000

// spareCarriers is what there may be besides those that are kept: of a batch that has been made, those that have not been
// needed yet; what a goroutine has at hand; and those in whose places new ones were made, as their stacks have grown.
const spareCarriers = 64 + 16 + 16

func TestLeak_createAndFinish(t *testing.T) {
	const spare = 4 << 20
	cycle := func(n int) {
		for i := range n {
			s := body(func(v any) any { return v })
			if s.Switch(i) != i {
				t.Fatal("wrong value")
			}
		}
	}
	cycle(1000)
	goroutines, memory := runtime.NumGoroutine(), stackInuse()
	cycle(scale(1_000_000, 100_000))
	eventually(t, "the goroutines are as many as before", func() bool {
		return runtime.NumGoroutine() <= goroutines+spareCarriers
	})
	if now := stackInuse(); now > memory+spare {
		t.Errorf("stacks in use: %d, %d before", now, memory)
	}
}

// The same with stacks that have been suspended, deep, and entered on top.
func TestLeak_lives(t *testing.T) {
	cycle := func(n int) {
		for range n {
			s := body(func(any) any { up(nil); deep(10, func() { up(nil) }); return nil })
			for !s.Done() {
				s.Switch(nil)
			}
			s = body(up)
			s.SwitchRun(func() any { return nil })
			s.SwitchRun(func() any { return nil })
		}
	}
	cycle(1000)
	goroutines := runtime.NumGoroutine()
	cycle(scale(100_000, 10_000))
	eventually(t, "the goroutines are as many as before", func() bool {
		return runtime.NumGoroutine() <= goroutines+spareCarriers
	})
}

// The race detector bears some 8,000 goroutines.
func manyStacks() int { return scale(10_000, 2_000) }

func TestLeak_manySuspended(t *testing.T) {
	before := runtime.NumGoroutine()
	var stacks []*stack
	for i := range manyStacks() {
		s := body(func(v any) any { return up(v) })
		want(t, "first", s.Switch(i), i)
		stacks = append(stacks, s)
	}
	for i, s := range stacks {
		want(t, "second", s.Switch(-i), -i)
	}
	eventually(t, "idle carriers are within the limit", func() bool {
		return runtime.NumGoroutine() <= before+maxCarriers/2
	})
}

func TestSetIdleLimit(t *testing.T) {
	const limit = 10
	old := stackful.SetIdleLimit(limit)
	defer stackful.SetIdleLimit(old)
	if stackful.Backend().Native { // the portable one keeps nothing
		want(t, "the limit that was set", stackful.SetIdleLimit(-1), limit)
		want(t, "a negative limit changes nothing", stackful.SetIdleLimit(limit), limit)
	}
	before := runtime.NumGoroutine()
	use := func() {
		var stacks []*stack
		for range 1000 {
			stacks = append(stacks, suspended())
		}
		for _, s := range stacks {
			s.Switch(nil)
		}
	}
	for range 3 {
		use()
		eventually(t, "carriers beyond the limit are gone", func() bool {
			return runtime.NumGoroutine() <= before+limit+spareCarriers
		})
	}
	stackful.SetIdleLimit(0)
	use()
	want(t, "it works with none kept", suspended().Switch(1), 1)
}

// A limit that is lowered ends what is beyond it.
func TestSetIdleLimit_lowered(t *testing.T) {
	old := stackful.SetIdleLimit(1000)
	defer stackful.SetIdleLimit(old)
	var stacks []*stack
	for range 500 {
		stacks = append(stacks, suspended())
	}
	for _, s := range stacks {
		s.Switch(nil)
	}
	before := runtime.NumGoroutine()
	stackful.SetIdleLimit(0)
	if !stackful.Backend().Native {
		return // portable stacks have no carriers
	}
	eventually(t, "idle carriers are gone", func() bool {
		return runtime.NumGoroutine() <= before-400
	})
}

// Free stacks that nothing needs are given back by and by.
func TestIdle_givenBack(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("portable stacks have no carriers")
	}
	var stacks []*stack
	for range 2000 {
		stacks = append(stacks, suspended())
	}
	for _, s := range stacks {
		s.Switch(nil)
	}
	before := runtime.NumGoroutine()
	eventually(t, "a batch of idle carriers is left, and what is at hand", func() bool {
		runtime.GC()
		return runtime.NumGoroutine() < before-1800
	})
	want(t, "it goes on with those", suspended().Switch(1), 1)
}
