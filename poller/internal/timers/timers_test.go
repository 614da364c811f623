package timers

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var seed = flag.Uint64("seed", 0, "`seed` of the random numbers; 0 takes a new one")

// rng returns random numbers, and logs the seed if the test fails.
func rng(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to run it again: -seed %d", s)
		}
	})
	return rand.New(rand.NewPCG(s, 1))
}

func TestTimers_orderAndCancel(t *testing.T) {
	r := rng(t)
	var ts Heap
	var fired []int
	type entry struct {
		Timer
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
	if len(ts.Entries) != 0 || len(fired) != len(all)-len(cancelled) {
		t.Errorf("%d fired and %d are left, of %d", len(fired), len(ts.Entries), len(all)-len(cancelled))
	}
	for _, i := range fired {
		if cancelled[i] {
			t.Errorf("timer %d fired though disarmed", i)
		}
	}
}

func TestTimers_tiesInOrder(t *testing.T) {
	var ts Heap
	var fired []int
	for i := range 100 {
		ts.Arm(&Timer{Owner: fire(func(int64) { fired = append(fired, i) })}, 7)
	}
	ts.Run(7)
	if !slices.IsSorted(fired) || len(fired) != 100 {
		t.Errorf("fired in the order %v", fired)
	}
}

// A timer that arms itself for the past does not keep run busy for ever.
func TestTimers_rearmedWhileRunning(t *testing.T) {
	var ts Heap
	n := 0
	var tm Timer
	tm.Owner = fire(func(int64) { n++; ts.Arm(&tm, 1) })
	ts.Arm(&tm, 1)
	ts.Run(5)
	if n != 1 {
		t.Errorf("fired %d times", n)
	}
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
	all := make([]Timer, n)
	owner := fire(func(now int64) {
		fired++
		if now < last {
			t.Fatal("time runs backwards")
		}
		last = now
	})
	var ts Heap
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
	for at := ts.Next(); at != Never; at = ts.Next() {
		if at < last {
			t.Fatalf("a timer of %d comes after one of %d", at, last)
		}
		ts.Run(at)
	}
	if fired != n-cancelled {
		t.Errorf("%d timers have fired, want %d", fired, n-cancelled)
	}
}

// A timer that is due together with others still obeys what they do when they fire.
func TestTimers_disarmedWhileRunning(t *testing.T) {
	var ts Heap
	var fired []string
	var a, b, c Timer
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
	if len(fired) != 2 || fired[1] != "c" || len(ts.Entries) != 0 {
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
	var ts Heap
	const n = 5*DueAtOnce + 1
	var fired []int
	for i := range n {
		ts.Arm(&Timer{Owner: fire(func(int64) { fired = append(fired, i) })}, int64(1+i))
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
