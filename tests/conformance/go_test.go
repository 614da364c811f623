package conformance

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// What greenlet has no word for, since Python has no such thing.

// Four coroutines are suspended in deferred calls while they panic; each recovers
// its own.
func TestG128_exception_switch(t *testing.T) {
	var all []*coro.Coroutine
	for i := range 4 {
		c := coro.New(func(any) any {
			var got any
			func() {
				defer func() {
					up(nil)
					got = recover()
					up(nil)
				}()
				panic(i)
			}()
			return got
		})
		c.Switch(nil)
		all = append(all, c)
	}
	for _, i := range []int{2, 0, 3, 1} {
		all[i].Switch(nil)
	}
	for _, i := range []int{1, 3, 0, 2} {
		equal(t, all[i].Switch(nil), i)
	}
}

func TestSwitchInDeferredCallWhilePanicking(t *testing.T) {
	c := coro.New(func(any) any {
		defer func() { up("deferred") }()
		panic(errSome)
	})
	equal(t, c.Switch(nil), "deferred")
	equal(t, coro.New(func(any) any { return recover() }).Switch(nil), nil)
	wantPanic(t, errSome, func() { c.Switch(nil) })
	equal(t, c.Dead(), true)
}

func TestPanicErrorPassesThroughLevels(t *testing.T) {
	var seen []any
	note := func(f func()) {
		defer func() { v := recover(); seen = append(seen, v); panic(v) }()
		f()
	}
	c := coro.New(func(any) any {
		note(func() {
			coro.New(func(any) any {
				note(func() { coro.New(func(any) any { panic("deep") }).Switch(nil) })
				return nil
			}).Switch(nil)
		})
		return nil
	})
	seen = append(seen, panicOf(func() { c.Switch(nil) }))
	equal(t, len(seen), 3)
	e := seen[0].(*coro.PanicError)
	equal(t, e.Value, "deep")
	equal(t, seen[1], any(e))
	equal(t, seen[2], any(e))
	equal(t, errors.Unwrap(e), error(nil))
}

func TestGoexitGoesOnInTheParents(t *testing.T) {
	var order []string
	note := func(s string) { order = append(order, s) }
	onGoroutine(func() {
		defer note("root")
		coro.New(func(any) any {
			defer note("outer")
			return coro.New(func(any) any {
				defer note("inner")
				runtime.Goexit()
				return nil
			}).Switch(nil)
		}).Switch(nil)
		note("not reached")
	})
	equal(t, order, []string{"inner", "outer", "root"})
}

func TestGoexitIntoUnstartedParent(t *testing.T) {
	ran, reached := false, false
	onGoroutine(func() {
		parent := coro.New(func(any) any { ran = true; return nil })
		child(t, parent, func(any) any { runtime.Goexit(); return nil }).Switch(nil)
		reached = true
	})
	equal(t, ran || reached, false)
}

func TestKillRefused(t *testing.T) {
	var refusals int
	c := coro.New(func(any) any {
		for refusals < 2 {
			func() {
				defer func() {
					if recover() != nil {
						refusals++
					}
				}()
				up(nil)
			}()
		}
		return "over"
	})
	c.Switch(nil)
	c.Kill()
	equal(t, c.Dead(), false)
	c.Kill()
	equal(t, c.Dead(), true)
}

func TestKillEndsInAnotherPanic(t *testing.T) {
	c := coro.New(func(any) any {
		defer func() { panic(errSome) }()
		return up(nil)
	})
	c.Switch(nil)
	wantPanic(t, errSome, func() { c.Kill() })
	equal(t, c.Dead(), true)
}

func TestKillItself(t *testing.T) {
	c := coro.New(func(any) any { coro.Current().Kill(); return "alive" })
	equal(t, c.Switch(nil), any(coro.ErrExit))
	wantPanic(t, coro.ErrRoot, func() { coro.Current().Kill() })
	c.Kill()
}

// Kill comes back to its caller, whoever the parent is.
func TestKillOfAStrangersChild(t *testing.T) {
	var order []string
	hub := coro.New(func(any) any { order = append(order, "hub"); return nil })
	c := child(t, hub, func(any) any {
		defer func() { order = append(order, "exit") }()
		return coro.Current().Root().Switch(nil)
	})
	fresh := child(t, hub, nothing)
	c.Switch(nil)
	c.Kill()
	fresh.Kill()
	order = append(order, "back")
	equal(t, order, []string{"exit", "back"})
	equal(t, c.Dead() && fresh.Dead(), true)
	equal(t, hub.Started(), false)
}

// A child kills the parent that waits for it. The child lives on; its ancestor
// is now the root.
func TestThrowIntoCoroutineThatWaitsForAChild(t *testing.T) {
	var order []string
	var parent, c *coro.Coroutine
	parent = coro.New(func(any) any {
		defer func() { order = append(order, "parent ends") }()
		c = coro.New(func(any) any {
			parent.Kill()
			order = append(order, "child goes on")
			return "child's result"
		})
		return c.Switch(nil)
	})
	equal(t, parent.Switch(nil), "child's result")
	equal(t, order, []string{"parent ends", "child goes on"})
	equal(t, parent.Dead() && c.Dead(), true)
}

