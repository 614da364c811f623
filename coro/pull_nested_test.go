package coro_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// A sequence that waits in next of another one, which has switched away, is not in its yield:
// asked again, its own next panics, since it was switched to while it waited.
func TestPull_askedWhileAsking(t *testing.T) {
	main := coro.Current()
	inner := func(yield func(*[4]int) bool) {
		yield(new([4]int))
		main.Switch("aside")
		for yield(new([4]int)) {
		}
	}
	outer := func(yield func(*[4]int) bool) {
		next, stop := coro.Pull(inner)
		defer stop()
		for {
			v, ok := next()
			runtime.GC()
			if !ok {
				t.Errorf("the inner sequence gave %p, %v", v, ok)
			}
			if !yield(v) {
				return
			}
		}
	}
	next, _ := coro.Pull(outer)
	refused := func() (text string) {
		defer func() {
			if err, ok := recover().(error); ok {
				text = err.Error()
			}
		}()
		next()
		return ""
	}
	next()
	if got := refused(); !strings.Contains(got, coro.ErrNotYielded.Error()) {
		t.Errorf("switched to in next: %q", got)
	}
	if got := refused(); !strings.Contains(got, coro.ErrNotYielded.Error()) {
		t.Errorf("next of a sequence that waits in next: %q", got)
	}
}
