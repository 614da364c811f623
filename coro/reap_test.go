package coro

import (
	"errors"
	"testing"
)

// elsewhereDo runs f on another goroutine.
func elsewhereDo(f func()) {
	done := make(chan bool)
	go func() { defer close(done); f() }()
	<-done
}

// suspended returns a coroutine that has switched back once.
func suspended() *Coroutine {
	c := New(func(any) any { return Current().Parent().Switch(nil) })
	c.Switch(nil)
	return c
}

// What was abandoned and has moved meanwhile is killed where it is, and there only.
func TestReap_moved(t *testing.T) {
	elsewhereDo(func() {
		c := suspended()
		KillOnCollect(new(int), c)
		c.extra.collectHome.abandon(c) // as the collector does
		c.Detach()
		elsewhereDo(func() {
			c.Attach()
			if n := Reap(); n != 1 || !c.Dead() {
				t.Errorf("where it is: %d, dead: %v", n, c.Dead())
			}
		})
		if n := Reap(); n != 0 {
			t.Errorf("where it was: %d", n)
		}

		c = suspended()
		KillOnCollect(new(int), c)
		c.extra.collectHome.abandon(c)
		c.Detach()
		elsewhereDo(c.Attach)
		if n := Reap(); n != 0 || c.Dead() {
			t.Errorf("where it was, while it lives elsewhere: %d, dead: %v", n, c.Dead())
		}
	})
}

// Reap leaves what is in use, and has not forgotten it when it is not any more.
func TestReap_inUse(t *testing.T) {
	elsewhereDo(func() {
		o := currentOwner()
		var chain []*Coroutine
		var g *Generator[int, int]
		inside := func() {
			for _, c := range chain {
				o.abandon(c)
			}
			if n := Reap(); n != 0 {
				t.Errorf("%d in use were killed", n)
			}
		}
		g = NewGenerator(func(in int, yield func(int) int) { inside(); yield(1); t.Error("resumed") })
		caller := New(func(any) any {
			if v, ok := g.Send(1); v != 1 || !ok {
				t.Error("Send:", v, ok)
			}
			return Current().Parent().Switch(nil)
		})
		outer := New(func(any) any {
			caller.SetParent(Current())
			caller.Switch(nil)
			return Current().Parent().Switch(nil)
		})
		chain = []*Coroutine{g.Coroutine(), caller, outer}
		outer.Switch(nil)
		if n := Reap(); n != 3 {
			t.Errorf("%d were killed afterwards", n)
		}
		for i, c := range chain {
			if !c.Dead() {
				t.Errorf("%d is alive", i)
			}
		}
	})
	// A caller waits for a generator, though not where Reap is called.
	elsewhereDo(func() {
		root := Current()
		g := NewGenerator(func(int, func(int) int) { root.Switch(nil) })
		caller := New(func(any) any { g.Send(1); return nil })
		caller.Switch(nil)
		currentOwner().abandon(g.Coroutine())
		if n := Reap(); n != 0 || g.Coroutine().Dead() {
			t.Error("it was killed while somebody waited for it")
		}
		caller.Kill()
	})
}

// A coroutine whose killer has ended goes to its parent when it ends, though a second
// killer has put the first one into the parent's place again.
func TestKill_killerHasEnded(t *testing.T) {
	elsewhereDo(func() {
		root := Current()
		victim := New(func(any) any {
			defer root.Switch("second")
			defer root.Switch("first")
			return root.Switch(nil)
		})
		victim.Switch(nil)
		killer := func() *Coroutine { return New(func(any) any { victim.Kill(); return nil }) }
		k1, k2 := killer(), killer()
		if v := k1.Switch(nil); v != "first" {
			t.Error(v)
		}
		if v := k2.Switch(nil); v != "second" {
			t.Error(v)
		}
		k1.Kill()
		k2.Kill()
		if !k1.Dead() || !k2.Dead() || victim.Dead() {
			t.Error("dead:", k1.Dead(), k2.Dead(), victim.Dead())
		}
		if err, ok := victim.Switch(nil).(error); !ok || !errors.Is(err, ErrExit) || !victim.Dead() {
			t.Error("the end:", err, victim.Dead())
		}
	})
}

// Kill of a generator's coroutine that is suspended in its body, not in yield, ends the generator.
func TestKill_generatorInItsBody(t *testing.T) {
	elsewhereDo(func() {
		root := Current()
		g := NewGenerator(func(int, func(int) int) { root.Switch(nil) })
		caller := New(func(any) any { g.Send(1); return nil })
		caller.Switch(nil)
		g.Coroutine().Kill()
		if v, ok := g.Send(2); ok || v != 0 {
			t.Error("Send:", v, ok)
		}
		caller.Kill()
	})
}
