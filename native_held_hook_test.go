package stackful

import (
	"errors"
	"testing"
)

// A generator that cannot be resumed because of the goroutine stays as it is: it has no resumer, and
// it is resumed later.
func TestHeld_refusedGenerator(t *testing.T) {
	needFastYield(t)
	onOwnGoroutine(t, func() {
		var slot [4]int
		ended := false
		s := new(Stack)
		s.Init(func(s *Stack, _ any) (*Stack, any) {
			yield := NewYield(s, &slot[0], func(v int) bool { slot[0] = v; return s.Yielded() })
			for i := 1; yield(i); i++ {
			}
			ended = true
			return s.Resumer(), nil
		})
		s.Resume(true)
		o, yieldHost := currentOwner(), s.yieldHost
		if yieldHost == 0 || s.host != 0 {
			t.Fatalf("not suspended in a fast yield: host %#x, yieldHost %#x", s.host, yieldHost)
		}
		o.foreign, o.fast = true, 0
		for name, f := range map[string]func(){
			"Resume":      func() { s.Resume(true) },
			"Switch":      func() { s.Switch(nil) },
			"ResumePanic": func() { s.ResumePanic("thrown") },
		} {
			err, _ := panicked(f).(error)
			if !errors.Is(err, ErrForeignFrames) {
				t.Errorf("%s: panic %v", name, err)
			}
			if s.Resumer() != nil || s.host != 0 || s.yieldHost != yieldHost {
				t.Errorf("%s, refused, leaves resumer %p, host %#x, yieldHost %#x, which was %#x", name, s.Resumer(), s.host, s.yieldHost, yieldHost)
			}
		}
		o.foreign, o.fast = false, o.goid
		s.Resume(true)
		if slot[0] != 2 {
			t.Errorf("got %d, want 2", slot[0])
		}
		s.Resume(false)
		if !ended || !s.Done() {
			t.Error("has not ended")
		}
	})
}

func needFastYield(t *testing.T) {
	if raceEnabled {
		t.Skip("there is no fast yield under the race detector")
	}
}

func panicked(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

// Where the wait hook goes from a stack that is held: to a suspended one, to one that is
// suspended in a fast yield, and nowhere. The one that was to run stays as it is.
func TestHeld_waitHook(t *testing.T) {
	needFastYield(t)
	onOwnGoroutine(t, func() {
		yields := func() (s *Stack, more *[]bool) {
			s, more = new(Stack), new([]bool)
			var slot [4]int
			s.Init(func(s *Stack, _ any) (*Stack, any) {
				yield := NewYield(s, &slot[0], func(v int) bool { return s.Yielded() })
				for i := range 2 {
					*more = append(*more, yield(i))
				}
				return s.Resumer(), nil
			})
			s.Resume(true)
			return s, more
		}
		held, more := yields()
		yieldHost := held.yieldHost
		h := locked(held.carrier() | yieldHost&^hasDeferOrPanic)
		var choice *Stack
		SetWaitHook(func(to *Stack) *Stack {
			if to != held {
				t.Errorf("asked for another stack")
			}
			return choice
		})
		unchanged := func(what string) {
			t.Helper()
			if held.host != 0 || held.yieldHost != yieldHost || currentOwner().transfer != nil {
				t.Errorf("%s: the stack that had to wait has host %#x, yieldHost %#x, which was %#x", what, held.host, held.yieldHost, yieldHost)
			}
		}

		choice = Current()
		if v := held.Switch("v"); v != "v" {
			t.Errorf("stayed and got %v", v)
		}
		unchanged("stayed")

		choice, _ = suspendedOnce(t)
		got := any(nil)
		choice = New(func(any) (*Stack, any) { got = passUp(); return nil, nil })
		choice.Switch(nil)
		held.Switch("v")
		if got != "v" || !choice.Done() {
			t.Errorf("the chosen stack got %v", got)
		}
		unchanged("another one")

		choice = New(func(v any) (*Stack, any) { got = v; return nil, nil })
		held.Switch("w")
		if got != "w" || !choice.Done() {
			t.Errorf("the chosen stack, not started before, got %v", got)
		}
		unchanged("one that had not started")

		c, cMore := yields()
		choice = c
		root := Current()
		c.resumer = root
		held.Switch("not a bool")
		if len(*cMore) != 1 || (*cMore)[0] {
			t.Errorf("yield of the chosen stack returned %v", *cMore)
		}
		unchanged("one in a yield function")

		for _, refused := range []*Stack{nil, New(func(any) (*Stack, any) { return nil, nil })} {
			if refused != nil {
				refused.Switch(nil) // it is done
			}
			choice = refused
			err, _ := panicked(func() { held.Switch("v") }).(error)
			want := ErrWrongGoroutine
			if refused != nil {
				want = ErrDone
			}
			if !errors.Is(err, want) {
				t.Errorf("panic %v, want %v", err, want)
			}
			unchanged("refused")
		}
		made := make(chan *Stack)
		go func() {
			s := New(func(any) (*Stack, any) { return nil, nil })
			s.Switch(nil)
			made <- Current()
		}()
		choice = <-made
		if err, _ := panicked(func() { held.Switch("v") }).(error); !errors.Is(err, ErrWrongGoroutine) {
			t.Errorf("panic %v for another goroutine's stack", err)
		}
		unchanged("another goroutine's")

		// The end of a stack goes there too.
		got = nil
		choice = New(func(any) (*Stack, any) { got = passUp(); return nil, nil })
		choice.Switch(nil)
		New(func(any) (*Stack, any) { return held, "end" }).Switch(nil)
		if got != "end" {
			t.Errorf("the stack chosen at an end got %v", got)
		}
		unchanged("an end")

		SetWaitHook(nil)
		h.release()
		held.Resume(true)
		held.Resume(true)
		if len(*more) != 2 || !(*more)[0] || !(*more)[1] || !held.Done() {
			t.Errorf("yield of the stack that had to wait returned %v", *more)
		}
	})
}
