package stackful_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
)

// With -race, what is kept for a goroutine is not to be reported where the runtime has
// functions of AddCleanup run on it, each in a race context of its own.
func TestOwner_cleanups(t *testing.T) {
	const cleanups = 200
	var n atomic.Int64
	use := func(i int) {
		defer n.Add(1)
		if i%2 == 0 {
			local.Set("one")
			stackful.Current().Root().SetData(i)
			stackful.SetSwitchHook(nil)
		}
		want(t, "value of the switch", suspended().Switch("v"), "v")
		local.Get()
		stackful.Current().Root().Data()
		stackful.SetSwitchHook(nil)
	}
	for i := range cleanups {
		addCleanup(use, i)
	}
	eventually(t, "all cleanups have run", func() bool { runtime.GC(); return n.Load() == cleanups })
}

//go:noinline
func addCleanup(f func(int), arg int) { runtime.AddCleanup(&struct{ p *int }{new(int)}, f, arg) }
