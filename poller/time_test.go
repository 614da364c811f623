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

func TestTimers_orderAndCancel(t *testing.T) {
	r := rng(t)
	var ts sched.Timers
	var fired []int
	type entry struct {
		sched.Timer
		when int64
	}
	all := make([]*entry, 2000)
	for i := range all {
		e := &entry{when: 1 + r.Int64N(500)}
		e.Owner = fire(func(int64) { fired = append(fired, i) })
		all[i] = e
		ts.Arm(&e.Timer, e.when)
	}
	cancelled := map[int]bool{}
	for range 700 { // move some, cancel some, twice too
		i := r.IntN(len(all))
		if r.IntN(2) == 0 {
			ts.Disarm(&all[i].Timer)
			cancelled[i] = true
		} else {
			all[i].when = 1 + r.Int64N(500)
			ts.Arm(&all[i].Timer, all[i].when)
			delete(cancelled, i)
		}
	}
	for now := int64(0); now <= 500; now++ {
		from := len(fired)
		ts.Run(now)
		for _, i := range fired[from:] {
			if all[i].when != now {
				t.Fatalf("timer for %d fired at %d", all[i].when, now)
			}
		}
	}
	if len(ts.Heap) != 0 || len(fired) != len(all)-len(cancelled) {
		t.Errorf("%d fired and %d are left, of %d", len(fired), len(ts.Heap), len(all)-len(cancelled))
	}
	for _, i := range fired {
		if cancelled[i] {
			t.Errorf("timer %d fired though disarmed", i)
		}
	}
}

func TestTimers_tiesInOrder(t *testing.T) {
	var ts sched.Timers
	var fired []int
	for i := range 100 {
		ts.Arm(&sched.Timer{Owner: fire(func(int64) { fired = append(fired, i) })}, 7)
	}
	ts.Run(7)
	if !slices.IsSorted(fired) || len(fired) != 100 {
		t.Errorf("fired in the order %v", fired)
	}
}

// A timer that arms itself for the past does not keep run busy for ever.
func TestTimers_rearmedWhileRunning(t *testing.T) {
	var ts sched.Timers
	n := 0
	var tm sched.Timer
	tm.Owner = fire(func(int64) { n++; ts.Arm(&tm, 1) })
	ts.Arm(&tm, 1)
	ts.Run(5)
	if n != 1 {
		t.Errorf("fired %d times", n)
	}
}

type fire func(int64)

func (f fire) Expire(now int64) { f(now) }

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

// The mission's first example: who sleeps shorter goes on earlier.
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

// A million timers, in random order, some moved and some cancelled.
func TestTimers_million(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	r := rng(t)
	fired := 0
	var last int64
	all := make([]sched.Timer, n)
	owner := expireFunc(func(now int64) {
		fired++
		if now < last {
			t.Fatal("time runs backwards")
		}
		last = now
	})
	var ts sched.Timers
	for i := range all {
		all[i].Owner = owner
		ts.Arm(&all[i], 1+r.Int64N(1e9))
	}
	cancelled := 0
	for range n / 10 {
		i := r.IntN(n)
		if all[i].Place != 0 {
			cancelled++
		}
		ts.Disarm(&all[i])
		if j := r.IntN(n); all[j].Place != 0 {
			ts.Arm(&all[j], 1+r.Int64N(1e9))
		}
	}
	for at := ts.Next(); at != sched.Never; at = ts.Next() {
		if at < last {
			t.Fatalf("a timer of %d comes after one of %d", at, last)
		}
		ts.Run(at)
	}
	if fired != n-cancelled {
		t.Errorf("%d timers have fired, want %d", fired, n-cancelled)
	}
}

type expireFunc func(now int64)

func (f expireFunc) Expire(now int64) { f(now) }

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
