package stackful_test

import (
	"testing"

	"github.com/stackful-go/stackful"
)

func TestEntry_returnsNil(t *testing.T) {
	root := stackful.Current()
	var inner *stack
	outer := body(func(any) any {
		inner = body(func(any) any {
			return "nil is the root, not the switcher"
		})
		inner.Switch(nil)
		t.Error("the switcher was resumed")
		return nil
	})
	want(t, "result", outer.Switch(nil), "nil is the root, not the switcher")
	want(t, "Current", stackful.Current(), root)
	want(t, "inner done", inner.Done(), true)
	want(t, "outer done", outer.Done(), false)
}

func TestEntry_returnsSuspended(t *testing.T) {
	var got any
	waiting := body(func(any) any {
		got = up(nil)
		return "waiting ended"
	})
	waiting.Switch(nil)
	s := stackful.New(func(any) (*stack, any) { return waiting, "out" })
	want(t, "what came to the root", s.Switch(nil), "waiting ended")
	want(t, "what waiting got", got, "out")
	want(t, "done", s.Done() && waiting.Done(), true)
}

func TestEntry_returnsFresh(t *testing.T) {
	chain := 0
	var next func(v any) (*stack, any)
	next = func(v any) (*stack, any) {
		want(t, "argument", v, chain)
		if chain++; chain == 1000 {
			return nil, "end of the chain"
		}
		return stackful.New(next), chain
	}
	want(t, "result", stackful.New(next).Switch(0), "end of the chain")
}

func TestEntry_returnsOnTop(t *testing.T) {
	where := func() stackful.OnTop {
		return func() any { return stackful.Current() }
	}
	t.Run("of=root", func(t *testing.T) {
		s := stackful.New(func(any) (*stack, any) { return nil, where() })
		want(t, "ran on", s.Switch(nil), any(stackful.Current()))
		want(t, "done", s.Done(), true)
	})
	t.Run("of=suspended", func(t *testing.T) {
		var got any
		waiting := body(func(any) any { got = up(nil); return nil })
		waiting.Switch(nil)
		stackful.New(func(any) (*stack, any) { return waiting, where() }).Switch(nil)
		want(t, "ran on", got, any(waiting))
	})
	t.Run("of=fresh", func(t *testing.T) {
		var got any
		fresh := body(func(v any) any { got = v; return nil })
		stackful.New(func(any) (*stack, any) { return fresh, where() }).Switch(nil)
		want(t, "ran on", got, any(fresh))
	})
	t.Run("panics", func(t *testing.T) {
		s := stackful.New(func(any) (*stack, any) {
			return nil, stackful.OnTop(func() any { panic("on top") })
		})
		want(t, "panic", panicOf(func() { s.Switch(nil) }), "on top")
		want(t, "done", s.Done(), true)
	})
	t.Run("switches", func(t *testing.T) {
		other := suspended()
		s := stackful.New(func(any) (*stack, any) {
			return nil, stackful.OnTop(func() any { return other.Switch("from on top") })
		})
		want(t, "result", s.Switch(nil), "from on top")
	})
}

// In its last moments a stack is already done for the stack that it resumes.
func TestEntry_doneWhenNextRuns(t *testing.T) {
	var s *stack
	s = stackful.New(func(any) (*stack, any) {
		return nil, stackful.OnTop(func() any { return s.Done() })
	})
	want(t, "Done seen on top of the next", s.Switch(nil), true)
}

func TestSwitchRun_suspended(t *testing.T) {
	var got any
	s := body(func(any) any {
		got = up("waiting")
		return "end"
	})
	s.Switch(nil)
	result := s.SwitchRun(func() any {
		want(t, "running", stackful.Current(), s)
		return "top's result"
	})
	want(t, "result of the pending switch", got, "top's result")
	want(t, "result of SwitchRun", result, "end")
}

func TestSwitchRun_fresh(t *testing.T) {
	ran := false
	s := body(func(v any) any {
		want(t, "ran first", ran, true)
		return v
	})
	result := s.SwitchRun(func() any {
		ran = true
		want(t, "running", stackful.Current(), s)
		want(t, "started", s.Started(), true)
		return up("from on top of a fresh stack")
	})
	want(t, "first result", result, "from on top of a fresh stack")
	want(t, "what entry got", s.Switch("v"), "v")
}

func TestSwitchRun_self(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		self := stackful.Current()
		want(t, "result", self.SwitchRun(func() any { return stackful.Current() }), any(self))
		v := panicOf(func() { self.SwitchRun(func() any { panic("up from here") }) })
		want(t, "panic", v, "up from here")
	})
}

func TestSwitchRun_root(t *testing.T) {
	root := stackful.Current()
	s := body(func(any) any {
		got := root.SwitchRun(func() any { return stackful.Current() })
		want(t, "passed back", got, "back")
		return "end"
	})
	want(t, "result on the root", s.Switch(nil), any(root))
	want(t, "end", s.Switch("back"), "end")
}

// A panic on top is a panic of the target: its deferred calls run and may
// recover it, and the switching stack stays where it is.
func TestSwitchRun_panics(t *testing.T) {
	var log []any
	s := body(func(any) any {
		defer func() { log = append(log, "deferred", recover()) }()
		up(nil)
		t.Error("the switch returned")
		return nil
	})
	s.Switch(nil)
	want(t, "result", s.SwitchRun(func() any { panic("on top") }), nil)
	if len(log) != 2 || log[0] != "deferred" || log[1] != "on top" {
		t.Errorf("what happened: %v", log)
	}
	want(t, "done", s.Done(), true)
}

// A panic on top of the root goes up through the root's frames.
func TestSwitchRun_panicsOnRoot(t *testing.T) {
	root := stackful.Current()
	s := body(func(any) any {
		root.SwitchRun(func() any { panic("on the root") })
		return "later"
	})
	want(t, "panic", panicOf(func() { s.Switch(nil) }), "on the root")
	want(t, "s goes on", s.Switch(nil), "later")
}

func TestSwitchRun_nested(t *testing.T) {
	root := stackful.Current()
	var log []any
	a := body(func(any) any { return up(nil) })
	b := body(func(any) any { return up(nil) })
	a.Switch(nil)
	b.Switch(nil)
	result := a.SwitchRun(func() any {
		log = append(log, stackful.Current() == a)
		v := b.SwitchRun(func() any {
			log = append(log, stackful.Current() == b)
			return root.SwitchRun(func() any {
				log = append(log, stackful.Current() == root)
				return "to the root"
			})
		})
		return v
	})
	want(t, "first", result, "to the root")
	want(t, "b's switch, on top of b, returns", b.Switch("b"), "b")
	want(t, "a's switch, on top of a, returns", a.Switch("a"), "a")
	for _, ok := range log {
		want(t, "where", ok, true)
	}
	want(t, "calls", len(log), 3)
	want(t, "done", a.Done() && b.Done(), true)
}

// What a call on top captures may be anything, and many of them may pile up.
func TestSwitchRun_pile(t *testing.T) {
	s := body(func(any) any { return up(nil) })
	s.Switch(nil)
	const n = 300
	for i := range n {
		want(t, "suspended on top", s.SwitchRun(func() any { return up(i).(int) + 1 }), i)
	}
	want(t, "the pile collapses", s.Switch(0), n)
}
