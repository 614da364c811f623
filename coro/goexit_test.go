package coro_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// endOf runs f on a goroutine and says how that ended.
func endOf(f func()) (v any) {
	done := make(chan any)
	go func() {
		returned := false
		defer func() {
			switch p := recover(); {
			case p != nil:
				done <- p
			case returned:
				done <- "returned"
			default:
				done <- "Goexit"
			}
		}()
		f()
		returned = true
	}()
	return <-done
}

// A panic of a deferred call that a Goexit runs takes the place of the Goexit, as it
// does on a goroutine.
func TestGoexit_thenPanic(t *testing.T) {
	lost := errors.New("lost?")
	dies := func() {
		defer func() { panic(lost) }()
		runtime.Goexit()
	}
	seq := func(yield func(int) bool) {
		defer dies()
		yield(1)
	}
	exits := map[string]func(){
		"goroutine": dies,
		"next":      func() { next, _ := coro.Pull(func(func(int) bool) { dies() }); next() },
		"second next": func() {
			next, _ := coro.Pull(seq)
			next()
			next()
		},
		"next of Pull2": func() { next, _ := coro.Pull2(func(func(int, int) bool) { dies() }); next() },
		"stop": func() {
			next, stop := coro.Pull(seq)
			next()
			stop()
		},
		"New": func() { coro.New(func(any) any { dies(); return nil }).Switch(nil) },
		"New in New": func() {
			coro.New(func(any) any { coro.New(func(any) any { dies(); return nil }).Switch(nil); return nil }).Switch(nil)
		},
		"Send":        func() { coro.NewGenerator(func(int, func(int) int) { dies() }).Send(1) },
		"Kill":        func() { killed(func() { dies() }) },
		"Scope.Close": func() { panic(closed(dies)) },
	}
	for name, f := range exits {
		v := endOf(f)
		err, _ := v.(error)
		if !errors.Is(err, lost) {
			t.Errorf("%s: %v", name, v)
		}
		if p, isWrapped := v.(*coro.PanicError); name == "New" && (!isWrapped || len(p.Stack) == 0) {
			t.Errorf("%s: no stack: %v", name, v)
		}
	}
	// One that is recovered leaves the Goexit as it was, and so does ErrExit.
	if v := endOf(func() {
		coro.New(func(any) any {
			defer func() { recover() }()
			dies()
			return nil
		}).Switch(nil)
	}); v != "Goexit" {
		t.Error("recovered:", v)
	}
	// What died in that way is dead, and its end goes nowhere twice.
	if v := endOf(func() {
		c := coro.New(func(any) any { dies(); return nil })
		func() {
			defer func() { recover() }()
			c.Switch(nil)
		}()
		if !c.Dead() || c.Switch(7) != 7 {
			t.Error("not dead")
		}
	}); v != "returned" {
		t.Error(v)
	}
}

// killed kills a coroutine that is suspended with f deferred.
func killed(f func()) {
	c := coro.New(func(any) any {
		defer f()
		return coro.Current().Parent().Switch(nil)
	})
	c.Switch(nil)
	c.Kill()
}

func closed(f func()) error {
	s := coro.NewScope()
	s.New(func(any) any {
		defer f()
		return coro.Current().Parent().Switch(nil)
	}).Switch(nil)
	return s.Close()
}
