package poller

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestSleep_neverEarly(t *testing.T) {
	r := rng(t)
	run(t, func() {
		var tasks []*Task
		for range 200 {
			d := time.Duration(1 + r.Int64N(int64(30*time.Millisecond)))
			tasks = append(tasks, Go(func() {
				start := time.Now()
				Sleep(d)
				if took := time.Since(start); took < d {
					t.Errorf("slept %v, not %v", took, d)
				}
			}))
		}
		JoinAll(tasks...)
	})
}

// Shorter sleeps end earlier.
func TestSleep_order(t *testing.T) {
	var got []int
	run(t, func() {
		var tasks []*Task
		for _, n := range []int{3, 4, 1} {
			tasks = append(tasks, Go(func() {
				Sleep(time.Duration(n) * 10 * time.Millisecond)
				got = append(got, n)
			}))
		}
		JoinAll(tasks...)
	})
	if want := []int{1, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("woke in the order %v, want %v", got, want)
	}
}

func TestSleep_outside(t *testing.T) {
	start := time.Now()
	Sleep(2 * time.Millisecond)
	Sleep(0)
	Yield()
	YieldIO()
	if d := time.Since(start); d < 2*time.Millisecond {
		t.Errorf("slept %v", d)
	}
}

func TestWithTimeout(t *testing.T) {
	run(t, func() {
		var deferred bool
		err := WithTimeout(10*time.Millisecond, func() error {
			defer func() { deferred = true }()
			Sleep(time.Hour)
			return nil
		})
		var ne net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() || !deferred {
			t.Errorf("got %v, deferred calls %v", err, deferred)
		}
		if err := WithTimeout(time.Hour, func() error { return os.ErrExist }); err != os.ErrExist {
			t.Errorf("in time: got %v", err)
		}
		if err := WithTimeout(0, func() error { Yield(); return nil }); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("zero: got %v", err)
		}
		Sleep(time.Millisecond) // nothing is left over
	})
	if err := WithTimeout(time.Nanosecond, func() error { return nil }); err != nil {
		t.Error("outside:", err)
	}
}

func TestWithTimeout_nested(t *testing.T) {
	run(t, func() {
		var inner error
		outer := WithTimeout(10*time.Millisecond, func() error {
			inner = WithTimeout(time.Hour, func() error { Sleep(time.Hour); return nil })
			t.Error("the inner one swallowed the outer's")
			return nil
		})
		if outer == nil || inner != nil {
			t.Errorf("outer %v, inner %v", outer, inner)
		}
		outer = WithTimeout(time.Hour, func() error {
			inner = WithTimeout(10*time.Millisecond, func() error { Sleep(time.Hour); return nil })
			return nil
		})
		if outer != nil || inner == nil {
			t.Errorf("outer %v, inner %v", outer, inner)
		}
	})
}

func TestWithTimeout_panicPasses(t *testing.T) {
	run(t, func() {
		defer func() {
			if v := recover(); v != "other" {
				t.Errorf("recovered %v", v)
			}
		}()
		WithTimeout(time.Hour, func() error { panic("other") })
	})
}

func TestHammerTimeoutsAndKills(t *testing.T) {
	r := rng(t)
	run(t, func() {
		var tasks []*Task
		for range 200 {
			r := rand.New(rand.NewPCG(r.Uint64(), 2))
			tasks = append(tasks, Go(func() {
				for range 10 {
					WithTimeout(time.Duration(r.IntN(3000))*time.Microsecond, func() error {
						Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
						Yield()
						return nil
					})
				}
			}))
		}
		for range 100 {
			Sleep(100 * time.Microsecond)
			tasks[r.IntN(len(tasks))].KillNoWait()
		}
		for _, task := range tasks {
			if err := task.Join(); err != nil && err != ErrKilled {
				t.Error(err)
			}
		}
	})
}

// Tasks that sleep until about the same time are woken together: one wait of the
// hub serves all that are due.
func TestSleep_noStorm(t *testing.T) {
	run(t, func() {
		const n = 2000
		at := sched.After(20 * time.Millisecond)
		h := sched.Here()
		before := h.Stats.Waits
		var wg WaitGroup
		for range n {
			wg.Go(func() { Sleep(time.Duration(at - sched.Nanotime())) })
		}
		wg.Wait()
		if waits := h.Stats.Waits - before; waits > n/4 {
			t.Errorf("%d waits for %d sleepers", waits, n)
		}
	})
}
