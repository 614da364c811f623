package stackful_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
)

// A bodied stack's data is a Body, and an end for panics: what each method was called with is in its notes.
type bodied struct {
	run   func(v any) any
	exit  error
	notes []string
}

func (b *bodied) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

func (b *bodied) Begin(v any) (func(any) any, any) {
	b.note("begin %v", v)
	return b.run, v
}

func (b *bodied) End(out any) (*stack, any) {
	b.note("end %v", out)
	return nil, out
}

func (b *bodied) PanicExit() any { return b.exit }

func (b *bodied) PanicEnd(_ *stack, v any) (*stack, any) {
	b.note("panicked %v", v)
	return nil, fmt.Sprint("after ", v)
}

func newBodied(run func(v any) any) (*stack, *bodied) {
	b := &bodied{run: run, exit: errors.New("exit")}
	s := new(stack)
	s.Init(nil)
	s.SetData(b)
	return s, b
}

func TestBody(t *testing.T) {
	for name, c := range map[string]struct {
		run         func(v any) any
		want, notes string
	}{
		"returns":     {func(v any) any { return v.(int) + 1 }, "2", "[begin 1 end 2]"},
		"switches":    {func(v any) any { return up(v) }, "1", "[begin 1 end again]"},
		"has no body": {nil, "1", "[begin 1 end 1]"},
		"panics":      {func(v any) any { panic(v) }, "after 1", "[begin 1 panicked 1]"},
		"panics deep": {func(v any) any { return deep(300, func() { panic("deep") }) }, "after deep", "[begin 1 panicked deep]"},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := newBodied(c.run)
			want(t, "result", fmt.Sprint(s.Switch(1)), c.want)
			if !s.Done() {
				s.Switch("again")
			}
			want(t, "done", s.Done(), true)
			want(t, "notes", fmt.Sprint(b.notes), c.notes)
		})
	}
}

// The panic with the value of PanicExit, and others, while frames and deferred calls are on the stack; and
// the stack is used again.
func TestBody_panicEnd(t *testing.T) {
	for range scale(1000, 50) {
		ran := 0
		s, b := newBodied(func(v any) any {
			defer func() { ran++ }()
			return up(v)
		})
		for life, v := range []error{b.exit, errors.New("other")} {
			if life > 0 {
				s.Init(nil)
			}
			s.Switch(nil)
			want(t, "result", s.SwitchPanic(v), any(fmt.Sprint("after ", v)))
			want(t, "deferred calls", ran, life+1)
			want(t, "done", s.Done(), true)
		}
	}
	s, _ := newBodied(nil)
	want(t, "a panic in place of the start", s.SwitchPanic("early"), any("after early"))
}

// In a deferred call of a Goexit the end of a panic is told, and the Goexit goes on.
func TestBody_panicInGoexit(t *testing.T) {
	for _, exits := range []bool{false, true} {
		ended := make(chan []string)
		go func() {
			s, b := newBodied(nil)
			b.run = func(any) any {
				defer func() {
					if exits {
						panic(b.exit)
					}
					panic("other")
				}()
				runtime.Goexit()
				return nil
			}
			defer func() { ended <- b.notes }()
			s.Switch(nil)
			b.note("no Goexit")
		}()
		got := <-ended
		want(t, "notes", fmt.Sprint(got), map[bool]string{false: "[begin <nil> panicked other]", true: "[begin <nil> panicked exit]"}[exits])
	}
}

// A function that a Body runs is asked for its deferred calls as all others are.
func TestDiscard_body(t *testing.T) {
	can := canDiscard(t)
	for _, deferring := range []bool{false, true} {
		ran := false
		s, _ := newBodied(func(v any) any { return deepUp(3, v) })
		if deferring {
			s, _ = newBodied(func(v any) any {
				defer func() { ran = true }()
				return deepUp(3, v)
			})
		}
		s.Switch(nil)
		want(t, "discarded", s.Discard(), can && !deferring)
		if !s.Done() {
			s.Switch(nil)
			want(t, "deferred call ran", ran, deferring)
		}
	}
}
