package poller

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Calls that were given up do not keep others from their turn.
func TestAwait_givenUp(t *testing.T) {
	mustEnd(t)
	const limit = 2
	defer SetAwaitLimit(SetAwaitLimit(limit))
	gate := make(chan struct{})
	run(t, func() {
		var begun atomic.Int32
		block := func() (int, error) { begun.Add(1); <-gate; return 0, nil }
		var tasks []*Task
		for i := range 3 * limit {
			k := Go(func() { Await(block) })
			for begun.Load() == int32(i) {
				YieldIO()
			}
			k.Kill()
			tasks = append(tasks, Go(func() {
				if n, err := Await(func() (int, error) { return i, nil }); n != i || err != nil {
					t.Errorf("%d, %v; want %d", n, err, i)
				}
			}))
			needNil(t, JoinAll(tasks...))
		}
		// The limit holds for those that are not given up.
		var now, most atomic.Int32
		var g Group
		for range 10 * limit {
			g.Go(func() error {
				_, err := Await(func() (int, error) {
					most.Store(max(most.Load(), now.Add(1)))
					runtime.Gosched()
					now.Add(-1)
					return 0, nil
				})
				return err
			})
		}
		needNil(t, g.Join())
		if n := most.Load(); n > limit {
			t.Errorf("%d calls at once, with a limit of %d", n, limit)
		}
	})
	close(gate)
	for {
		sched.Helpers.Mu.Lock()
		running, givenUp := sched.Helpers.Running, sched.Helpers.GivenUp
		sched.Helpers.Mu.Unlock()
		if running == 0 && givenUp == 0 {
			break
		}
		if running < 0 || givenUp < 0 {
			t.Fatalf("%d helpers, %d calls given up", running, givenUp)
		}
		runtime.Gosched()
	}
}

// There is an end to it.
func TestAwait_givenUpMost(t *testing.T) {
	mustEnd(t)
	defer func(old int) { sched.GivenUpMost = old }(sched.GivenUpMost)
	sched.GivenUpMost = 3
	gate, over := make(chan struct{}), make(chan struct{})
	run(t, func() {
		begun := make(chan struct{}, 1)
		block := func() (int, error) { begun <- struct{}{}; <-gate; over <- struct{}{}; return 0, nil }
		for range sched.GivenUpMost {
			k := Go(func() { Await(block) })
			for len(begun) == 0 {
				YieldIO()
			}
			<-begun
			k.Kill()
		}
		quick := func() (int, error) { return 7, nil }
		if _, err := Await(quick); err != sched.ErrGivenUp {
			t.Errorf("Await: %v", err)
		}
		if _, err := Open("x"); err != sched.ErrGivenUp {
			t.Errorf("Open: %v", err)
		}
		close(gate)
		for range sched.GivenUpMost {
			<-over
		}
		for {
			if n, err := Await(quick); err == nil && n == 7 {
				break
			}
			Yield()
		}
	})
}
