package conformance

import (
	"context"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

type key struct{}

var (
	inherited = coro.Local[string]{Inherit: true}
	private   coro.Local[string]
)

// interleaved runs three coroutines in turns, each with a value of its own, and
// lets them end in a given order.
func interleaved(t *testing.T, order []int, make func(i int, check func(get func() any)) *coro.Coroutine) {
	t.Helper()
	var cs []*coro.Coroutine
	for i := range 3 {
		c := make(i, func(get func() any) {
			for range 2 {
				equal(t, get(), any(i))
				up(nil)
			}
		})
		c.Switch(nil)
		cs = append(cs, c)
	}
	for range 2 {
		for _, i := range order {
			cs[i].Switch(nil)
		}
	}
	for _, c := range cs {
		equal(t, c.Dead(), true)
	}
}

// In Go a context is an argument.
func TestG107_context_propagated_by_context_run(t *testing.T) {
	interleaved(t, []int{2, 1, 0}, func(i int, check func(func() any)) *coro.Coroutine {
		ctx := context.WithValue(context.Background(), key{}, i)
		return coro.New(func(any) any {
			check(func() any { return ctx.Value(key{}) })
			return nil
		})
	})
}

var number coro.Local[any]

func TestG108_context_propagated_by_setting_attribute(t *testing.T) {
	number.Set("outer")
	defer number.Clear()
	interleaved(t, []int{0, 1, 2}, func(i int, check func(func() any)) *coro.Coroutine {
		c := coro.New(func(any) any {
			equal(t, number.Get(), any("outer"))
			number.Set(i)
			check(number.Get)
			return nil
		})
		c.SetLocals(coro.Current().Locals().Clone())
		return c
	})
	equal(t, number.Get(), any("outer"))
}

// Greenlet's default is an empty context. Here each Local says what it wants.
func TestG109_context_not_propagated(t *testing.T) {
	private.Set("private")
	inherited.Set("inherited")
	defer private.Clear()
	defer inherited.Clear()
	c := coro.New(func(any) any {
		equal(t, private.Get(), "")
		equal(t, inherited.Get(), "inherited")
		private.Set("child's")
		inherited.Set("child's")
		return nil
	})
	inherited.Set("changed after New")
	c.Switch(nil)
	equal(t, private.Get(), "private")
	equal(t, inherited.Get(), "changed after New")
}

func TestG110_context_shared(t *testing.T) {
	private.Set("creator's")
	defer private.Clear()
	c := coro.New(func(any) any {
		equal(t, private.Get(), "creator's")
		private.Set("child's")
		up(nil)
		equal(t, private.Get(), "creator's again")
		return nil
	})
	c.SetLocals(coro.Current().Locals())
	c.Switch(nil)
	equal(t, private.Get(), "child's")
	private.Set("creator's again")
	c.Switch(nil)
}

func TestG112_not_broken_if_using_attribute_instead_of_context_run(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		interleaved(t, order, func(i int, check func(func() any)) *coro.Coroutine {
			c := coro.New(func(any) any { check(number.Get); return nil })
			number.SetOf(c, i)
			return c
		})
	}
}

func TestG113_context_assignment_while_running(t *testing.T) {
	c := coro.New(func(any) any {
		private.Set("running")
		coro.Current().SetLocals(nil)
		equal(t, private.Get(), "")
		up(nil)
		equal(t, private.Get(), "set from outside")
		return nil
	})
	private.SetOf(c, "pending")
	equal(t, private.GetOf(c), "pending")
	c.Switch(nil)
	private.SetOf(c, "set from outside")
	c.Switch(nil)
	equal(t, private.GetOf(c), "set from outside")
	c.SetLocals(nil)
	equal(t, private.GetOf(c), "")
}

// Greenlet allows it while the coroutine does not run; in Go a coroutine is its
// goroutine's alone.
func TestG114_context_assignment_different_thread(t *testing.T) {
	c := coro.New(nothing)
	onGoroutine(func() {
		wantPanic(t, coro.ErrWrongGoroutine, func() { private.GetOf(c) })
		wantPanic(t, coro.ErrWrongGoroutine, func() { private.SetOf(c, "x") })
		wantPanic(t, coro.ErrWrongGoroutine, func() { c.SetLocals(nil) })
	})
}
