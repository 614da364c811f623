package stackful

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stackful-go/stackful/asm"
)

func needCarriers(t *testing.T) {
	t.Helper()
	if !native {
		t.Skip("portable stacks have no carriers")
	}
}

// A pool gives back what nobody has wanted since the last look.
func TestTrim(t *testing.T) {
	needCarriers(t)
	p := &carrierPool{limit: 1000}
	p.put(makeCarriers(400))
	look := func(left int, more bool) {
		t.Helper()
		if got := p.trim(); got != more {
			t.Errorf("more to end: %v, want %v", got, more)
		}
		if n := len(p.idle); n != left {
			t.Errorf("%d carriers left, want %d", n, left)
		}
	}
	look(400, true) // all were made since
	got := make([]uintptr, 300)
	if n := p.get(got); n != 300 {
		t.Fatalf("got %d carriers of 300", n)
	}
	p.put(got)
	look(300, true) // 100 were left over all the time
	look(0, false)
	look(0, false)
}

// Those that are ended at a time end in the order of their stacks: the runtime keeps the stacks of the first, and so
// their spans.
func TestTrim_order(t *testing.T) {
	needCarriers(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // none has ended, and been forgotten, when we look
	made := makeCarriers(100)
	at := make(map[uintptr]uintptr, len(made))
	for _, g := range made {
		at[g] = peek(g + asm.GStackLo)
	}
	slices.Sort(made) // in no order of their stacks
	slices.Reverse(made)
	p := &carrierPool{limit: len(made), idle: made, least: len(made)}
	endingCarriers.take()
	p.trim()
	var got []uintptr
	for _, c := range endingCarriers.take() {
		if lo, mine := at[c.g]; mine {
			got = append(got, lo)
		}
	}
	if len(got) < 2 || !slices.IsSorted(got) {
		t.Errorf("%d carriers ended, with stacks at %#x, want all in order", len(got), got)
	}
}
