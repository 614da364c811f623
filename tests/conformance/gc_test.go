package conformance

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"weak"

	"github.com/stackful-go/stackful/coro"
)

// waiting returns a body that waits and counts the exits that end it.
func waiting(exits *int) func(any) any {
	return func(any) any {
		defer func() {
			v := recover()
			if v == any(coro.ErrExit) {
				*exits++
			}
			panic(v)
		}()
		return up(nil)
	}
}

func TestG012_dealloc(t *testing.T) {
	exits := 0
	//lint:ignore SA4006 the handle is dropped here
	g1, g2 := abandonable(waiting(&exits)), abandonable(waiting(&exits))
	equal(t, exits, 0)
	g1 = nil
	reaped(t, 1)
	equal(t, exits, 1)
	runtime.KeepAlive(g2)
	g2 = nil
	reaped(t, 1)
	equal(t, exits, 2)
	_ = g1
}

func TestG013_dealloc_catches_GreenletExit_throws_other(t *testing.T) {
	var errs []error
	defer coro.SetUnhandled(coro.SetUnhandled(func(_ *coro.Coroutine, err error) { errs = append(errs, err) }))
	abandonable(func(any) any {
		defer func() { recover(); panic(errSome) }()
		return up(nil)
	})
	reaped(t, 1)
	equal(t, len(errs), 1)
	equal(t, errors.Is(errs[0], errSome), true)
}

func TestG014_dealloc_other_thread(t *testing.T) {
	exits := 0
	handles, dropped, done := make(chan *handle), make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		handles <- abandonable(waiting(&exits))
		<-dropped
		collected(t, "the dropped coroutine", func() bool {
			coro.New(nothing) // the owner uses the library: that is when it is killed
			return exits == 1
		})
	}()
	h := <-handles
	runtime.GC()
	equal(t, exits, 0)
	runtime.KeepAlive(h)
	close(dropped)
	<-done
}

func TestG031_dealloc_switch_args_not_lost(t *testing.T) {
	finally := false
	var h *handle
	func() {
		var self *handle
		self = &handle{coro.New(func(any) any {
			defer func() { finally = true }()
			self = nil
			return up(42)
		})}
		coro.KillOnCollect(self, self.c)
		h = self
	}()
	c := h.c
	h = nil
	equal(t, c.Switch(nil), 42)
	reaped(t, 1)
	equal(t, finally, true)
}

func TestG035_issue_245_reference_counting_subclass_no_threads(t *testing.T) {
	exits := 0
	held := dropTen(&exits)
	reap(t, &exits, 10)
	collected(t, "what the dropped ones held", func() bool { return allGone(held) })
}

func dropTen(exits *int) (held []weak.Pointer[blob]) {
	for range 10 {
		b := new(blob)
		held = append(held, weak.Make(b))
		body := waiting(exits)
		abandonable(func(v any) any { defer func() { b.data[0]++ }(); return body(v) })
	}
	return held
}

// reap waits until abandoned coroutines of this goroutine have made n exits.
func reap(t *testing.T, exits *int, n int) {
	t.Helper()
	collected(t, "abandoned coroutines", func() bool { coro.Reap(); return *exits == n })
}

func TestG036_issue_245_reference_counting_subclass_threads(t *testing.T) {
	const owners = 50
	held := make([][]weak.Pointer[blob], owners)
	var wg sync.WaitGroup
	for i := range owners {
		wg.Go(func() {
			exits := 0
			held[i] = dropTen(&exits)
			reap(t, &exits, 10)
		})
	}
	wg.Wait()
	collected(t, "what the dropped ones held", func() bool { return allGone(slices.Concat(held...)) })
}

func allGone(all []weak.Pointer[blob]) bool {
	for _, w := range all {
		if w.Value() != nil {
			return false
		}
	}
	return true
}

func TestG080_dead_circular_ref(t *testing.T) {
	w := func() weak.Pointer[coro.Coroutine] {
		c := coro.New(func(any) any { return coro.Current() })
		equal(t, c.Switch(nil), any(c))
		return weak.Make(c)
	}()
	collected(t, "a dead coroutine", func() bool { return w.Value() == nil })
}

func TestG081_circular_greenlet(t *testing.T) {
	var self coro.Local[*coro.Coroutine]
	w := func() weak.Pointer[coro.Coroutine] {
		c := coro.New(nothing)
		self.SetOf(c, c)
		return weak.Make(c)
	}()
	collected(t, "a cycle with a new coroutine", func() bool { return w.Value() == nil })
}

func TestG082_inactive_ref(t *testing.T) {
	w := func() weak.Pointer[coro.Coroutine] {
		var c *coro.Coroutine
		c = coro.New(func(any) any { return c })
		return weak.Make(c)
	}()
	collected(t, "a new coroutine that its body refers to", func() bool { return w.Value() == nil })
}

func TestG083_finalizer_crash(t *testing.T) {
	exits := 0
	var finalized atomic.Int32
	for range 100 {
		b := new(blob)
		runtime.AddCleanup(b, func(int) { finalized.Add(1) }, 0)
		body := waiting(&exits)
		abandonable(func(v any) any { defer func() { b.data[0]++ }(); return body(v) })
	}
	reap(t, &exits, 100)
	collected(t, "objects with cleanups", func() bool { return finalized.Load() == 100 })
}

func TestG084_crashing_deferred_object(t *testing.T) {
	c := coro.New(func(any) any {
		defer runtime.GC()
		runtime.GC()
		return up(nil)
	})
	c.Switch(nil)
	c.Kill()
	equal(t, c.Dead(), true)
}

