package coro_test

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// refused checks that f panics with a *stackful.UsageError that is want.
func refused(t *testing.T, want error, f func()) {
	t.Helper()
	err, _ := panicOf(f).(error)
	var usage *stackful.UsageError
	if !errors.As(err, &usage) || !errors.Is(err, want) {
		t.Errorf("got panic %v, want %v", err, want)
	}
}

// elsewhere runs f on another goroutine and waits for it.
func elsewhere(f func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func passOn(any) any {
	var v any
	for {
		v = coro.Current().Parent().Switch(v)
	}
}

func collectUntil(stop chan bool, ended *sync.WaitGroup) {
	defer ended.Done()
	for {
		select {
		case <-stop:
			return
		default:
			runtime.GC()
		}
	}
}

// 1,000 coroutines go around 8 goroutines, beside the collector. Some of them
// end, some are killed where they are, and some are generators.
func TestMove_amongGoroutines(t *testing.T) {
	const goroutines, coroutines = 8, 1000
	visits := 20
	if testing.Short() || !stackful.Backend().Native {
		visits = 4
	}
	type traveller struct {
		c      *coro.Coroutine
		g      *coro.Generator[int, int]
		visits int
		kill   bool
	}
	places := make([]chan *traveller, goroutines)
	for i := range places {
		places[i] = make(chan *traveller, coroutines)
	}
	var exits atomic.Int32
	for i := range coroutines {
		tr := &traveller{kill: i%3 == 0}
		count := func(yield func(int) int) {
			defer exits.Add(1)
			data := new([16]int)
			for n := range visits {
				data[n%16] = n
				if back := yield(n); back != n+1 || data[n%16] != n {
					t.Errorf("visit %d: data %d, got %d", n, data[n%16], back)
				}
			}
		}
		if i%4 == 1 {
			tr.g = coro.NewGenerator(func(_ int, yield func(int) int) { count(yield) })
			tr.c = tr.g.Coroutine()
		} else {
			tr.c = coro.New(func(any) any {
				count(func(n int) int { return coro.Current().Parent().Switch(n).(int) })
				return "end"
			})
		}
		tr.c.Detach()
		places[i%goroutines] <- tr
	}
	visit := func(tr *traveller) (ended bool) {
		tr.c.Attach()
		n := tr.visits
		tr.visits++
		switch {
		case tr.kill && n == visits/2:
			tr.c.Kill()
			return true
		case tr.g != nil:
			v, ok := tr.g.Send(n)
			if ok && v != n {
				t.Errorf("got %d at visit %d", v, n)
			}
			ended = !ok
		default:
			v := tr.c.Switch(n)
			if ended = v == "end"; !ended && v != n {
				t.Errorf("got %v at visit %d", v, n)
			}
		}
		if ended && n != visits {
			t.Errorf("ended at visit %d", n)
		}
		return ended
	}
	var travellers, workers sync.WaitGroup
	travellers.Add(coroutines)
	stop := make(chan bool)
	for g := range goroutines {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for {
				select {
				case <-stop:
					return
				case tr := <-places[g]:
					if visit(tr) {
						if !tr.c.Dead() {
							t.Error("not dead after its end")
						}
						travellers.Done()
						continue
					}
					tr.c.Detach()
					places[(g+tr.visits)%goroutines] <- tr
				}
			}
		}()
	}
	workers.Add(1)
	go collectUntil(stop, &workers)
	travellers.Wait()
	close(stop)
	workers.Wait()
	if exits.Load() != coroutines {
		t.Errorf("%d deferred calls ran", exits.Load())
	}
}

func TestMove_tree(t *testing.T) {
	root := coro.Current()
	var child *coro.Coroutine
	parent := coro.New(func(any) any {
		child = coro.New(func(any) any { return root.Switch("child waits") })
		v := child.Switch(nil)
		return coro.Current().Parent().Switch(v) // not the parent of before
	})
	if v := parent.Switch(nil); v != "child waits" {
		t.Fatal(v)
	}
	parent.Detach()
	refused(t, coro.ErrWrongGoroutine, func() { parent.Parent() })
	if p := child.Parent(); p != root {
		t.Errorf("parent of a child left behind is %v", p)
	}
	elsewhere(func() {
		parent.Attach()
		if p := parent.Parent(); p != coro.Current() {
			t.Errorf("parent of what was attached is %v", p)
		}
		if v := parent.Switch("x"); v != "x" { // its Switch of child returns
			t.Errorf("got %v", v)
		}
		parent.Detach()
	})
	if v := child.Switch("result"); v != "result" || !child.Dead() {
		t.Errorf("the end of a child left behind gave %v", v)
	}
	parent.Attach()
	if v := parent.Switch("over"); v != "over" || !parent.Dead() {
		t.Errorf("got %v", v)
	}

	// A panic of a child left behind, and one whose parent is dead elsewhere.
	problem := errors.New("problem")
	for _, end := range []func(){func() {}, func() {
		elsewhere(func() { parent.Attach(); parent.Kill() })
	}} {
		parent = coro.New(func(any) any {
			child = coro.New(func(any) any { root.Switch(nil); panic(problem) })
			child.Switch(nil)
			return nil
		})
		parent.Switch(nil)
		parent.Detach()
		end()
		if err, _ := panicOf(func() { child.Switch(nil) }).(error); !errors.Is(err, problem) {
			t.Errorf("got panic %v", err)
		}
	}
}

