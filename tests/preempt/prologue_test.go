//go:build linux

package preempt

import (
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/tests/internal/process"
)

func TestMain(m *testing.M) {
	process.Main(m, map[string]func(){"prologues": prologues, "deadlock": deadlock})
}

// Without asynchronous preemption, tasks are preempted in prologues alone, where the closure register is
// live: a closure finds its variables when it goes on.
func TestPreempt_prologues(t *testing.T) {
	needPatched(t)
	out, code := process.Run(t, "prologues", "GODEBUG=asyncpreemptoff=1")
	if code != 0 || !strings.Contains(out, process.ExitOK) {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func prologues() {
	err := poller.Options{Preempt: true, TimeSlice: slice, MonitorAfter: -1}.Run(func() {
		var g poller.Group
		for i := range 4 {
			g.GoFunc(func() {
				want := nest(uint64(i), 12)
				for poller.ReadStats().Slices < 100 {
					if v := nest(uint64(i), 12); v != want {
						panic("a closure has found other variables")
					}
				}
			})
		}
		if err := g.Join(); err != nil {
			panic(err)
		}
	})
	if err != nil {
		panic(err)
	}
}

// nest calls closures that are too large to be inlined, each with variables of its own.
func nest(seed uint64, depth int) uint64 {
	if depth == 0 {
		return seed
	}
	var kept [4]uint64
	for i := range kept {
		kept[i] = seed * uint64(i+3)
	}
	f := func(x uint64) uint64 { return x*kept[depth%4] ^ nest(kept[(depth+1)%4], depth-1) }
	return call(f, seed) + call(f, seed+1)
}

//go:noinline
func call(f func(uint64) uint64, x uint64) uint64 { return f(x) }
