package stackful

import "testing"

// A pool gives back what nobody has wanted since the last look.
func TestTrim(t *testing.T) {
	if !native {
		t.Skip("portable stacks have no carriers")
	}
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
