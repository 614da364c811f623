package coro_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

var cleanupLocal = stackful.NewOwnerLocal[int]()

// The functions of runtime.AddCleanup run on a few goroutines, with a race context for each
// call: what this library keeps for a goroutine is not to be reported, with -race.
func TestCleanups(t *testing.T) {
	const cleanups = 300
	var n atomic.Int64
	use := func(kind int) {
		defer n.Add(1)
		root := coro.Current()
		switch kind % 4 {
		case 0:
			c := coro.New(func(any) any { root.Switch(nil); return nil })
			c.Switch(nil)
			c.Switch(nil)
		case 1:
			next, stop := coro.Pull(func(yield func(int) bool) { _ = yield(1) && yield(2) })
			next()
			stop()
		case 2:
			cleanupLocal.Set(cleanupLocal.Get() + 1)
			coro.New(func(any) any { return nil }).Kill()
		case 3:
			c := coro.New(func(any) any { defer n.Load(); root.Switch(nil); return nil })
			c.Switch(nil)
			c.Kill()
		}
	}
	for i := range cleanups {
		addCleanup(use, i)
	}
	for range 10_000 {
		if n.Load() == cleanups {
			return
		}
		runtime.GC()
		runtime.Gosched()
	}
	t.Errorf("%d of %d cleanups have run", n.Load(), cleanups)
}

//go:noinline
func addCleanup(f func(int), arg int) { runtime.AddCleanup(&struct{ p *int }{new(int)}, f, arg) }
