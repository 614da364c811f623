package poller

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

func TestAwait(t *testing.T) {
	run(t, func() {
		others := 0
		other := Go(func() {
			for {
				others++
				Yield()
			}
		})
		gate := make(chan struct{})
		GoAfter(5*time.Millisecond, func() { close(gate) })
		v, err := Await(func() (int, error) { <-gate; return 42, os.ErrExist })
		if v != 42 || err != os.ErrExist {
			t.Errorf("%v, %v", v, err)
		}
		if others == 0 {
			t.Error("the other task did not run meanwhile")
		}
		other.Kill()

		func() {
			defer func() {
				p, _ := recover().(*PanicError)
				if p == nil || p.Value != "boom" {
					t.Errorf("panic %v", p)
				}
			}()
			Await(func() (int, error) { panic("boom") })
		}()

		if err := WithTimeout(5*time.Millisecond, func() error {
			_, err := Await(func() (int, error) { time.Sleep(50 * time.Millisecond); return 0, nil })
			return err
		}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("timeout: %v", err)
		}
	})
	if v, err := Await(func() (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Error("outside:", v, err)
	}
}

func TestSetAwaitLimit(t *testing.T) {
	old := SetAwaitLimit(2)
	defer SetAwaitLimit(old)
	var now, most atomic.Int32
	run(t, func() {
		var tasks []*Task
		for range 20 {
			tasks = append(tasks, Go(func() {
				Await(func() (int, error) {
					n := now.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(100 * time.Microsecond)
					now.Add(-1)
					return 0, nil
				})
			}))
		}
		JoinAll(tasks...)
	})
	if most.Load() > 2 {
		t.Errorf("%d at once", most.Load())
	}
}

// Wake-ups from goroutines are never lost, whatever the hub is doing.
func TestHammerForeignWakes(t *testing.T) {
	run(t, func() {
		h := sched.Here()
		const posters, each = 4, 2000
		got := 0
		for range posters {
			go func() {
				for range each {
					h.Post(func(*sched.Hub) { got++ })
				}
			}()
		}
		for got < posters*each {
			if got%3 == 0 {
				Sleep(time.Microsecond)
			} else {
				// Nothing but a post can end this: each poster's are in order.
				Await(func() (int, error) { return 0, nil })
			}
		}
	})
}

// One wake-up serves a batch: posts to a hub that runs cost no system call.
func TestPost_coalesced(t *testing.T) {
	s := &countingSelector{}
	h := &sched.Hub{IO: sched.HubIO{Sel: s}}
	for range 10 {
		h.Post(func(*sched.Hub) {})
	}
	if s.wakes != 0 {
		t.Errorf("%d wake-ups of a hub that runs", s.wakes)
	}
	h.Wake.Waiting.Store(true)
	for range 10 {
		h.Post(func(*sched.Hub) {})
	}
	if s.wakes != 1 {
		t.Errorf("%d wake-ups of a hub that waits", s.wakes)
	}
}

type countingSelector struct {
	selector.Selector
	wakes int
}

func (s *countingSelector) Wake() { s.wakes++ }

// A task that never waits cannot keep timers, and the other tasks, from running.
func TestFairness_busyTask(t *testing.T) {
	run(t, func() {
		fired := false
		GoAfter(time.Millisecond, func() { fired = true })
		for !fired {
			Yield()
		}
	})
}
