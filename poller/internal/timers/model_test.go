package timers

import (
	"math/rand/v2"
	"testing"
)

// The heap against a sorted slice: arm, arm again, disarm, also of what has fired, from
// within what fires too.
func TestTimers_model(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	type armed struct {
		Timer
		when  int64
		order int // when it was armed; 0 while it is not
	}
	var ts Heap
	all := make([]armed, 150)
	order, now := 0, int64(10)
	arm := func(e *armed, when int64) {
		order++
		e.when, e.order = when, order
		ts.Arm(&e.Timer, when)
	}
	var fired []*armed
	for i := range all {
		e := &all[i]
		e.Owner = fire(func(at int64) {
			if at != now || e.order == 0 {
				t.Fatal("fired though it is not armed")
			}
			e.order = 0
			fired = append(fired, e)
			switch other := &all[r.IntN(len(all))]; r.IntN(4) {
			case 0:
				ts.Disarm(&other.Timer) // it may be about to fire
				other.order = 0
			case 1:
				arm(other, now-1) // for the past: not in this call
			}
		})
	}
	for range 3000 {
		e := &all[r.IntN(len(all))]
		if r.IntN(3) == 0 {
			ts.Disarm(&e.Timer)
			e.order = 0
		} else {
			arm(e, now+r.Int64N(40))
		}
		least := int64(Never)
		for i := range all {
			if e := &all[i]; e.order != 0 {
				if least == Never || e.when < least {
					least = e.when
				}
			}
		}
		if ts.Next() != least {
			t.Fatalf("next is %d, want %d", ts.Next(), least)
		}
		if r.IntN(20) != 0 {
			continue
		}
		now += r.Int64N(30)
		due := map[*armed]bool{}
		for i := range all {
			if e := &all[i]; e.order != 0 && e.when <= now {
				due[e] = true
			}
		}
		last, from := order, len(fired)
		type key struct {
			when  int64
			order int
		}
		keys := map[*armed]key{}
		for e := range due {
			keys[e] = key{e.when, e.order}
		}
		ts.Run(now)
		for i, e := range fired[from:] {
			if !due[e] {
				t.Fatal("fired in the same call though it was armed in it")
			}
			if i > 0 {
				a, b := keys[fired[from+i-1]], keys[e]
				if a.when > b.when || a.when == b.when && a.order > b.order {
					t.Fatal("not in order")
				}
			}
			delete(due, e)
		}
		for e := range due {
			if e.order != 0 && e.order <= last && e.when <= now {
				t.Fatal("did not fire")
			}
		}
		if len(ts.due) != 0 {
			t.Fatal("due is not empty")
		}
	}
}

// A fire is a function as the owner of a timer.
type fire func(int64)

func (f fire) Expire(now int64) { f(now) }
