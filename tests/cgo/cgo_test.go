//go:build cgo

package cgo

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stackful-go/stackful"
)

type stack = stackful.Stack

func body(f func(v any) any) *stack {
	return stackful.New(func(v any) (*stack, any) { return nil, f(v) })
}

func up(v any) any { return stackful.Current().Root().Switch(v) }

func suspended() *stack {
	s := body(up)
	s.Switch(nil)
	return s
}

func panicOf(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// needNative skips what the portable backend allows: it never leaves a
// goroutine's stack.
func needNative(t *testing.T) {
	t.Helper()
	if !stackful.Backend().Native {
		if !forcedPortable {
			t.Fatalf("the backend is not native: %s", stackful.Backend().Reason)
		}
		t.Skip("needs the native backend")
	}
}

// wantRefused checks that f is refused because of C frames, and changes nothing.
func wantRefused(t *testing.T, op string, f func()) {
	t.Helper()
	before := stackful.Current()
	v := panicOf(f)
	var usage *stackful.UsageError
	if err, _ := v.(error); !errors.Is(err, stackful.ErrForeignFrames) || !errors.As(err, &usage) || usage.Op != op {
		t.Errorf("%s: got panic %v", op, v)
	}
	if stackful.Current() != before {
		t.Errorf("%s: refused on one stack, then on another", op)
	}
}

// wantAllRefused tries every kind of switch from where it is called.
func wantAllRefused(t *testing.T, waiting, fresh *stack) {
	t.Helper()
	for _, s := range []*stack{waiting, fresh} {
		wantRefused(t, "Switch", func() { s.Switch("refused") })
		wantRefused(t, "SwitchRun", func() {
			s.SwitchRun(func() any { t.Error("called on top"); return nil })
		})
	}
	if fresh.Started() || waiting.Done() {
		t.Error("a refused switch changed its target")
	}
}

func TestCgo_callbackOnRoot(t *testing.T) {
	needNative(t)
	waiting, fresh := suspended(), body(func(v any) any { return v })
	CallC(func() {
		wantAllRefused(t, waiting, fresh)
		if self := stackful.Current(); self.Switch("self") != "self" {
			t.Error("a switch to the running stack leaves no frames")
		}
		runtime.GC()
		wantAllRefused(t, waiting, fresh)
	})
	if waiting.Switch(1) != 1 || fresh.Switch(2) != 2 {
		t.Error("the stacks are not as they were")
	}
}

// The callback runs on the stack that called C: the root must not be resumed
// from there.
func TestCgo_callbackOnStack(t *testing.T) {
	needNative(t)
	waiting, fresh := suspended(), body(func(v any) any { return v })
	s := body(func(any) any {
		self, root := stackful.Current(), stackful.Current().Root()
		CallC(func() {
			if stackful.Current() != self {
				t.Error("a callback runs on another stack")
			}
			wantAllRefused(t, waiting, fresh)
			wantRefused(t, "Switch", func() { root.Switch("refused") })
			wantRefused(t, "SwitchRun", func() { root.SwitchRun(func() any { return nil }) })
		})
		return up("after C")
	})
	if s.Switch(nil) != "after C" || s.Switch("end") != "end" || waiting.Switch(1) != 1 || fresh.Switch(2) != 2 {
		t.Error("the stacks are not as they were")
	}
}

// It stays refused while the collector marks, which goes another way.
func TestCgo_callbackWhileMarking(t *testing.T) {
	needNative(t)
	stop := make(chan bool)
	var collecting sync.WaitGroup
	collecting.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	for range 300 {
		waiting, fresh := suspended(), body(func(v any) any { return v })
		CallC(func() { wantAllRefused(t, waiting, fresh) })
		if waiting.Switch(1) != 1 || fresh.Switch(2) != 2 {
			t.Fatal("the stacks are not as they were")
		}
	}
	close(stop)
	collecting.Wait()
}

// C calls between switches are ordinary calls, and callbacks may nest.
func TestCgo_callsBetweenSwitches(t *testing.T) {
	var stacks []*stack
	for i := range 20 {
		stacks = append(stacks, body(func(any) any {
			sum := 0
			for n := range 50 {
				sum = Add(sum, n)
				up(nil)
				CallC(func() { CallC(func() { sum = Add(sum, i) }) })
			}
			return sum
		}))
	}
	for range 50 {
		for _, s := range stacks {
			s.Switch(nil)
		}
	}
	for i, s := range stacks {
		if got := s.Switch(nil); got != 50*49/2+50*i {
			t.Errorf("stack %d: sum %v", i, got)
		}
	}
}

// A panic takes the C frames with it; afterwards switches work again.
func TestCgo_panicThroughC(t *testing.T) {
	s := body(func(any) any {
		for range 100 {
			if v := panicOf(func() { CallC(func() { panic("through C") }) }); v != "through C" {
				t.Fatalf("got panic %v", v)
			}
			up(nil)
		}
		return nil
	})
	for !s.Done() {
		s.Switch(nil)
		suspended().Switch(nil)
	}
}

// So does a Goexit, which ends the stack after the C frames are gone.
func TestCgo_goexitThroughC(t *testing.T) {
	var s *stack
	done := make(chan bool)
	go func() {
		defer close(done)
		s = body(func(any) any {
			CallC(runtime.Goexit)
			return nil
		})
		s.Switch(nil)
		t.Error("the root went on")
	}()
	<-done
	if !s.Done() {
		t.Error("not done after Goexit")
	}
}

// A thread that C made has a goroutine for the time of each callback.
func TestCgo_callbackOnCThread(t *testing.T) {
	needNative(t)
	outside := suspended()
	calls := 0
	err := CallCThread(func() {
		calls++
		v := panicOf(func() { outside.Switch(nil) })
		if err, _ := v.(error); !errors.Is(err, stackful.ErrWrongGoroutine) {
			t.Errorf("a foreign stack: got panic %v", v)
		}
		fresh := body(func(v any) any { t.Error("it ran"); return v })
		wantRefused(t, "Switch", func() { fresh.Switch(nil) })
		wantRefused(t, "SwitchRun", func() { fresh.SwitchRun(func() any { return nil }) })
	})
	if err != nil || calls != 2 {
		t.Errorf("%d callbacks, error %v", calls, err)
	}
	if outside.Switch(1) != 1 {
		t.Error("the stack outside is not as it was")
	}
}

// A goroutine that a callback starts is one like any.
func TestCgo_goroutineFromCallback(t *testing.T) {
	f := func() {
		result := make(chan any)
		go func() {
			s := suspended()
			result <- s.Switch(1)
		}()
		if got := <-result; got != 1 {
			t.Errorf("got %v", got)
		}
	}
	CallC(f)
	if err := CallCThread(f); err != nil {
		t.Error(err)
	}
}
