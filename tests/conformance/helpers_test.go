package conformance

import (
	"errors"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/stackful-go/stackful/coro"
)

var errSome = errors.New("some error")

// up switches to the current coroutine's parent.
func up(v any) any { return coro.Current().Parent().Switch(v) }

// child is New with a parent.
func child(t testing.TB, parent *coro.Coroutine, run func(v any) any) *coro.Coroutine {
	t.Helper()
	c := coro.New(run)
	if err := c.SetParent(parent); err != nil {
		t.Fatal(err)
	}
	return c
}

func nothing(any) any { return nil }

// panicOf returns what f panics with, nil if it returns.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// wantPanic checks that f panics with an error that is want.
func wantPanic(t testing.TB, want error, f func()) {
	t.Helper()
	v := panicOf(f)
	if err, ok := v.(error); !ok || !errors.Is(err, want) {
		t.Errorf("got panic %v, want %v", v, want)
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	same := false
	if v := reflect.ValueOf(want); v.IsValid() && v.Comparable() {
		same = got == want // of coroutines the identity counts
	} else {
		same = reflect.DeepEqual(got, want)
	}
	if !same {
		t.Errorf("got %v, want %v", got, want)
	}
}

// onGoroutine runs f on a goroutine of its own and waits for it.
func onGoroutine(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// collected waits until the garbage collector has made ok true.
func collected(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 200 {
		runtime.GC()
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("not collected: %s", what)
}

// blob is an object whose collection can be observed.
type blob struct{ data [64]byte }

// failing is greenlet's fmain: it waits, notes what it is woken with, and fails.
func failing(seen *[]any) func(any) any {
	return func(any) any {
		func() {
			defer func() {
				if v := recover(); v != nil {
					*seen = append(*seen, v)
					panic(v)
				}
			}()
			up(nil)
		}()
		panic(errSome)
	}
}

// simple is greenlet's _do_simple_test.
func simple() []int {
	var list []int
	note := func(n int) { list = append(list, n) }
	c := coro.New(func(any) any {
		note(1)
		up(nil)
		note(3)
		return nil
	})
	note(0)
	c.Switch(nil)
	note(2)
	c.Switch(nil)
	note(4)
	return list
}

// handle is what the users of an abandonable coroutine hold on to.
type handle struct{ c *coro.Coroutine }

// abandonable starts run; what it returns can be abandoned.
func abandonable(run func(v any) any) *handle {
	h := &handle{coro.New(run)}
	coro.KillOnCollect(h, h.c)
	h.c.Switch(nil)
	return h
}

// reaped waits until n abandoned coroutines have been killed.
func reaped(t testing.TB, n int) {
	t.Helper()
	total := 0
	collected(t, "abandoned coroutines", func() bool {
		total += coro.Reap()
		return total >= n
	})
}
