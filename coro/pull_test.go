package coro_test

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// The cases that iter.Pull's documentation and tests name, run on both.

type puller = func(iter.Seq[int]) (next func() (int, bool), stop func())

// onBoth runs f with iter.Pull and coro.Pull.
func onBoth(t *testing.T, f func(t *testing.T, pull puller)) {
	t.Run("iter", func(t *testing.T) { f(t, iter.Pull[int]) })
	t.Run("coro", func(t *testing.T) { f(t, coro.Pull[int]) })
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func wantNext(t *testing.T, next func() (int, bool), want int, wantOK bool) {
	t.Helper()
	if v, ok := next(); v != want || ok != wantOK {
		t.Errorf("next() = %d, %v, want %d, %v", v, ok, want, wantOK)
	}
}

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func wantPanic(t *testing.T, want error, f func()) {
	t.Helper()
	v := panicOf(f)
	if err, ok := v.(error); !ok || !errors.Is(err, want) {
		t.Errorf("got panic %v, want %v", v, want)
	}
}

func TestPull(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		for end := range 4 { // how many values are taken before stop
			next, stop := pull(count(3))
			for i := range end {
				wantNext(t, next, i, true)
			}
			stop()
			for range 2 {
				wantNext(t, next, 0, false)
				stop()
			}
		}
	})
}

func TestPull_toTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		next, stop := pull(count(1))
		wantNext(t, next, 0, true)
		wantNext(t, next, 0, false)
		wantNext(t, next, 0, false)
		stop()
		wantNext(t, next, 0, false)
	})
}

func TestPull_stopBeforeNext(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		ran := false
		next, stop := pull(func(func(int) bool) { ran = true })
		stop()
		wantNext(t, next, 0, false)
		if ran {
			t.Error("the sequence ran")
		}
	})
}

func TestPull_stopRunsDeferredCalls(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		var log []string
		next, stop := pull(func(yield func(int) bool) {
			defer func() { log = append(log, "deferred") }()
			if yield(1) {
				t.Error("yield returned true after stop")
			}
			if yield(2) {
				t.Error("yield again returned true after stop")
			}
		})
		wantNext(t, next, 1, true)
		stop()
		log = append(log, "stopped")
		if !slices.Equal(log, []string{"deferred", "stopped"}) {
			t.Error(log)
		}
	})
}

func TestPull_panic(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		next, stop := pull(func(yield func(int) bool) { panic("boom") })
		if v := panicOf(func() { next() }); v != "boom" {
			t.Errorf("next panicked with %v", v)
		}
		wantNext(t, next, 0, false)
		stop()

		next, stop = pull(func(yield func(int) bool) { yield(55); panic("boom") })
		wantNext(t, next, 55, true)
		if v := panicOf(stop); v != "boom" {
			t.Errorf("stop panicked with %v", v)
		}
		wantNext(t, next, 0, false)
		stop()
	})
}

func TestPull_goexit(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		for _, values := range []int{0, 1} {
			var next func() (int, bool)
			var stop func()
			returned := false
			done := make(chan bool)
			go func() {
				defer close(done)
				next, stop = pull(func(yield func(int) bool) {
					for range values {
						yield(55)
					}
					runtime.Goexit()
				})
				if values > 0 {
					wantNext(t, next, 55, true)
					stop()
				} else {
					next()
				}
				returned = true
			}()
			<-done
			if returned {
				t.Error("Goexit in the sequence did not go on in its caller")
			}
		}
	})
}

func TestPull_reentered(t *testing.T) {
	onBoth(t, func(t *testing.T, pull puller) {
		var next func() (int, bool)
		var stop func()
		refused := 0
		next, stop = pull(func(yield func(int) bool) {
			if panicOf(func() { next() }) != nil {
				refused++
			}
			yield(1)
		})
		wantNext(t, next, 1, true)
		if refused != 1 {
			t.Errorf("refused %d times", refused)
		}
		stop()
	})
}

func TestPull_misuse(t *testing.T) {
	var leaked func(int) bool
	var inner func()
	next, stop := coro.Pull(func(yield func(int) bool) {
		leaked = yield
		wantPanic(t, coro.ErrReentered, inner)
		yield(1)
	})
	inner = stop
	wantNext(t, next, 1, true)
	wantPanic(t, coro.ErrReentered, func() { leaked(2) })
	wantPanic(t, coro.ErrMisplacedYield, func() { leaked(2) })
	done := make(chan bool)
	go func() {
		defer close(done)
		wantPanic(t, coro.ErrWrongGoroutine, func() { next() })
		wantPanic(t, coro.ErrWrongGoroutine, stop)
	}()
	<-done
	wantNext(t, next, 0, false)
	if leaked(3) {
		t.Error("yield returned true after the end")
	}
}

