package stackful_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// inInit is what a coroutine does while packages are initialized: then the runtime has
// locked the main goroutine to its thread.
var inInit = func() any {
	s := stackful.New(func(any) (*stackful.Stack, any) { return stackful.Current().Root(), "switched" })
	return s.Switch(nil)
}()

// The portable backend cannot keep a thread: it refuses, and nothing has changed.
func TestThreadLocked(t *testing.T) {
	if stackful.Backend().Native {
		t.Skip("the native backend keeps the thread")
	}
	want(t, "while packages are initialized", inInit, "switched")
	refused := func(what string, f func()) {
		t.Helper()
		defer func() {
			err, _ := recover().(error)
			if !errors.Is(err, stackful.ErrThreadLocked) {
				t.Errorf("%s: %v", what, err)
			}
		}()
		f()
	}
	onGoroutine(func() {
		s := body(func(any) any {
			runtime.LockOSThread()
			refused("on a stack", func() { up(nil) })
			runtime.UnlockOSThread()
			up("unlocked")
			return "over"
		})
		runtime.LockOSThread()
		refused("Switch to a fresh stack", func() { s.Switch(nil) })
		refused("SwitchRun", func() { s.SwitchRun(func() any { return nil }) })
		refused("SwitchPanic", func() { s.SwitchPanic("x") })
		runtime.UnlockOSThread()
		want(t, "first", s.Switch(nil), any("unlocked"))
		runtime.LockOSThread()
		refused("Switch to a suspended stack", func() { s.Switch(nil) })
		runtime.UnlockOSThread()
		want(t, "second", s.Switch(nil), any("over"))
	})
}
