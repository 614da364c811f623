package stackful_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

// Shorter names for what all tests are full of.
type stack = stackful.Stack

const raceEnabled = stackful.RaceEnabled

func body(f func(v any) any) *stack {
	return stackful.New(func(v any) (*stack, any) { return nil, f(v) })
}

// up switches to the root.
func up(v any) any { return stackful.Current().Root().Switch(v) }

// suspended returns a stack that waits in its first Switch, and ends when it is
// switched to: it passes on what it gets.
func suspended() *stack {
	s := body(up)
	s.Switch(nil)
	return s
}

func finished() *stack {
	s := body(func(any) any { return nil })
	s.Switch(nil)
	return s
}

// foreign returns a suspended stack of another goroutine, which lives as long
// as the test.
func foreign(t testing.TB) *stack {
	made, over := make(chan *stack), make(chan bool)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		s := suspended()
		made <- s
		<-over
		if got := s.Switch("still here"); got != "still here" {
			t.Errorf("a foreign stack was disturbed: it passed on %v", got)
		}
	}()
	t.Cleanup(func() { close(over); <-ended })
	return <-made
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

// panicOf returns what f panics with, nil if it returns.
func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// wantUsage checks that f is refused.
func wantUsage(t testing.TB, op string, want error, f func()) {
	t.Helper()
	before := stackful.Current()
	v := panicOf(f)
	err, _ := v.(error)
	var usage *stackful.UsageError
	if !errors.As(err, &usage) || !errors.Is(err, want) {
		t.Errorf("%s: got panic %v, want %v", op, v, want)
		return
	}
	if usage.Op != op || usage.Err != want || !strings.Contains(err.Error(), want.Error()) {
		t.Errorf("%s: got %#v", op, usage)
	}
	if stackful.Current() != before {
		t.Errorf("%s: refused on one stack, then on another", op)
	}
}

// want checks a value by ==.
func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// eventually waits, yielding, for what other goroutines do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	const patience = time.Minute
	for start := time.Now(); !ok(); runtime.Gosched() {
		if time.Since(start) > patience {
			t.Fatalf("did not see that %s", what)
		}
	}
}

// goid returns the id of the running goroutine as its tracebacks print it.
func goid() string {
	var buf [64]byte
	text := string(buf[:runtime.Stack(buf[:], false)])
	return strings.Fields(text)[1]
}

// besideGC runs f while another goroutine collects again and again, at least
// once and at most rounds times.
func besideGC(rounds int, f func()) {
	stop, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for range rounds {
			runtime.GC()
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	f()
}
