package conformance

import (
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// Go vet refuses to copy what has a Lock method.
func TestG023_deepcopy(t *testing.T) {
	typ := reflect.TypeFor[coro.Coroutine]()
	for i := range typ.NumField() {
		if reflect.PointerTo(typ.Field(i).Type).Implements(reflect.TypeFor[sync.Locker]()) {
			return
		}
	}
	t.Error("go vet would let a Coroutine be copied")
}

func TestG024_parent_restored_on_kill(t *testing.T) {
	root := coro.Current()
	hub := coro.New(func(any) any { return root.Switch("from hub") })
	var during, self *coro.Coroutine
	worker := child(t, hub, func(any) any {
		defer func() {
			recover()
			self = coro.Current()
			during = self.Parent()
			hub.Switch(nil)
		}()
		root.Switch(nil)
		return nil
	})
	worker.Switch(nil)
	worker.Kill()
	equal(t, during, root)
	equal(t, self.Parent(), hub)
	equal(t, worker.Dead(), false)
	worker.Switch(nil)
	hub.Kill()
}

// A collection that runs cleanups while coroutines are made and abandoned does
// not give one a wrong parent.
func TestG034_implicit_parent_with_threads(t *testing.T) {
	stop := collecting()
	defer stop()
	for range 200 {
		c := coro.New(func(any) any { return coro.New(nothing) })
		inner := c.Switch(nil).(*coro.Coroutine)
		equal(t, c.Parent(), coro.Current())
		equal(t, inner.Parent(), c)
		abandonable(func(any) any { return up(nil) })
	}
}

// collecting runs the garbage collector until the function it returns is called.
func collecting() (stop func()) {
	end, ended := make(chan bool), make(chan bool)
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			default:
				runtime.GC()
			}
		}
	}()
	return func() { close(end); <-ended }
}

func TestG030_threaded_updatecurrent(t *testing.T) {
	stop := collecting()
	defer stop()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range 200 {
				h := abandonable(func(any) any { return up(coro.Current()) })
				equal(t, h.c.Switch(nil), nil)
				equal(t, coro.Current(), coro.Current().Root())
			}
		})
	}
	wg.Wait()
}

func TestG045_threaded_reparent(t *testing.T) {
	var other *coro.Coroutine
	made, end := make(chan bool), make(chan bool)
	go func() {
		other = coro.New(nothing)
		close(made)
		<-end
	}()
	<-made
	defer close(end)
	c := coro.New(func(any) any { return up(nil) })
	c.Switch(nil)
	equal(t, c.SetParent(other), coro.ErrWrongGoroutine)
	equal(t, c.Parent(), coro.Current())
	c.Kill()
}

// Greenlet checks again at the start, since looking up run may change the
// parent. In Go nothing can come between: SetParent is refused at once.
func TestG046_unexpected_reparenting(t *testing.T) {
	var other *coro.Coroutine
	onGoroutine(func() { other = coro.New(nothing); other.Switch(nil) })
	c := coro.New(func(any) any { return "ran" })
	equal(t, c.SetParent(other), coro.ErrWrongGoroutine)
	equal(t, c.Switch(nil), "ran")
}

func TestG047_unexpected_reparenting_thread_running(t *testing.T) {
	c := coro.New(nothing)
	onGoroutine(func() {
		equal(t, coro.New(nothing).SetParent(c), coro.ErrWrongGoroutine)
		equal(t, c.SetParent(coro.Current()), coro.ErrWrongGoroutine)
	})
	equal(t, c.Parent(), coro.Current())
}

func TestG048_cannot_delete_parent(t *testing.T) {
	c := coro.New(nothing)
	equal(t, c.SetParent(nil), coro.ErrNoParent)
	equal(t, c.Parent(), coro.Current())
}

func TestG049_cannot_delete_parent_of_main(t *testing.T) {
	equal(t, coro.Current().SetParent(nil), coro.ErrNoParent)
}

func TestG050_main_greenlet_parent_is_none(t *testing.T) {
	equal(t, coro.Current().Parent() == nil, true)
}

func TestG051_set_parent_wrong_types(t *testing.T) {
	c := coro.New(func(any) any { return up(nil) })
	equal(t, c.SetParent(nil), coro.ErrNoParent)
	c.Switch(nil)
	equal(t, c.SetParent(nil), coro.ErrNoParent)
	c.Switch(nil)
	equal(t, c.SetParent(nil), coro.ErrNoParent)
}

func TestG052_trivial_cycle(t *testing.T) {
	c := coro.New(nothing)
	equal(t, c.SetParent(c), coro.ErrParentCycle)
}

func TestG053_trivial_cycle_main(t *testing.T) {
	root := coro.Current()
	equal(t, root.SetParent(root), coro.ErrRoot)
	equal(t, root.SetParent(coro.New(nothing)), coro.ErrRoot)
}

func TestG054_deeper_cycle(t *testing.T) {
	g1, g2, g3 := coro.New(nothing), coro.New(nothing), coro.New(nothing)
	equal(t, g1.SetParent(g2), error(nil))
	equal(t, g2.SetParent(g3), error(nil))
	equal(t, g3.SetParent(g1), coro.ErrParentCycle)
	equal(t, g3.Parent(), coro.Current())
}

func wantSuffix(t *testing.T, c *coro.Coroutine, suffix string) {
	t.Helper()
	if s := c.String(); !strings.HasSuffix(s, suffix) {
		t.Errorf("text is %q, want it to end in %q", s, suffix)
	}
}

func TestG055_main_while_running(t *testing.T) {
	wantSuffix(t, coro.Current(), " current active started main>")
}

func TestG056_main_in_background(t *testing.T) {
	root := coro.Current()
	coro.New(func(any) any {
		wantSuffix(t, root, " suspended active started main>")
		wantSuffix(t, coro.Current(), " current active started>")
		return nil
	}).Switch(nil)
}

func TestG057_initial(t *testing.T) {
	wantSuffix(t, coro.New(nothing), " pending>")
}

// Seen from another goroutine the text leaves out what cannot be known there.
// That the goroutine has ended is among that.
func TestG058_main_from_other_thread(t *testing.T) {
	root := coro.Current()
	var other *coro.Coroutine
	onGoroutine(func() {
		other = coro.Current()
		wantSuffix(t, root, " active started main>")
		wantSuffix(t, other, " current active started main>")
		if strings.Contains(root.String(), "current") {
			t.Error("a foreign root looks current")
		}
	})
	wantSuffix(t, other, " active started main>")
}

func TestG059_dead(t *testing.T) {
	c := coro.New(nothing)
	c.Switch(nil)
	wantSuffix(t, c, " dead>")
	for _, word := range []string{"suspended", "started", "active"} {
		if strings.Contains(c.String(), word) {
			t.Errorf("text of a dead one: %v", c)
		}
	}
}

func TestG062_main_greenlet_is_greenlet(t *testing.T) {
	root := coro.Current()
	equal(t, root.Root(), root)
	equal(t, root.Active(), true)
	equal(t, root.Switch(5), 5)
}

func TestG136_setparent(t *testing.T) {
	root := coro.Current()
	var grandchild *coro.Coroutine
	c := coro.New(func(any) any {
		grandchild = coro.New(func(any) any {
			up("to child")
			return up("to root")
		})
		grandchild.Switch(nil)
		return up(nil)
	})
	c.Switch(nil)
	equal(t, grandchild.SetParent(root), error(nil))
	equal(t, grandchild.Switch(nil), "to root")
	grandchild.Kill()
	c.Kill()
}
