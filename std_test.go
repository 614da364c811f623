package stackful_test

import (
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

func numbers1to(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 1; i <= n && yield(i); i++ {
		}
	}
}

func TestStd_pullOnStack(t *testing.T) {
	s := body(func(any) any {
		next, stop := iter.Pull(numbers1to(100))
		defer stop()
		sum := 0
		for v, ok := next(); ok; v, ok = next() {
			up(v)
			sum += v
		}
		return sum
	})
	for i := range 100 {
		want(t, "value", s.Switch(nil), i+1)
	}
	want(t, "sum", s.Switch(nil), 5050)
}

// One iterator may be advanced from different stacks of a goroutine.
func TestStd_pullAcrossStacks(t *testing.T) {
	next, stop := iter.Pull(numbers1to(1000))
	defer stop()
	var got []int
	var stacks []*stack
	for range 5 {
		stacks = append(stacks, body(func(any) any {
			for v, ok := next(); ok; v, ok = next() {
				got = append(got, v)
				up(nil)
			}
			return nil
		}))
	}
	for !stacks[0].Done() {
		for _, s := range stacks {
			if !s.Done() {
				s.Switch(nil)
			}
		}
	}
	want(t, "sorted and complete", slices.Equal(got, slices.Collect(numbers1to(1000))), true)
}

// The body of a pulled sequence is another goroutine: it has stacks of its own.
func TestStd_stacksInPulledSequence(t *testing.T) {
	outside := suspended()
	next, stop := iter.Pull(func(yield func(any) bool) {
		err, _ := panicOf(func() { outside.Switch(nil) }).(error)
		if !errors.Is(err, stackful.ErrWrongGoroutine) {
			t.Errorf("got panic %v", err)
		}
		s := body(func(any) any { up(1); up(2); return 3 })
		for !s.Done() && yield(s.Switch(nil)) {
		}
	})
	defer stop()
	for i := range 3 {
		v, ok := next()
		want(t, "value", v, any(i+1))
		want(t, "ok", ok, true)
	}
	_, ok := next()
	want(t, "ok at the end", ok, false)
	outside.Switch(nil)
}

func TestStd_channels(t *testing.T) {
	in, out := make(chan int), make(chan int)
	go func() {
		defer close(out)
		for v := range in {
			out <- v * 2
		}
	}()
	s := body(func(any) any {
		for i := range 500 {
			in <- i
			up(nil)
			want(t, "from the channel", <-out, 2*i)
			up(nil)
		}
		close(in)
		return nil
	})
	for !s.Done() {
		s.Switch(nil)
	}
}

func TestStd_selectAndTimers(t *testing.T) {
	never := make(chan int)
	entry := func(any) any {
		timeouts := 0
		for range 5 {
			up(nil)
			select {
			case <-never:
				t.Error("received from nobody")
			case <-time.After(time.Millisecond):
				timeouts++
			}
			timer := time.NewTimer(time.Hour)
			up(nil)
			want(t, "stopped in time", timer.Stop(), true)
		}
		return timeouts
	}
	a, b := body(entry), body(entry)
	var last any
	for !b.Done() {
		a.Switch(nil)
		last = b.Switch(nil)
	}
	want(t, "timeouts", last, 5)
}

// A mutex has no owner: locked on one stack, it may be unlocked on another.
func TestStd_mutexes(t *testing.T) {
	var mu sync.Mutex
	counter, limit := 0, 2000
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			a := body(func(v any) any {
				for v != "end" {
					mu.Lock()
					v = up(nil)
				}
				return nil
			})
			for range limit {
				a.Switch(nil)
				counter++
				mu.Unlock()
			}
			a.Switch("end")
		})
	}
	wg.Wait()
	want(t, "counter", counter, 4*limit)
}

// Goroutines with their stacks, all at once.
func TestStd_manyGoroutines(t *testing.T) {
	const goroutines, each = 8, 20
	rounds := scale(2000, 200)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			root := stackful.Current()
			sums := make([]int, each)
			var stacks []*stack
			for i := range each {
				stacks = append(stacks, stackful.New(func(v any) (*stack, any) {
					for n := 0; n < rounds; n++ {
						sums[i] += v.(int)
						v = root.Switch(g)
					}
					return nil, g
				}))
			}
			for n := range rounds + 1 {
				for _, s := range stacks {
					if got := s.Switch(n); got != g {
						t.Errorf("goroutine %d got a value of %v", g, got)
					}
				}
			}
			for _, sum := range sums {
				want(t, "sum", sum, rounds*(rounds-1)/2)
			}
		})
	}
	wg.Wait()
}
