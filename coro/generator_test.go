package coro_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

func TestGenerator(t *testing.T) {
	g := coro.NewGenerator(func(in int, yield func(string) int) {
		for in >= 0 {
			in = yield(fmt.Sprint("got ", in))
		}
	})
	for i := range 3 {
		if out, ok := g.Send(i); out != fmt.Sprint("got ", i) || !ok {
			t.Error(out, ok)
		}
	}
	for range 2 {
		if out, ok := g.Send(-1); out != "" || ok {
			t.Error(out, ok)
		}
	}
	g.Close()
	g.Close()
	wantPanic(t, coro.ErrNoBody, func() { coro.NewGenerator[int, int](nil) })
}

func TestGenerator_close(t *testing.T) {
	deferred := 0
	body := func(_ int, yield func(int) int) {
		defer func() { deferred++ }()
		for i := 0; ; i++ {
			yield(i)
		}
	}
	g := coro.NewGenerator(body)
	g.Close()
	if _, ok := g.Send(0); ok || deferred != 0 {
		t.Error("ran after Close")
	}
	g = coro.NewGenerator(body)
	g.Send(0)
	g.Close()
	if deferred != 1 {
		t.Errorf("%d deferred calls ran", deferred)
	}
	for v := range coro.NewGenerator(body).All() {
		if v == 3 {
			break
		}
	}
	if deferred != 2 {
		t.Errorf("%d deferred calls ran", deferred)
	}
}

func TestGenerator_refusesToClose(t *testing.T) {
	g := coro.NewGenerator(func(_ int, yield func(int) int) {
		func() {
			defer func() { recover() }()
			yield(1)
		}()
		yield(2)
	})
	g.Send(0)
	wantPanic(t, coro.ErrRefusedExit, g.Close)
	if g.Coroutine().Dead() {
		t.Error("dead")
	}
	g.Close()
	if !g.Coroutine().Dead() {
		t.Error("not dead")
	}
}

func TestGenerator_panics(t *testing.T) {
	problem := errors.New("problem")
	g := coro.NewGenerator(func(_ int, yield func(int) int) { panic(problem) })
	v := panicOf(func() { g.Send(0) })
	if e, ok := v.(*coro.PanicError); !ok || !errors.Is(e, problem) || len(e.Stack) == 0 {
		t.Errorf("got %v", v)
	}
	if _, ok := g.Send(0); ok {
		t.Error("lives")
	}
}

func TestGenerator_throw(t *testing.T) {
	problem := errors.New("problem")
	catching := func(_ int, yield func(string) int) {
		defer func() { yield(fmt.Sprint("caught ", recover())) }()
		yield("first")
	}
	g := coro.NewGenerator(catching)
	g.Send(0)
	if out, ok := g.Throw(problem); out != "caught problem" || !ok {
		t.Error(out, ok)
	}
	wantPanic(t, problem, func() { g.Throw(problem) })
	if _, ok := g.Throw(problem); ok {
		t.Error("lives")
	}
	g = coro.NewGenerator(catching)
	wantPanic(t, problem, func() { g.Throw(problem) })
	g = coro.NewGenerator(catching)
	if _, ok := g.Throw(coro.ErrExit); ok || !g.Coroutine().Dead() {
		t.Error("lives")
	}
	wantPanic(t, coro.ErrNilThrow, func() { g.Throw(nil) })
}

func TestGenerator_misuse(t *testing.T) {
	var g *coro.Generator[int, int]
	g = coro.NewGenerator(func(_ int, yield func(int) int) {
		wantPanic(t, coro.ErrReentered, func() { g.Send(1) })
		wantPanic(t, coro.ErrReentered, g.Close)
		yield(1)
	})
	g.Send(0)
	done := make(chan bool)
	go func() {
		defer close(done)
		wantPanic(t, stackful.ErrWrongGoroutine, func() { g.Send(0) })
		wantPanic(t, stackful.ErrWrongGoroutine, g.Close)
	}()
	<-done
	if _, ok := g.Send(0); ok {
		t.Error("did not end")
	}
}

func TestGenerator_collected(t *testing.T) {
	deferred := false
	func() {
		g := coro.NewGenerator(func(_ int, yield func(int) int) {
			defer func() { deferred = true }()
			yield(1)
		})
		g.Send(0)
		coro.KillOnCollect(g, g.Coroutine())
	}()
	for range 1000 {
		runtime.GC()
		if coro.Reap(); deferred {
			return
		}
		runtime.Gosched()
	}
	t.Error("not reaped")
}
