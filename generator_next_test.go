package stackful_test

import (
	"fmt"
	"testing"

	"github.com/stackful-go/stackful"
)

// A stack that waits for one generator, and was resumed by another stack meanwhile, and
// waits for another one now, gets nothing from the first, though that knows it as the one that waits.
func TestNext_anotherOnesValue(t *testing.T) {
	testAnotherOnesValue(t, 1, 2, -1)
	type wide struct{ a, b, c, d, e int } // in registers, by way of the slot
	testAnotherOnesValue(t, wide{1, 1, 1, 1, 1}, wide{2, 2, 2, 2, 2}, wide{})
	testAnotherOnesValue(t, [3]string{"a", "b", "c"}, [3]string{"d"}, [3]string{})
	testAnotherOnesValue(t, 1.5, 2, -1)
}

func testAnotherOnesValue[V comparable](t *testing.T, first, second, none V) {
	makes := func(v V) (*producer[V], func() (V, bool)) {
		f := newProducer(func(yield func(V) bool) {
			yield(v)
			up(nil) // while a consumer waits
			yield(v)
		})
		next := f.next()
		if got, ok := next(); got != v || !ok {
			t.Fatalf("got %v, %v", got, ok)
		}
		f.v = none
		return f, next
	}
	p, nextP := makes(first)
	q, nextQ := makes(second)
	var got V
	asked := 0
	consumer := body(func(any) any {
		if v, ok := nextP(); v != none || !ok {
			t.Errorf("resumed by somebody else, got %v, %v", v, ok)
		}
		asked++
		got, _ = nextQ()
		asked++
		return nil
	})
	consumer.Switch(nil) // resumes p, which switches away
	consumer.Switch(nil) // gives up, and resumes q, which switches away
	want(t, "asked", asked, 1)
	p.s.Switch(nil) // yields, to the consumer
	want(t, "ended", consumer.Done(), true)
	if got != none {
		t.Errorf("asked for %v, got %v", second, got)
	}
	want(t, "the value of the second", q.v, none)
}

// A consumer that something else has resumed in a next function asks anew with its next call, also
// where that is slow since the generator has switched away.
func TestNext_asksAnew(t *testing.T) {
	f := newProducer(func(yield func(int) bool) {
		yield(1)
		up(nil) // while a consumer waits
		yield(2)
	})
	next := f.next()
	var got []int
	consumer := body(func(any) any {
		for range 3 {
			v, _ := next()
			got = append(got, v)
		}
		return nil
	})
	consumer.Switch(nil)
	consumer.Switch(nil)
	want(t, "the values", fmt.Sprint(got), "[1 1 2]")
}

// A stack in a yield function is resumed once as that, and then as what it has become: by a
// fast Resume, or by a switch, it came out, and waits in a Switch now.
func TestYield_isNotInYieldAnyMore(t *testing.T) {
	for name, resume := range map[string]func(s *stack){
		"Resume":    func(s *stack) { s.Resume(true) },
		"SwitchRun": func(s *stack) { s.SwitchRun(func() any { return nil }) },
		"Switch":    func(s *stack) { s.Switch(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			onGoroutine(func() {
				var got any
				f := newProducer(func(yield func(int) bool) {
					yield(1)
					got = up(nil)
				})
				f.s.Resume(true)
				resume(&f.s)
				f.next()() // not as one that yields
				if s := fmt.Sprint(got); s != "true" || !f.ended {
					t.Errorf("Switch returned %s, ended: %v", s, f.ended)
				}
			})
		})
	}
}

//go:noinline
func withDefers(n int, log *[]string, name string, f func()) {
	for range n { // so many records on the list
		defer func() { *log = append(*log, name) }()
	}
	f()
}

// Deferred calls of a generator and of its consumer stay theirs, by whichever way they
// take turns.
func TestYield_deferredCalls(t *testing.T) {
	for _, way := range []string{"Resume", "next"} {
		t.Run(way, func(t *testing.T) {
			onGoroutine(func() {
				var log []string
				f := newProducer(func(yield func(int) bool) {
					withDefers(2, &log, "outer generator", func() {
						yield(1)
						withDefers(1, &log, "inner generator", func() { yield(2) })
						yield(3)
					})
				})
				next := f.next()
				ask := func() {
					if way == "next" {
						next()
					} else {
						f.s.Resume(true)
					}
				}
				ask()
				withDefers(1, &log, "inner consumer", ask)
				withDefers(2, &log, "outer consumer", func() {
					ask()
					ask()
				})
				want(t, "ended", f.ended, true)
				want(t, "the order of deferred calls", fmt.Sprint(log),
					"[inner consumer inner generator outer generator outer generator outer consumer outer consumer]")
			})
		})
	}
}

// A stack may have more than one yield function: each next gets the value of the one that was called. (Since a
// panic ends a bodied stack, it takes turns with its resumer in a pair in the portable backend.)
func TestNext_twoYields(t *testing.T) {
	const values = 6
	var (
		s    *stack
		slot [2]int
		last int // the one that was called last
	)
	s, _ = newBodied(func(any) any {
		var yields [len(slot)]func(int) bool
		for i := range yields {
			yields[i] = stackful.NewYield(s, &slot[i], func(v int) bool { slot[i] = v; return s.Yielded() })
		}
		for v := range values {
			last = v / 2 % 2 // 0 0 1 1 0 0
			yields[last](v)
		}
		return nil
	})
	next := stackful.NewNext(s, func() (int, bool) {
		if !stackful.Arrived() {
			s.Resume(true)
		}
		return slot[last], !s.Done()
	})
	for want := range values {
		if v, ok := next(); v != want || !ok {
			t.Errorf("got %d, %v, want %d", v, ok, want)
		}
	}
	if _, ok := next(); ok {
		t.Error("there is one value too many")
	}
}

// The first call of a next function starts the stack, with a carrier at hand or not; what its entry gets is a
// value.
func TestNext_starts(t *testing.T) {
	type sequence struct {
		s     stackful.Stack
		v     int
		start any
	}
	onGoroutine(func() {
		var all []*sequence
		for i := range 100 {
			q := &sequence{start: "not started"}
			q.s.Init(func(s *stackful.Stack, v any) (*stackful.Stack, any) {
				q.start = v
				stackful.NewYield(s, &q.v, func(v int) bool { q.v = v; return s.Yielded() })(i)
				q.v = -1
				return s.Resumer(), nil
			})
			all = append(all, q)
		}
		for i, q := range all {
			next := stackful.NewNext(&q.s, func() (int, bool) {
				if !stackful.Arrived() {
					q.s.Resume(true)
				}
				return q.v, !q.s.Done()
			})
			if v, ok := next(); v != i || !ok {
				t.Fatalf("the first value is %d, %v, want %d", v, ok, i)
			}
			if got := fmt.Sprint(q.start); got != "<nil>" && got != "true" {
				t.Fatalf("started with %s", got)
			}
			want(t, "no resumer while it is suspended", q.s.Resumer() == nil, true)
			if i%2 == 0 {
				continue // ended below
			}
			if v, ok := next(); v != -1 || ok {
				t.Fatalf("at the end got %d, %v", v, ok)
			}
		}
		for i := 0; i < len(all); i += 2 {
			all[i].s.Resume(false)
			want(t, "ended", all[i].s.Done(), true)
		}
	})
}
