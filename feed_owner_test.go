package stackful_test

import (
	"testing"

	"github.com/stackful-go/stackful"
)

// Resume and a fast next function are refused on another goroutine, wherever the
// stack that yields was suspended, and the sequence goes on where it was.
func TestFeed_wrongGoroutine(t *testing.T) {
	f := newFeeder(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next := f.next()
	refused := func() {
		onGoroutine(func() {
			wantUsage(t, "Resume", stackful.ErrWrongGoroutine, func() { f.s.Resume(true) })
			wantUsage(t, "Resume", stackful.ErrWrongGoroutine, func() { next() })
		})
	}
	for i := range 5 {
		refused() // not started, then suspended in yield
		if v, ok := next(); v != i || !ok {
			t.Fatalf("next: %d, %v, want %d", v, ok, i)
		}
	}
	f.s.Resume(false)
	want(t, "ended", f.ended, true)
}

// Who waits for a stack to yield does not move with it: on the new goroutine it
// ends like one that nobody waits for.
func TestMove_resumerStaysBehind(t *testing.T) {
	f := newFeeder(func(func(int) bool) { up(nil) }) // leaves in the middle, not by yield
	f.s.Resume(true)
	want(t, "who waits", f.s.Resumer(), stackful.Current())
	f.s.Detach()
	onGoroutine(func() {
		f.s.Attach()
		want(t, "who waits after the move", f.s.Resumer(), (*stack)(nil))
		f.s.Switch(nil)
		want(t, "done", f.s.Done(), true)
	})
}
