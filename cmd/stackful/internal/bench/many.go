package bench

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync/atomic"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/benchcases"
	"github.com/stackful-go/stackful/internal/units"
)

// benchMany compares switches where the caches decide: each touches the words and the stack
// of one that has not run for a lap. Two numbers show how the cost grows with what a lap touches.
func benchMany(ctx context.Context, b *settings) (results []Result, err error) {
	numbers := []int{min(1024, b.live), b.live}
	if b.number != 0 {
		numbers = []int{b.number}
	}
	for _, live := range numbers {
		r := Result{Name: fmt.Sprintf("many-%d", live), Unit: "ns", Figure: "median",
			About: fmt.Sprintf("from one to the next, one way, round robin among %s live ones", units.Thousands(int64(live)))}
		err := b.compare(ctx, &r, []contender{
			{"coro.Switch", func() (func(int) int, func()) { return manyCoroutines(live) }},
			{"coro.Switch, to each and back", func() (func(int) int, func()) { return manyAndBack(live) }},
			{"iter.Pull, half a next()", func() (func(int) int, func()) { return manyIterPull(live) }},
			{"runtime.Gosched", func() (func(int) int, func()) { return manyGosched(live) }},
		}, []pairing{
			{"coro.Switch", "runtime.Gosched"},
			{"coro.Switch, to each and back", "iter.Pull, half a next()"},
		})
		results = append(results, r)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// A ring is coroutines that each switch to the next one, and the last of them to
// the root.
type ring struct {
	members []*coro.Coroutine
	root    *coro.Coroutine
}

// newRing makes a ring of n, whose members run the bodies in turn.
func newRing(n int, bodies ...func(next *coro.Coroutine) any) *ring {
	r := &ring{root: coro.Current(), members: make([]*coro.Coroutine, n)}
	for i := range r.members {
		body := bodies[i%len(bodies)]
		r.members[i] = coro.New(func(any) any {
			next := r.root
			if i+1 < n {
				next = r.members[i+1]
			}
			return body(next)
		})
	}
	return r
}

// kill ends the members, which are suspended in their bodies.
func (r *ring) kill() {
	for _, c := range r.members {
		c.Kill()
	}
}

// Three bodies, so that neighbours in a ring return to different places: one that all share
// would be predicted.

//go:noinline
func ringBody1(next *coro.Coroutine) any {
	for {
		next.Switch(nil)
	}
}

//go:noinline
func ringBody2(next *coro.Coroutine) any {
	var last [2]any
	for i := 0; ; i++ {
		last[i%2] = next.Switch(nil)
	}
}

//go:noinline
func ringBody3(next *coro.Coroutine) any {
	var last [8]any
	for i := 0; ; i += 3 {
		last[i%8] = next.Switch(nil)
	}
}

// manyCoroutines goes round a ring: each lap is a switch for each member, and one back.
func manyCoroutines(live int) (func(int) int, func()) {
	r := newRing(live, ringBody1, ringBody2, ringBody3)
	return func(n int) int {
		laps := n/(live+1) + 1
		for range laps {
			r.members[0].Switch(nil)
		}
		return laps * (live + 1)
	}, r.kill
}

// manyAndBack is what manyIterPull does: every other switch is to the same one.
func manyAndBack(live int) (func(int) int, func()) {
	r := &ring{root: coro.Current(), members: make([]*coro.Coroutine, live)}
	for i := range r.members {
		r.members[i] = coro.New(func(any) any { return ringBody1(r.root) })
	}
	return func(n int) int {
		laps := n/(2*live) + 1
		for range laps {
			for _, c := range r.members {
				c.Switch(nil)
			}
		}
		return laps * 2 * live
	}, r.kill
}

// manyIterPull takes a value of each of many sequences in turn.
func manyIterPull(live int) (func(int) int, func()) {
	nexts, stops := make([]func() (int, bool), live), make([]func(), live)
	for i := range live {
		nexts[i], stops[i] = iter.Pull(benchcases.Endless)
	}
	run := func(n int) int {
		laps := n/(2*live) + 1
		for range laps {
			for _, next := range nexts {
				v, _ := next()
				sink += v
			}
		}
		return laps * 2 * live
	}
	return run, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// manyGosched keeps goroutines that wait until they are to take turns: between the rounds they
// must not run, since the other contenders are measured then. Turns are counted by all, as the
// scheduler does not promise an order.
func manyGosched(live int) (func(int) int, func()) {
	var turning atomic.Bool
	gates := make([]chan struct{}, live)
	idle := make(chan int)
	for i := range gates {
		gates[i] = make(chan struct{}, 1)
		go func() {
			for range gates[i] {
				turns := 0
				for turning.Load() {
					turns++
					runtime.Gosched()
				}
				idle <- turns
			}
		}()
	}
	run := func(n int) int {
		turning.Store(true)
		for _, gate := range gates {
			gate <- struct{}{}
		}
		laps := n/(live+1) + 1
		for range laps {
			runtime.Gosched()
		}
		turning.Store(false)
		for range live {
			laps += <-idle
		}
		return laps
	}
	return run, func() {
		for _, gate := range gates {
			close(gate)
		}
	}
}

// sink keeps what is computed from being optimized away; it is read, so that
// it counts as used.
var sink int

func init() { _ = sink }
