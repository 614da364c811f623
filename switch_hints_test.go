package stackful_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// Marking is seen while the collector works, and never in the portable backend, nor where
// the collector lets no goroutine of the program run while it marks (GODEBUG=gcstoptheworld).
func TestMarking(t *testing.T) {
	besideGC(1<<30, func() {
		if stackful.Backend().Native && !strings.Contains(os.Getenv("GODEBUG"), "gcstoptheworld") {
			for !stackful.Marking() {
				runtime.Gosched()
			}
			return
		}
		for range 1000 {
			want(t, "marking", stackful.Marking(), false)
			runtime.Gosched()
		}
	})
}

// Prefetch is a hint in whatever state a stack is.
func TestPrefetch(t *testing.T) {
	var zero stackful.Stack
	zero.Prefetch()
	stackful.Current().Prefetch()
	root := stackful.Current()
	s := stackful.New(func(v any) (*stackful.Stack, any) {
		root.Prefetch()
		stackful.Current().Prefetch()
		return root, root.Switch(v.(int) + 1)
	})
	s.Prefetch()
	want(t, "first", s.Switch(1), any(2))
	s.Prefetch()
	want(t, "second", s.Switch(3), any(3))
	s.Prefetch()
	want(t, "done", s.Done(), true)
}
