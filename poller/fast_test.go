package poller

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A timer that is due together with others still obeys what they do when they fire.
func TestTimers_disarmedWhileRunning(t *testing.T) {
	var ts sched.Timers
	var fired []string
	var a, b, c sched.Timer
	a.Owner = fire(func(int64) {
		fired = append(fired, "a")
		ts.Disarm(&b)
		ts.Arm(&c, 9)
	})
	b.Owner = fire(func(int64) { fired = append(fired, "b") })
	c.Owner = fire(func(now int64) {
		fired = append(fired, "c")
		if now != 9 {
			t.Errorf("c fired at %d", now)
		}
	})
	ts.Arm(&a, 5)
	ts.Arm(&b, 5)
	ts.Arm(&c, 5)
	ts.Run(5)
	if len(fired) != 1 || fired[0] != "a" {
		t.Fatal("fired: ", fired)
	}
	ts.Run(9)
	if len(fired) != 2 || fired[1] != "c" || len(ts.Heap) != 0 {
		t.Fatal("fired: ", fired)
	}
	ts.Arm(&b, 10)
	ts.Run(10)
	if len(fired) != 3 {
		t.Error("a timer that was disarmed while due cannot be armed again")
	}
}

// More are due than run takes at once.
func TestTimers_manyDue(t *testing.T) {
	var ts sched.Timers
	const n = 5*sched.DueAtOnce + 1
	var fired []int
	for i := range n {
		ts.Arm(&sched.Timer{Owner: fire(func(int64) { fired = append(fired, i) })}, int64(1+i))
	}
	ts.Run(n)
	for i, j := range fired {
		if i != j {
			t.Fatalf("%d fired in place %d", j, i)
		}
	}
	if len(fired) != n {
		t.Errorf("%d of %d have fired", len(fired), n)
	}
}

// Other goroutines begin to wait for tasks at the very moment when these end.
func TestHammerJoin_foreign(t *testing.T) {
	ownable(t)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	run(t, func() {
		for range rounds {
			var task atomic.Pointer[Task]
			var others sync.WaitGroup
			for i := range 2 {
				others.Go(func() {
					for task.Load() == nil {
					}
					if i == 0 {
						<-task.Load().Done()
					} else if err := task.Load().Join(); err != nil {
						t.Error(err)
					}
				})
			}
			k := Go(func() {})
			task.Store(k)
			k.Join()
			others.Wait() // hangs if one of them was not told
		}
	})
}

// A task that never waited starts although there is no stack for it yet, in the
// order of its Go call.
func TestGo_beyondIdle(t *testing.T) {
	run(t, func() {
		const n = 3 * sched.MaxIdle
		var started []int
		var wg WaitGroup
		for i := range n {
			wg.Go(func() {
				started = append(started, i)
				Yield()
			})
		}
		killed := Go(func() { t.Error("a task that was killed before its start has run") })
		killed.KillNoWait()
		wg.Wait()
		for i, j := range started {
			if i != j {
				t.Fatalf("%d started in place %d", j, i)
			}
		}
		if len(started) != n {
			t.Errorf("%d of %d have started", len(started), n)
		}
	})
}
