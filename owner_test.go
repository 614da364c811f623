package stackful_test

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// policy records what it is asked and answers with a value.
type policy struct {
	asked []any
	next  *stack
}

func (p *policy) SwitchDone(s *stack, v any, top stackful.OnTop) any {
	p.asked = append(p.asked, s, v, top != nil)
	if top != nil {
		return top()
	}
	return "instead"
}

func (p *policy) GoexitTarget(s *stack) *stack {
	p.asked = append(p.asked, s)
	return p.next
}

func TestPolicy_switchDone(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		root := stackful.Current()
		s := stackful.New(func(any) (*stack, any) { return root, nil })
		var p policy
		s.SetData(&p)
		s.Switch(nil)
		want(t, "not asked before the end", len(p.asked), 0)
		want(t, "Switch", s.Switch("v"), "instead")
		want(t, "SwitchRun", s.SwitchRun(func() any { return stackful.Current() }), any(root))
		for i, w := range []any{s, "v", false, s, nil, true} {
			want(t, "asked", p.asked[i], w)
		}
	})
}

// Wrong goroutines are refused before a policy is asked.
func TestPolicy_wrongGoroutine(t *testing.T) {
	var p policy
	s := finished()
	s.SetData(&p)
	onGoroutine(func() {
		wantUsage(t, "Switch", stackful.ErrWrongGoroutine, func() { s.Switch(nil) })
	})
	want(t, "asked", len(p.asked), 0)
}

// A policy may redirect the switch, and panic.
type redirect struct{ to *stack }

func (p redirect) SwitchDone(_ *stack, v any, _ stackful.OnTop) any { return p.to.Switch(v) }
func (redirect) GoexitTarget(*stack) *stack                         { return nil }

func TestPolicy_redirects(t *testing.T) {
	other, s := suspended(), finished()
	s.SetData(redirect{other})
	want(t, "went on to the other", s.Switch("v"), "v")
	wantUsage(t, "Switch", stackful.ErrDone, func() { s.Switch("v") })
}

func TestPolicy_goexitTarget(t *testing.T) {
	var asked []any
	var rest []string
	onGoroutine(func() {
		target := body(func(any) any {
			defer func() { rest = append(rest, "target") }()
			up(nil)
			return "not reached"
		})
		target.Switch(nil)
		p := &policy{next: target}
		s := body(func(any) any {
			defer func() { rest = append(rest, "s") }()
			runtime.Goexit()
			return nil
		})
		s.SetData(p)
		defer func() {
			rest = append(rest, "root")
			asked = p.asked
			want(t, "s done", s.Done(), true)
			want(t, "target done", target.Done(), true)
		}()
		s.Switch(nil)
		t.Error("the root went on")
	})
	want(t, "asked", len(asked), 1)
	if len(rest) != 3 || rest[0] != "s" || rest[1] != "target" || rest[2] != "root" {
		t.Errorf("deferred calls: %v", rest)
	}
}

func TestData(t *testing.T) {
	var s stack
	want(t, "of the zero stack", s.Data(), nil)
	s.SetData(1)
	s.Init(func(self *stack, _ any) (*stack, any) {
		want(t, "seen on the stack", self.Data(), 1)
		self.SetData("changed")
		return nil, nil
	})
	s.Switch(nil)
	want(t, "afterwards", s.Data(), "changed")
	root := stackful.Current()
	defer root.SetData(root.Data())
	root.SetData("root's")
	want(t, "of the root", stackful.Current().Root().Data(), "root's")
}

func TestCurrent_root(t *testing.T) {
	onGoroutine(func() {
		root := stackful.Current()
		want(t, "the same each time", stackful.Current(), root)
		want(t, "its own root", root.Root(), root)
		want(t, "Started", root.Started(), true)
		want(t, "Done", root.Done(), false)
		want(t, "Owned", root.Owned(), true)
		body(func(any) any {
			want(t, "Root on a stack", stackful.Current().Root(), root)
			want(t, "a stack is not the root", stackful.Current() == root, false)
			return nil
		}).Switch(nil)
		onGoroutine(func() {
			want(t, "another goroutine has another root", stackful.Current() == root, false)
		})
	})
}

func TestRoot_zero(t *testing.T) {
	wantUsage(t, "Root", stackful.ErrNotInitialized, func() { new(stack).Root() })
}

// What any goroutine may ask.
func TestStack_fromOtherGoroutines(t *testing.T) {
	fresh, waiting, done := body(nil), suspended(), finished()
	ask := func(mine bool) {
		for _, s := range []struct {
			*stack
			started, done bool
		}{{fresh, false, false}, {waiting, true, false}, {done, true, true}, {waiting.Root(), true, false}} {
			want(t, "Started", s.Started(), s.started)
			want(t, "Done", s.Done(), s.done)
			want(t, "Owned", s.Owned(), mine)
		}
		want(t, "Owned of the zero stack", new(stack).Owned(), false)
	}
	ask(true)
	body(func(any) any { ask(true); return nil }).Switch(nil)
	onGoroutine(func() { ask(false) })
	onGoroutine(func() { body(func(any) any { ask(false); return nil }).Switch(nil) })
	waiting.Switch(nil)
}

// Started and Done may be asked while the owner switches: the race detector
// must have nothing to say.
func TestStack_askedWhileSwitching(t *testing.T) {
	made, over := make(chan *stack), make(chan bool)
	go func() {
		defer close(over)
		for range 1000 {
			s := body(func(any) any { return up(nil) })
			made <- s
			s.Switch(nil)
			s.Switch(nil)
		}
		close(made)
	}()
	for s := range made {
		for !s.Done() {
			s.Started()
			runtime.Gosched()
		}
	}
	<-over
}

var local = stackful.NewOwnerLocal[string]()
var otherLocal = stackful.NewOwnerLocal[*named]()

func TestOwnerLocal(t *testing.T) {
	onGoroutine(func() {
		want(t, "at first", local.Get(), "")
		want(t, "other at first", otherLocal.Get() == nil, true)
		local.Set("root's")
		body(func(any) any {
			want(t, "shared by stacks", local.Get(), "root's")
			local.Set("stack's")
			return nil
		}).Switch(nil)
		want(t, "set on a stack", local.Get(), "stack's")
		want(t, "another variable", otherLocal.Get() == nil, true)
		otherLocal.Set(&named{"n"})
		want(t, "the first one", local.Get(), "stack's")
		onGoroutine(func() { want(t, "on another goroutine", local.Get(), "") })
	})
}
