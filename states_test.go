package stackful_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stackful-go/stackful"
)

// What each routine that takes a Stack says to a stack in each state. It is the same in both
// backends: all ask whether the stack is this goroutine's, and rests where it can be resumed.
func TestStates(t *testing.T) {
	const (
		zero      = "zero"
		fresh     = "fresh"
		waiting   = "suspended"
		running   = "running"
		root      = "root"
		done      = "done"
		detached  = "detached"
		foreigner = "of another goroutine"
	)
	noInit, wrong := stackful.ErrNotInitialized, stackful.ErrWrongGoroutine
	isDone, isRunning, started := stackful.ErrDone, stackful.ErrRunning, stackful.ErrStarted
	ops := []struct {
		name string
		f    func(s *stack)
		says map[string]error
	}{
		{"Switch", func(s *stack) { s.Switch("v") },
			map[string]error{zero: noInit, done: isDone, detached: wrong, foreigner: wrong}},
		{"SwitchRun", func(s *stack) { s.SwitchRun(func() any { return "v" }) },
			map[string]error{zero: noInit, done: isDone, detached: wrong, foreigner: wrong}},
		{"SwitchPanic", func(s *stack) {
			defer func() {
				if v := recover(); v != "thrown" && v != nil {
					panic(v)
				}
			}()
			s.SwitchPanic("thrown")
		}, map[string]error{zero: noInit, done: isDone, detached: wrong, foreigner: wrong}},
		{"Resume", func(s *stack) { s.Resume(true) },
			map[string]error{zero: noInit, done: isDone, detached: wrong, foreigner: wrong}},
		{"Discard", func(s *stack) { s.Discard() },
			map[string]error{zero: noInit, running: isRunning, root: isRunning, detached: wrong, foreigner: wrong}},
		{"Detach", func(s *stack) { s.Detach() },
			map[string]error{zero: noInit, running: isRunning, root: isRunning, done: isDone, detached: wrong, foreigner: wrong}},
		{"Attach", func(s *stack) { s.Attach() },
			map[string]error{zero: wrong, fresh: wrong, waiting: wrong, running: wrong, root: wrong, done: wrong, foreigner: wrong}},
		{"Init", func(s *stack) { s.Init(func(_ *stack, v any) (*stack, any) { return nil, v }) },
			map[string]error{fresh: started, waiting: started, running: started, root: started, detached: started, foreigner: started}},
	}
	states := []struct {
		name string
		make func() *stack
	}{
		{zero, func() *stack { return new(stack) }},
		{fresh, func() *stack { return body(func(v any) any { return v }) }},
		{waiting, func() *stack {
			s := guarded(func(v any) any { return up(v) })
			s.Switch(nil)
			return s
		}},
		{running, stackful.Current},
		{root, func() *stack { return stackful.Current().Root() }},
		{done, finished},
		{detached, func() *stack {
			s := suspended()
			s.Detach()
			return s
		}},
		{foreigner, func() *stack { return foreign(t) }},
	}
	for _, op := range ops {
		for _, state := range states {
			if state.name == fresh && op.name == "SwitchPanic" {
				continue // no function there recovers
			}
			name := fmt.Sprintf("%s of a stack that is %s", op.name, state.name)
			// On a coroutine, so that the root is not the running stack. What switches to the
			// root, or lets it go on, is done when the coroutine is ended below.
			var v any
			s := body(func(any) any {
				s := state.make()
				if state.name == root && op.says[root] == nil {
					return nil
				}
				was := s.Done()
				v = panicOf(func() { op.f(s) })
				if v != nil && s.Done() != was {
					t.Errorf("%s: it was ended", name)
				}
				return nil
			})
			s.Switch(nil)
			for !s.Done() {
				s.Switch(nil)
			}
			err, _ := v.(error)
			var usage *stackful.UsageError
			switch expected := op.says[state.name]; {
			case expected == nil && v != nil, expected != nil && (!errors.Is(err, expected) || !errors.As(err, &usage)):
				t.Errorf("%s: got panic %v, want %v", name, v, expected)
			case expected != nil && usage.Op != op.name && op.name != "Resume": // that is of Switch
				t.Errorf("%s: the panic is of %s", name, usage.Op)
			}
		}
	}
}