// A coroutine comes back below one that it had left behind.
func TestMove_noCycle(t *testing.T) {
	root := coro.Current()
	var child *coro.Coroutine
	parent := coro.New(func(any) any {
		child = coro.New(waitHere)
		return root.Switch(nil)
	})
	parent.Switch(nil)
	child.Switch(nil)
	parent.Detach()
	grandchild := coro.New(func(any) any {
		parent.Attach()
		if p := parent.Parent(); p != coro.Current() {
			t.Errorf("parent is %v", p)
		}
		if p := child.Parent(); p != root {
			t.Errorf("parent of what was left behind is %v", p)
		}
		return parent.Switch(nil)
	})
	if err := grandchild.SetParent(child); err != nil {
		t.Fatal(err)
	}
	grandchild.Switch(nil)
	child.Kill()
	if parent.Dead() != true || !child.Dead() || !grandchild.Dead() {
		t.Error("not all are dead", parent, child, grandchild)
	}
}

func TestMove_unstarted(t *testing.T) {
	ran := false
	c := coro.New(func(v any) any { ran = true; return v })
	c.Detach()
	elsewhere(func() {
		c.Attach()
		if v := c.Switch(1); v != 1 || !ran {
			t.Error(v)
		}
	})
	ran = false
	c = coro.New(func(v any) any { ran = true; return v })
	c.Detach()
	elsewhere(func() {
		c.Attach()
		c.Kill()
	})
	if ran || !c.Dead() {
		t.Error("it ran, or is not dead")
	}
}

func TestMove_misuse(t *testing.T) {
	root := coro.Current()
	refused(t, coro.ErrRoot, root.Detach)
	refused(t, coro.ErrWrongGoroutine, root.Attach)
	c := coro.New(func(any) any {
		refused(t, coro.ErrRunning, coro.Current().Detach)
		refused(t, coro.ErrRoot, root.Detach)
		return root.Switch(nil)
	})
	c.Switch(nil)
	refused(t, coro.ErrWrongGoroutine, c.Attach) // not detached
	elsewhere(func() {
		refused(t, coro.ErrWrongGoroutine, c.Attach)
		refused(t, coro.ErrWrongGoroutine, c.Detach)
	})
	c.Detach()
	for _, f := range []func(){
		c.Detach, c.Kill, func() { c.Switch(nil) }, func() { c.Throw(coro.ErrExit) },
		func() { c.Parent() }, func() { c.Root() }, func() { c.Frames() },
	} {
		refused(t, coro.ErrWrongGoroutine, f)
	}
	if err := c.SetParent(root); err != coro.ErrWrongGoroutine {
		t.Error(err)
	}
	if text := c.String(); text == "" || !c.Started() || c.Dead() {
		t.Error(text)
	}
	c.Attach()
	c.Kill()
	refused(t, coro.ErrDone, c.Detach)

	var g *coro.Generator[int, int]
	g = coro.NewGenerator(func(_ int, yield func(int) int) {
		c := coro.New(func(any) any {
			refused(t, coro.ErrReentered, g.Coroutine().Detach)
			return nil
		})
		c.Switch(nil)
		yield(1)
	})
	g.Send(0)
	g.Coroutine().Detach()
	refused(t, coro.ErrWrongGoroutine, func() { g.Send(0) })
	elsewhere(func() {
		g.Coroutine().Attach()
		if _, ok := g.Send(0); ok {
			t.Error("there is another value")
		}
	})
}

// What is killed while it is away from the one that kills it ends where it is.
func TestMove_beingKilled(t *testing.T) {
	root := coro.Current()
	c := coro.New(func(any) any {
		defer func() {
			recover()
			root.Switch(nil) // refuses to die
		}()
		return root.Switch(nil)
	})
	c.Switch(nil)
	coro.New(func(any) any { c.Kill(); return nil }).Switch(nil)
	c.Detach()
	elsewhere(func() {
		c.Attach()
		c.Switch(nil)
		if !c.Dead() {
			t.Error("not dead")
		}
	})
}

func TestMove_locals(t *testing.T) {
	var own coro.Local[int]
	c := coro.New(func(any) any {
		own.Set(1)
		for {
			coro.Current().Parent().Switch(own.Get())
		}
	})
	c.Switch(nil)
	c.Detach()
	elsewhere(func() {
		c.Attach()
		if v := c.Switch(nil); v != 1 {
			t.Errorf("the value is %v", v)
		}
		c.Kill()
	})
}

func TestMove_killOnCollect(t *testing.T) {
	for _, collectWhileAway := range []bool{false, true} {
		type holder struct{ c *coro.Coroutine }
		exited := false
		make := func() *coro.Coroutine {
			h := &holder{coro.New(func(any) any {
				defer func() { exited = true }()
				return coro.Current().Parent().Switch(nil)
			})}
			coro.KillOnCollect(h, h.c)
			h.c.Switch(nil)
			h.c.Detach()
			return h.c
		}
		var c *coro.Coroutine
		elsewhere(func() { c = make() })
		if collectWhileAway {
			for range 5 {
				runtime.GC()
			}
		}
		c.Attach()
		for i := 0; i < 10000 && !exited; i++ {
			runtime.GC()
			coro.Reap()
		}
		if !exited {
			t.Error("not killed")
		}
	}
}

// A scope leaves alone what has moved.
func TestMove_scope(t *testing.T) {
	scope := coro.NewScope()
	c := scope.New(passOn)
	c.Switch(nil)
	c.Detach()
	if err := scope.Close(); err != nil {
		t.Error(err)
	}
	elsewhere(func() {
		c.Attach()
		c.Kill()
	})
}
