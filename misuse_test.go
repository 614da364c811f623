package stackful_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// operations are the two ways to switch, which refuse alike.
var operations = []struct {
	name string
	do   func(s *stack)
}{
	{"Switch", func(s *stack) { s.Switch("v") }},
	{"SwitchRun", func(s *stack) { s.SwitchRun(func() any { panic("the refused call was made") }) }},
}

// everywhere runs f on a root and on another stack.
func everywhere(t *testing.T, f func(t *testing.T)) {
	t.Run("on=root", f)
	t.Run("on=stack", func(t *testing.T) {
		body(func(any) any { f(t); return nil }).Switch(nil)
	})
}

func TestSwitch_done(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		root := stackful.Current()
		done := stackful.New(func(any) (*stack, any) { return root, nil })
		done.Switch(nil)
		other := stackful.New(func(v any) (*stack, any) { return root, root.Switch(v) })
		other.Switch(nil)
		for _, op := range operations {
			wantUsage(t, op.name, stackful.ErrDone, func() { op.do(done) })
		}
		want(t, "Done", done.Done(), true)
		want(t, "another stack goes on", other.Switch("v"), "v")
	})
}

func TestSwitch_zero(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		for _, op := range operations {
			var s stack
			wantUsage(t, op.name, stackful.ErrNotInitialized, func() { op.do(&s) })
			want(t, "Started", s.Started(), false)
			s.Init(nop)
			want(t, "it can be used then", s.Switch(nil), nil)
		}
	})
}

// A nil *Stack is a nil dereference like any, and the goroutine goes on.
func TestSwitch_nil(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		for _, op := range operations {
			before := stackful.Current()
			v := panicOf(func() { op.do(nil) })
			var fault runtime.Error
			if err, _ := v.(error); !errors.As(err, &fault) {
				t.Errorf("%s: got panic %v, want a runtime.Error", op.name, v)
			}
			want(t, "Current", stackful.Current(), before)
			suspended().Switch(nil)
		}
	})
}

func TestSwitch_wrongGoroutine(t *testing.T) {
	far := foreign(t)
	onGoroutine(func() {
		everywhere(t, func(t *testing.T) {
			fresh := stackful.New(nil)
			for _, op := range operations {
				wantUsage(t, op.name, stackful.ErrWrongGoroutine, func() { op.do(far) })
				wantUsage(t, op.name, stackful.ErrWrongGoroutine, func() { op.do(far.Root()) })
				onGoroutine(func() {
					wantUsage(t, op.name, stackful.ErrWrongGoroutine, func() { op.do(fresh) })
				})
			}
			want(t, "Started", fresh.Started(), false)
		})
	})
}

// A stack that runs on another goroutine just now.
func TestSwitch_wrongGoroutineRunning(t *testing.T) {
	made, over := make(chan *stack), make(chan bool)
	go func() {
		body(func(any) any {
			made <- stackful.Current()
			<-over
			return nil
		}).Switch(nil)
	}()
	s := <-made
	defer close(over)
	for _, op := range operations {
		wantUsage(t, op.name, stackful.ErrWrongGoroutine, func() { op.do(s) })
	}
}

func TestSwitch_goStatement(t *testing.T) {
	s := suspended()
	got := make(chan any)
	go func() {
		defer func() { got <- recover() }()
		defer s.Switch(nil)
	}()
	if err, _ := (<-got).(error); !errors.Is(err, stackful.ErrWrongGoroutine) {
		t.Errorf("got %v", err)
	}
	want(t, "it is as it was", s.Switch("v"), "v")
}

func TestInit_inUse(t *testing.T) {
	var s stack
	s.Init(func(self *stack, v any) (*stack, any) {
		wantUsage(t, "Init", stackful.ErrStarted, func() { self.Init(nop) })
		return nil, up(v)
	})
	wantUsage(t, "Init", stackful.ErrStarted, func() { s.Init(nop) })
	want(t, "first", s.Switch(1), 1)
	wantUsage(t, "Init", stackful.ErrStarted, func() { s.Init(nop) })
	want(t, "second", s.Switch(2), 2)
	wantUsage(t, "Init", stackful.ErrStarted, func() { s.Root().Init(nop) })
}

func TestInit_againAfterDone(t *testing.T) {
	var s stack
	for i := range 1000 {
		s.Init(func(self *stack, v any) (*stack, any) {
			want(t, "stack", self, &s)
			return nil, up(v.(int) + i)
		})
		want(t, "Started", s.Started(), false)
		want(t, "Done", s.Done(), false)
		want(t, "first", s.Switch(1), 1+i)
		want(t, "second", s.Switch(2), 2)
		want(t, "Done", s.Done(), true)
	}
}

// A finished stack may be taken over by another goroutine.
func TestInit_againElsewhere(t *testing.T) {
	s := finished()
	onGoroutine(func() {
		s.Init(func(_ *stack, v any) (*stack, any) { return nil, up(v) })
		want(t, "Owned", s.Owned(), true)
		want(t, "first", s.Switch(1), 1)
		want(t, "second", s.Switch(2), 2)
	})
	want(t, "Owned here", s.Owned(), false)
	wantUsage(t, "Switch", stackful.ErrWrongGoroutine, func() { s.Switch(nil) })
}

func TestUsageError_tellsThemApart(t *testing.T) {
	all := []error{
		stackful.ErrWrongGoroutine, stackful.ErrDone, stackful.ErrForeignFrames,
		stackful.ErrNotInitialized, stackful.ErrStarted,
	}
	for _, a := range all {
		for _, b := range all {
			err := &stackful.UsageError{Op: "Switch", Err: a}
			want(t, a.Error(), errors.Is(err, b), a == b)
		}
	}
}

// What is refused costs nothing, however often.
func TestSwitch_refusalsLeakNothing(t *testing.T) {
	done := finished()
	s := suspended()
	before := runtime.NumGoroutine()
	for range scale(100_000, 1000) {
		if panicOf(func() { done.Switch(nil) }) == nil {
			t.Fatal("not refused")
		}
	}
	// Eventually, because ended goroutines count while the collector frees their stacks
	// (markrootFreeGStacks).
	eventually(t, "there are as many goroutines as before", func() bool { return runtime.NumGoroutine() <= before+8 })
	want(t, "a suspended stack goes on", s.Switch("v"), "v")
}

// The functions of generators whose stack has had no Init go to their slow ways, as for every other reason.
func TestGenerator_zero(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		var s stack
		slow := 0
		zeroYield(&s, &slow, 1)
		zeroYield(&s, &slow, "v")
		zeroYield(&s, &slow, [3]int{})
		zeroYield(&s, &slow, struct{ a, b, c, d, e int }{})
		stackful.NewNext(&s, func() (int, bool) { slow++; return 0, false })()
		var ends stackful.SendEnds[int, string]
		var in int
		var out string
		ends.Send(&s, &in, func() (string, bool) { slow++; return "", false })(1)
		ends.Give(&s, &out, &in, func(string) int { slow++; return 0 })("v")
		want(t, "calls of slow ways", slow, 7)
	})
}

func zeroYield[V any](s *stack, slow *int, v V) {
	var slot V
	stackful.NewYield(s, &slot, func(V) bool { *slow++; return false })(v)
}