func TestG085_cycle_in_suspended_frame(t *testing.T) {
	type ring struct{ next *ring }
	var w weak.Pointer[ring]
	h := abandonable(func(any) any {
		r := new(ring)
		r.next = r
		w = weak.Make(r)
		up(nil)
		runtime.KeepAlive(r)
		return nil
	})
	runtime.GC()
	equal(t, w.Value() != nil, true)
	runtime.KeepAlive(h)
	h = nil
	reaped(t, 1)
	collected(t, "a cycle on a suspended stack", func() bool { return w.Value() == nil })
}

func TestG086_dead_weakref(t *testing.T) {
	w := func() weak.Pointer[coro.Coroutine] {
		c := coro.New(nothing)
		c.Switch(nil)
		return weak.Make(c)
	}()
	collected(t, "a dead coroutine", func() bool { return w.Value() == nil })
}

func TestG087_inactive_weakref(t *testing.T) {
	w := weak.Make(coro.New(nothing))
	collected(t, "a new coroutine", func() bool { return w.Value() == nil })
}

func TestG088_dealloc_weakref(t *testing.T) {
	var w weak.Pointer[handle]
	seen := false
	w = weak.Make(abandonable(func(any) any {
		defer func() { seen = w.Value() != nil }()
		return up(nil)
	}))
	reaped(t, 1)
	equal(t, seen, false)
}

// A value is not kept after it was delivered.
func TestG116_arg_refs(t *testing.T) {
	c := coro.New(func(any) any {
		for {
			up(nil)
		}
	})
	var sent []weak.Pointer[blob]
	for range 100 {
		b := new(blob)
		sent = append(sent, weak.Make(b))
		c.Switch(b)
	}
	collected(t, "values that were passed", func() bool { return allGone(sent) })
	c.Kill()
}

// The library keeps a bounded number of the roots of ended goroutines.
func TestG118_threaded_leak(t *testing.T) {
	const n, bound = 1000, 300
	roots := make([]weak.Pointer[coro.Coroutine], n)
	for i := range n {
		onGoroutine(func() { roots[i] = weak.Make(coro.Current()) })
	}
	collected(t, "roots of ended goroutines", func() bool { return left(roots) <= bound })
}

func left(all []weak.Pointer[coro.Coroutine]) (n int) {
	for _, w := range all {
		if w.Value() != nil {
			n++
		}
	}
	return n
}

func TestG119_threaded_adv_leak(t *testing.T) {
	const n, bound = 1000, 300
	roots := make([]weak.Pointer[coro.Coroutine], n)
	for i := range n {
		onGoroutine(func() {
			roots[i] = weak.Make(coro.Current())
			var c, d *coro.Coroutine
			c = coro.New(func(any) any { return d })
			d = coro.New(func(any) any { return c })
			c.Switch(nil)
			d.Switch(nil)
		})
	}
	collected(t, "roots of ended goroutines", func() bool { return left(roots) <= bound })
}

// What nobody ends before its goroutine does is ended after it.
func TestG122_issue251_issue252_need_to_collect_in_background(t *testing.T) {
	const n = 50
	var held []weak.Pointer[blob]
	var all []*coro.Coroutine
	var exits atomic.Int64
	onGoroutine(func() {
		for range n {
			b := new(blob)
			held = append(held, weak.Make(b))
			c := coro.New(func(any) any { defer func() { exits.Add(1); b.data[0]++ }(); return up(nil) })
			c.Switch(nil)
			all = append(all, c)
		}
	})
	for _, c := range all {
		collected(t, "an abandoned coroutine", c.Dead)
	}
	equal(t, exits.Load(), int64(n))
	collected(t, "what they held", func() bool {
		for _, w := range held {
			if w.Value() != nil {
				return false
			}
		}
		return true
	})
}

func TestG120_issue251_killing_cross_thread_leaks_list(t *testing.T) {
	exits := 0
	var held []weak.Pointer[blob]
	handles, dropped, done := make(chan []*handle), make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		var all []*handle
		for range 10 {
			b := new(blob)
			held = append(held, weak.Make(b))
			body := waiting(&exits)
			all = append(all, abandonable(func(v any) any { defer func() { b.data[0]++ }(); return body(v) }))
		}
		handles <- all
		all = nil
		<-dropped
		reap(t, &exits, 10)
	}()
	runtime.KeepAlive(<-handles)
	close(dropped)
	<-done
	equal(t, exits, 10)
	collected(t, "what foreign drops freed", func() bool { return allGone(held) })
}

// A coroutine that refers to itself from its own stack is ended all the same,
// since its handle is another object.
func TestG124_issue251_issue252_explicit_reference_not_collectable(t *testing.T) {
	finally := false
	abandonable(func(any) any {
		self := coro.Current()
		defer func() { finally = true; runtime.KeepAlive(self) }()
		f := self.Switch
		up(nil)
		return f
	})
	reaped(t, 1)
	equal(t, finally, true)
}

func TestG133_leak_test_exception_switch_and_do_in_g2(t *testing.T) {
	var made []weak.Pointer[coro.Coroutine]
	for range 1000 {
		g2 := coro.New(func(any) any {
			g3 := coro.New(func(any) any { panic(errSome) })
			made = append(made, weak.Make(g3))
			return g3.Switch(nil)
		})
		made = append(made, weak.Make(g2))
		wantPanic(t, errSome, func() { g2.Switch(nil) })
	}
	collected(t, "coroutines that a panic crossed", func() bool { return left(made) == 0 })
}

// Abandoned by foreign hands and never collected by the owner until it is about
// to end: draining once is enough.
func TestG161_greenlet_construction_with_cross_thread_deleteme_during_atexit(t *testing.T) {
	exits := 0
	onGoroutine(func() {
		for range 10 {
			abandonable(waiting(&exits))
		}
		reap(t, &exits, 10)
		coro.New(nothing).Switch(nil)
	})
}