func TestThrowNested(t *testing.T) {
	var seen []any
	c := coro.New(func(any) any {
		defer func() {
			seen = append(seen, recover())
			defer func() { seen = append(seen, recover()) }()
			up("first")
		}()
		return up(nil)
	})
	one, two := errors.New("one"), errors.New("two")
	c.Switch(nil)
	equal(t, c.Throw(one), "first")
	equal(t, c.Throw(two), nil)
	equal(t, seen, []any{one, two})
	equal(t, c.Dead(), true)
}

func TestThrowAtDead(t *testing.T) {
	c := coro.New(nothing)
	c.Switch(nil)
	if v := panicOf(func() { c.Throw(errSome) }); v != any(errSome) {
		t.Errorf("got %v", v)
	}
	ran := false
	parent := coro.New(func(any) any { ran = true; return nil })
	equal(t, c.SetParent(parent), error(nil))
	wantPanic(t, errSome, func() { c.Throw(errSome) })
	equal(t, parent.Dead(), true)
	equal(t, ran, false)
}

func TestExitByAnotherError(t *testing.T) {
	bye := errors.Join(errors.New("bye"), coro.ErrExit)
	c := coro.New(func(any) any { return up(nil) })
	c.Switch(nil)
	equal(t, c.Throw(bye), any(bye))
}

func TestPanicNil(t *testing.T) {
	v := panicOf(func() { coro.New(func(any) any { panic(nil) }).Switch(nil) })
	var e *runtime.PanicNilError
	if err, ok := v.(error); !ok || !errors.As(err, &e) {
		t.Errorf("got %v", v)
	}
}

var initialized = coro.New(func(any) any { return "in init" }).Switch(nil)

func TestSwitchInInit(t *testing.T) { equal(t, initialized, "in init") }

func TestSwitchInCleanup(t *testing.T) {
	done := make(chan []int)
	func() {
		runtime.AddCleanup(new(blob), func(int) { done <- simple() }, 0)
	}()
	for {
		runtime.GC()
		select {
		case got := <-done:
			equal(t, got, []int{0, 1, 2, 3, 4})
			return
		default:
		}
	}
}

func TestLockOSThread(t *testing.T) {
	if !stackful.Backend().Native {
		t.Skip("the portable backend cannot keep a thread, and refuses")
	}
	onGoroutine(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		equal(t, simple(), []int{0, 1, 2, 3, 4})
	})
}

// Deferred calls nested 500 deep each switch away and back.
func TestDeepDefers(t *testing.T) {
	const depth = 500
	c := coro.New(func(any) any {
		var deep func(n int)
		deep = func(n int) {
			if n > 0 {
				defer func() { up(n); deep(n - 1) }()
			}
		}
		deep(depth)
		return "over"
	})
	for n := depth; n > 0; n-- {
		equal(t, c.Switch(nil), n)
	}
	equal(t, c.Switch(nil), "over")
}

// A bare stack is a coroutine to those who look at it as one.
func TestForeignStack(t *testing.T) {
	root := coro.Current()
	for _, data := range []any{nil, "data of another layer"} {
		var inside *coro.Coroutine
		s := stackful.New(func(any) (*stackful.Stack, any) {
			inside = coro.Current()
			got := []any{root.Switch("out")}
			got = append(got, coro.New(func(v any) any { return v }).Switch("child"))
			return nil, got
		})
		s.SetData(data)
		equal(t, s.Switch(nil), "out")
		equal(t, inside.Parent(), root)
		equal(t, inside.Stack(), s)
		equal(t, inside.Switch("in"), any([]any{"in", "child"}))
		equal(t, inside.Dead(), true)
		wantPanic(t, stackful.ErrDone, func() { s.Switch(nil) })
	}
}

func TestScopeClose(t *testing.T) {
	scope := coro.NewScope()
	for range 100 { // dead ones are let go
		scope.New(nothing).Switch(nil)
	}
	stubborn := scope.New(func(any) any {
		for i := 0; ; i++ {
			func() { defer func() { recover() }(); up(i) }()
		}
	})
	failing := scope.New(func(any) any { defer func() { panic(errSome) }(); return up(nil) })
	fresh := scope.New(nothing)
	stubborn.Switch(nil)
	failing.Switch(nil)
	err := scope.Close()
	equal(t, errors.Is(err, errSome), true)
	equal(t, errors.Is(err, coro.ErrRefusedExit), true)
	equal(t, failing.Dead() && fresh.Dead(), true)
	equal(t, stubborn.Dead(), false)
	equal(t, scope.Close(), error(nil))
}

func TestCurrentIsTheRootOfEachGoroutine(t *testing.T) {
	roots := []*coro.Coroutine{coro.Current()}
	for range 3 {
		onGoroutine(func() { roots = append(roots, coro.Current()) })
	}
	for i, r := range roots {
		equal(t, slices.Index(roots, r), i)
	}
}

// Of many abandoned coroutines all are ended, and none of those in reach.
func TestReachableIsNotTouched(t *testing.T) {
	dropped, kept := 0, 0
	var handles []*handle
	n := many(2000)
	for range n {
		abandonable(waiting(&dropped))
		handles = append(handles, abandonable(waiting(&kept)))
	}
	reap(t, &dropped, n)
	equal(t, kept, 0)
	for _, h := range handles {
		equal(t, h.c.Active(), true)
		h.c.Kill()
	}
	equal(t, kept, n)
}