// next may be called from any coroutine of the goroutine, and the sequence's end
// goes to the one that called last.
func TestPull_fromCoroutines(t *testing.T) {
	next, stop := coro.Pull(count(3))
	defer stop()
	ask := func(any) any {
		v, ok := next()
		return fmt.Sprint(v, ok)
	}
	var got []any
	for range 4 {
		got = append(got, coro.New(ask).Switch(nil))
	}
	want := []any{"0 true", "1 true", "2 true", "0 false"}
	if !slices.Equal(got, want) {
		t.Error(got)
	}
}

// Inside of the sequence one is in its coroutine, and may switch elsewhere.
func TestPull_switchInside(t *testing.T) {
	var inside *coro.Coroutine
	next, stop := coro.Pull(func(yield func(int) bool) {
		inside = coro.Current()
		yield(inside.Root().Switch("aside").(int))
	})
	caller := coro.New(func(any) any {
		v, _ := next()
		return v
	})
	if v := caller.Switch(nil); v != "aside" {
		t.Errorf("got %v", v)
	}
	if inside.Parent() != caller || inside.Dead() {
		t.Errorf("inside was %v", inside)
	}
	wantPanic(t, coro.ErrReentered, func() { next() })
	if v := inside.Switch(5); v != 5 {
		t.Errorf("got %v", v)
	}
	stop()
	if v := inside.Switch(6); v != 6 || !inside.Dead() {
		t.Errorf("got %v", v)
	}
}

func TestPull_killed(t *testing.T) {
	var inside *coro.Coroutine
	deferred := false
	next, stop := coro.Pull(func(yield func(int) bool) {
		inside = coro.Current()
		defer func() { deferred = true }()
		yield(1)
	})
	wantNext(t, next, 1, true)
	inside.Kill()
	if !deferred || !inside.Dead() {
		t.Error("not killed")
	}
	wantNext(t, next, 0, false)
	stop()
}

func TestPull2(t *testing.T) {
	m := map[string]int{"a": 1, "b": 2, "c": 3}
	next, stop := coro.Pull2(maps.All(m))
	got := map[string]int{}
	for k, v, ok := next(); ok; k, v, ok = next() {
		got[k] = v
	}
	if !maps.Equal(got, m) {
		t.Error(got)
	}
	if k, v, ok := next(); k != "" || v != 0 || ok {
		t.Error(k, v, ok)
	}
	stop()
	next, stop = coro.Pull2(func(yield func(string, int) bool) {
		if yield("x", 1) {
			t.Error("yield returned true after stop")
		}
		panic("boom")
	})
	next()
	if v := panicOf(stop); v != "boom" {
		t.Error(v)
	}
}

// A generator with a list of deferred calls, which comes and goes, and one without
// take turns, with a caller that has such a list at times: each keeps its own.
func TestPull_deferredCallsStayWithTheirStack(t *testing.T) {
	const n = 8
	var ran []int
	listed := func(yield func(int) bool) {
		for i := range n {
			if !yield(-i) {
				return
			}
			func() {
				for k := range 2 {
					defer func() { ran = append(ran, 10*i+k) }()
				}
				yield(i)
			}()
		}
	}
	plain := func(yield func(string) bool) {
		for i := range 2 * n {
			if !yield(fmt.Sprint(i)) {
				return
			}
		}
	}
	next, stop := coro.Pull(listed)
	defer stop()
	other, stopOther := coro.Pull(plain)
	defer stopOther()
	var mine []int
	for i := range n {
		func() {
			for k := range i % 3 { // no list in every third round
				defer func() { mine = append(mine, 10*i+k) }()
			}
			for j, want := range []int{-i, i} {
				if v, ok := next(); v != want || !ok {
					t.Errorf("round %d: next is %d, %t, want %d", i, v, ok, want)
				}
				if v, ok := other(); v != fmt.Sprint(2*i+j) || !ok {
					t.Errorf("round %d: the other next is %q, %t", i, v, ok)
				}
			}
		}()
	}
	if _, ok := next(); ok {
		t.Error("a value after the last one")
	}
	var want, wantMine []int
	for i := range n {
		want = append(want, 10*i+1, 10*i)
		for k := i%3 - 1; k >= 0; k-- {
			wantMine = append(wantMine, 10*i+k)
		}
	}
	if !slices.Equal(ran, want) {
		t.Errorf("the generator ran %v, want %v", ran, want)
	}
	if !slices.Equal(mine, wantMine) {
		t.Errorf("the caller ran %v, want %v", mine, wantMine)
	}
}
