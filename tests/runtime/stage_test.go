package goruntime

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

// A scene does something and notes what happens. It calls at wherever it may be
// left.
type scene func(s *stage)

// A stage is where a scene plays: a goroutine of its own, or a coroutine.
type stage struct {
	notes []string
	at    func()
}

func (s *stage) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// callers notes the functions of this module that are on the stack, down to the
// scene.
func (s *stage) callers() {
	var pcs [100]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	var names []string
	for {
		f, more := frames.Next()
		name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		if !more || strings.Contains(name, "(*stage).play") {
			break
		}
		if strings.HasPrefix(name, "runtime.") { // how a panic gets where it is differs with the kind of fault
			name = "runtime"
		}
		names = append(names, fmt.Sprintf("%s:%d", strings.TrimPrefix(name, "runtime."), f.Line))
	}
	s.note("callers %s", strings.Join(slices.Compact(names), " "))
}

// play runs a scene and notes how it ends.
func (s *stage) play(f scene) {
	ended := "Goexit"
	defer func() {
		if p := recover(); p != nil {
			ended = fmt.Sprintf("panic %v", p)
		}
		s.note("end: %s", ended)
	}()
	f(s)
	ended = "return"
}

// reference returns what a scene does on a goroutine of its own.
func reference(f scene) []string {
	s := &stage{at: func() {}}
	done := make(chan bool)
	go func() {
		defer close(done)
		s.play(f)
	}()
	<-done
	return s.notes
}

// An actor plays on a stack of its own.
type actor struct {
	stage
	stack *stackful.Stack
	ended bool
}

func newActor(f scene) *actor {
	a := new(actor)
	a.at = func() { stackful.Current().Root().Switch(nil) }
	a.stack = stackful.New(func(any) (*stackful.Stack, any) {
		defer func() {
			if a.ended {
				return
			}
			a.ended = true // by Goexit, which would go on and end the driver's goroutine
			for {
				stackful.Current().Root().Switch(nil)
			}
		}()
		a.play(f)
		a.ended = true
		return nil, nil
	})
	return a
}

// perform lets actors go on, in an order that next decides, until all have ended.
func perform(actors []*actor, next func(left int) int, beside func()) {
	left := slices.Clone(actors)
	for len(left) > 0 {
		i := next(len(left))
		if left[i].stack.Switch(nil); left[i].ended {
			left = slices.Delete(left, i, i+1)
		}
		beside()
	}
}

//go:noinline
func grow(n int) int {
	var frame [30]int
	if n == 0 {
		return 0
	}
	frame[n%30] = n
	return grow(n-1) + frame[n%30] - n
}

// besides are what a driver may do between two switches.
var besides = map[string]func(){
	"nothing": func() {},
	"gc":      runtime.GC,
	"growth":  func() { grow(200) },
	"gosched": runtime.Gosched,
}

// everyWhere plays a scene in every way and compares.
func everyWhere(t *testing.T, f scene) {
	t.Helper()
	want := reference(f)
	if len(want) < 2 {
		t.Fatalf("the scene notes nothing: %q", want)
	}
	compare := func(how string, got []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n\t%s\nwant, as on a goroutine,\n\t%s", how, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	for name, beside := range besides {
		const copies = 3
		for order, next := range map[string]func(int) int{
			"one after the other": func(int) int { return 0 },
			"in turn":             func(left int) int { return rng.IntN(left) },
			"youngest first":      func(left int) int { return left - 1 },
		} {
			if name != "nothing" && order != "in turn" {
				continue
			}
			var actors []*actor
			for range copies {
				actors = append(actors, newActor(f))
			}
			perform(actors, next, beside)
			for i, a := range actors {
				compare(fmt.Sprintf("copy %d, %s, beside %s, seed %d", i, order, name, seed), a.notes)
			}
		}
	}
	nested(f, compare)
	moved(f, compare)
}

// nested plays a whole copy, on a stack of its own, at each point of another one.
func nested(f scene, compare func(string, []string)) {
	outer := new(stage)
	points := 0
	outer.at = func() {
		points++
		inner := newActor(f)
		for inner.at = func() {}; !inner.ended; {
			inner.stack.Switch(nil)
		}
		compare(fmt.Sprintf("nested at point %d", points), inner.notes)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		outer.play(f)
	}()
	<-done
	compare("with a copy at each point", outer.notes)
}

// moved plays a copy that goes to another goroutine at each point.
func moved(f scene, compare func(string, []string)) {
	a := newActor(f)
	a.stack.Detach()
	for !a.ended {
		done := make(chan bool)
		go func() {
			defer close(done)
			a.stack.Attach()
			if a.stack.Switch(nil); !a.ended {
				a.stack.Detach()
			}
		}()
		<-done
	}
	compare("moved at each point", a.notes)
}
