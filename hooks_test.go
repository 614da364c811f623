package stackful_test

import (
	"testing"

	"github.com/stackful-go/stackful"
)

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
