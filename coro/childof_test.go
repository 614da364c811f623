package coro_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

func TestNewChildOf(t *testing.T) {
	root := coro.Current()
	local := coro.Local[string]{Inherit: true}
	var child *coro.Coroutine
	resumed := 0
	script := coro.New(func(any) any {
		local.Set("script's")
		child = coro.NewChildOf(root, func(any) any { return local.Get() })
		root.Switch("started")
		resumed++
		return "over"
	})
	if v := script.Switch(nil); v != "started" {
		t.Fatal(v)
	}
	if child.Parent() != root || child.Started() {
		t.Errorf("its parent is %v", child.Parent())
	}
	if v := child.Switch(nil); v != "script's" || resumed != 0 {
		t.Errorf("%v came to the parent; the maker was resumed %d times", v, resumed)
	}
	if v := script.Switch(nil); v != "over" {
		t.Error(v)
	}

	wantPanic(t, coro.ErrNoBody, func() { coro.NewChildOf(root, nil) })
	wantPanic(t, coro.ErrNoParent, func() { coro.NewChildOf(nil, func(any) any { return nil }) })
	others := make(chan *coro.Coroutine)
	done := make(chan bool)
	go func() { others <- coro.Current(); <-done }()
	wantPanic(t, coro.ErrWrongGoroutine, func() { coro.NewChildOf(<-others, func(any) any { return nil }) })
	close(done)
}

func TestTryKill(t *testing.T) {
	suspended := func(body func(wait func())) *coro.Coroutine {
		parent := coro.Current()
		c := coro.New(func(any) any { body(func() { parent.Switch(nil) }); return nil })
		c.Switch(nil)
		return c
	}
	c := suspended(func(wait func()) { wait() })
	for range 2 {
		if err := c.TryKill(); err != nil || !c.Dead() {
			t.Error(err)
		}
	}
	c = suspended(func(wait func()) {
		func() {
			defer func() { recover() }()
			wait()
		}()
		wait()
	})
	if err := c.TryKill(); !errors.Is(err, coro.ErrRefusedExit) || c.Dead() {
		t.Error(err)
	}
	if err := c.TryKill(); err != nil || !c.Dead() {
		t.Error(err)
	}
	c = suspended(func(wait func()) {
		defer func() { panic("boom") }()
		wait()
	})
	var p *coro.PanicError
	if err := c.TryKill(); !errors.As(err, &p) || p.Value != "boom" || !c.Dead() {
		t.Error(err)
	}
	wantPanic(t, coro.ErrRoot, func() { coro.Current().TryKill() })
}

// A yield in the wrong place says so, not that a generator is running.
func TestYield_misplaced(t *testing.T) {
	var leaked func(int) int
	g := coro.NewGenerator(func(_ int, yield func(int) int) { leaked = yield; yield(1) })
	g.Send(0)
	for _, when := range []string{"outside", "after the end"} {
		v := panicOf(func() { leaked(2) })
		err, ok := v.(*stackful.UsageError)
		if !ok || !errors.Is(err, coro.ErrMisplacedYield) || !errors.Is(err, coro.ErrReentered) || !strings.Contains(err.Error(), "yield outside of its generator") {
			t.Errorf("%s: %v", when, v)
		}
		g.Close()
	}
	if err := panicOf(func() {
		var again func()
		g := coro.NewGenerator(func(_ int, yield func(int) int) { again() })
		again = func() { g.Send(0) }
		g.Send(0)
	}).(error); errors.Is(err, coro.ErrMisplacedYield) || !errors.Is(err, coro.ErrReentered) {
		t.Error(err)
	}
}
