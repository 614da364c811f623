package stackful_test

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful"
)

// RecoverOnly takes one panic, by its very value, once, and nothing else.
func TestRecoverOnly(t *testing.T) {
	type pointer *[4]int
	v := new([4]int)
	native := stackful.Backend().Native
	func() {
		defer func() {
			want(t, "another value", stackful.RecoverOnly(new([4]int)), false)
			want(t, "another type", stackful.RecoverOnly(pointer(v)), false)
			want(t, "a type of another kind", stackful.RecoverOnly(unsafe.Pointer(v)), false)
			want(t, "nil", stackful.RecoverOnly(nil), false)
			want(t, "the value", stackful.RecoverOnly(v), native)
			want(t, "the value again", stackful.RecoverOnly(v), false)
			if !native {
				want(t, "recover", recover(), any(v))
			}
		}()
		panic(v)
	}()
	want(t, "outside of a panic", stackful.RecoverOnly(v), false)
	ended := false
	onGoroutine(func() {
		defer func() { ended = !stackful.RecoverOnly(v) && !stackful.RecoverOnly(nil) }()
		runtime.Goexit()
	})
	want(t, "a Goexit goes on", ended, true)
}

// What is on the lists of a stack keeps it from being discarded, also if only the entry
// function has a defer statement.
func TestDiscard_lists(t *testing.T) {
	for name, entry := range map[string]stackful.Entry{
		"deferred calls": func(_ *stack, v any) (*stack, any) {
			for range 3 {
				defer strayCall()
			}
			return nil, deepUp(1, v)
		},
		"a panic": func(_ *stack, v any) (*stack, any) {
			defer func() {
				recover()
				for range 3 {
					strayCall()
				}
				deepUp(1, v)
			}()
			panic("recovered")
		},
	} {
		t.Run(name, func(t *testing.T) {
			canDiscard(t)
			onGoroutine(func() {
				strayCalls = 0
				var s stack
				s.Init(entry)
				s.Switch(nil)
				want(t, "discarded", s.Discard(), false)
				s.Switch(nil)
				want(t, "done", s.Done(), true)
				want(t, "calls", strayCalls, 3)
			})
		})
	}
}
