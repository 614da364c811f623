package coro_test

import (
	"errors"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// A panic with nil is a panic: recover does not show one with this setting.
func TestPanicNil(t *testing.T) {
	t.Setenv("GODEBUG", "panicnil=1")
	nothing := func() { panic(nil) }
	for name, f := range map[string]func(){
		"a coroutine": func() { coro.New(func(any) any { nothing(); return nil }).Switch(nil) },
		"a generator": func() {
			coro.NewGenerator(func(_ int, _ func(int) int) { nothing() }).Send(1)
		},
		"a sequence": func() {
			next, _ := coro.Pull(func(func(int) bool) { nothing() })
			next()
		},
	} {
		returned, exited := false, true
		var v any
		elsewhere(func() {
			func() {
				defer func() { v = recover() }()
				f()
				returned = true
			}()
			exited = false
		})
		if returned || exited {
			t.Errorf("%s: returned: %v; Goexit: %v", name, returned, exited)
		}
		var e *coro.PanicError
		if err, _ := v.(error); name != "a sequence" && (!errors.As(err, &e) || e.Value != nil) {
			t.Errorf("%s: panic with %v", name, v)
		}
	}
}
