package conformance

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

func TestG001_simple(t *testing.T) {
	equal(t, simple(), []int{0, 1, 2, 3, 4})
}

// Greenlet refuses to start a greenlet without run; Go refuses to make one.
func TestG002_switch_no_run_raises_AttributeError(t *testing.T) {
	wantPanic(t, coro.ErrNoBody, func() { coro.New(nil).Switch(nil) })
}

func TestG003_throw_no_run_raises_AttributeError(t *testing.T) {
	wantPanic(t, coro.ErrNoBody, func() { coro.New(nil).Throw(errSome) })
}

func TestG004_parent_equals_None(t *testing.T) {
	equal(t, coro.New(nothing).Parent(), coro.Current())
}

func TestG006_two_children(t *testing.T) {
	var list []int
	f := func(any) any {
		list = append(list, 1)
		up(nil)
		list = append(list, 1, 1)
		return nil
	}
	g, h := coro.New(f), coro.New(f)
	g.Switch(nil)
	equal(t, len(list), 1)
	h.Switch(nil)
	equal(t, len(list), 2)
	h.Switch(nil)
	equal(t, len(list), 4)
	equal(t, h.Dead(), true)
	g.Switch(nil)
	equal(t, len(list), 6)
	equal(t, g.Dead(), true)
}

func TestG007_two_recursive_children(t *testing.T) {
	var list []string
	captured := new(blob)
	w := weak.Make(captured)
	g := recursive(captured, &list)
	captured = nil
	g.Switch(nil)
	equal(t, list, []string{"a", "b", "c"})
	collected(t, "what the bodies captured", func() bool { return w.Value() == nil })
	runtime.KeepAlive(g)
}

func recursive(captured *blob, list *[]string) *coro.Coroutine {
	note := func(s string) { *list = append(*list, s) }
	return coro.New(func(any) any {
		note("a")
		inner := coro.New(func(any) any {
			captured.data[0]++
			note("b")
			return up(nil)
		})
		inner.Switch(nil)
		note("c")
		inner.Kill()
		return nil
	})
}

func TestG008_threads(t *testing.T) {
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { equal(t, simple(), []int{0, 1, 2, 3, 4}) })
	}
	wg.Wait()
}

func TestG009_switching_many_threads(t *testing.T) {
	const owners = 16
	for range 20 {
		var wg sync.WaitGroup
		made := make(chan *coro.Coroutine, owners)
		end := make(chan struct{})
		for range owners {
			wg.Go(func() {
				c := coro.New(func(any) any { return up(nil) })
				c.Switch(nil)
				made <- c
				<-end
				c.Switch(nil)
			})
		}
		var all []*coro.Coroutine
		for range owners {
			all = append(all, <-made)
		}
		hammer := func() {
			for range 20 {
				for _, c := range all {
					if c.Dead() {
						continue // to switch to the dead is an error too, but a racy question here
					}
					if v := panicOf(func() { c.Switch(nil) }); !errors.Is(v.(error), coro.ErrWrongGoroutine) {
						t.Errorf("got %v", v)
					}
				}
			}
		}
		var foreign sync.WaitGroup
		foreign.Go(hammer)
		foreign.Go(func() { close(end); hammer() })
		foreign.Wait()
		wg.Wait()
	}
}

func TestG010_exception(t *testing.T) {
	var seen []any
	g1, g2 := coro.New(failing(&seen)), coro.New(failing(&seen))
	g1.Switch(nil)
	g2.Switch(nil)
	equal(t, g2.SetParent(g1), error(nil))
	wantPanic(t, errSome, func() { g2.Switch(nil) })
	equal(t, len(seen), 1)
	if err, ok := seen[0].(error); !ok || !errors.Is(err, errSome) {
		t.Errorf("g1 saw %v", seen[0])
	}
	equal(t, g2.Switch(nil), nil)
	equal(t, g2.Switch(25), 25)
	equal(t, len(seen), 1)
}

func TestG011_send_exception(t *testing.T) {
	var seen []any
	keyError := errors.New("key error")
	g1 := coro.New(failing(&seen))
	g1.Switch(nil)
	crasher := child(t, g1, func(v any) any { panic(v) })
	wantPanic(t, keyError, func() { crasher.Switch(keyError) })
	equal(t, len(seen), 1)
	equal(t, g1.Dead(), true)
}

func TestG016_thread_bug(t *testing.T) {
	var wg sync.WaitGroup
	for _, d := range []time.Duration{2 * time.Millisecond, 3 * time.Millisecond} {
		wg.Go(func() {
			coro.New(func(any) any { time.Sleep(d); return nil }).Switch(nil)
		})
	}
	wg.Wait()
}

func TestG019_switch_to_another_thread(t *testing.T) {
	var c *coro.Coroutine
	created, done := make(chan bool), make(chan bool)
	go func() {
		c = coro.New(nothing)
		close(created)
		<-done
		runtime.KeepAlive(c)
	}()
	<-created
	wantPanic(t, coro.ErrWrongGoroutine, func() { c.Switch(nil) })
	var usage *stackful.UsageError
	if v := panicOf(func() { c.Throw(errSome) }); !errors.As(v.(error), &usage) {
		t.Errorf("panic value is a %T", v)
	}
	equal(t, c.Started(), false)
	close(done)
}

func TestG020_exc_state(t *testing.T) {
	problem := errors.New("fun")
	var inChild, after any
	coro.New(func(any) any {
		defer func() {
			coro.New(func(any) any {
				inChild = recover()
				func() {
					defer func() { inChild = recover() }()
				}()
				return nil
			}).Switch(nil)
			after = recover()
		}()
		panic(problem)
	}).Switch(nil)
	equal(t, inChild, nil)
	equal(t, after, any(problem))
}

func TestG021_instance_dict(t *testing.T) {
	var test coro.Local[int]
	c := coro.New(func(any) any { test.Set(42); return nil })
	equal(t, test.GetOf(c), 0)
	c.Switch(nil)
	equal(t, test.GetOf(c), 42)
	equal(t, test.Get(), 0)
}

// What the body captures and no longer needs can be collected while it runs.
func TestG022_running_greenlet_has_no_run(t *testing.T) {
	captured := new(blob)
	w := weak.Make(captured)
	c := coro.New(bodyWith(captured))
	captured = nil
	c.Switch(nil)
	collected(t, "what the running body captured", func() bool { return w.Value() == nil })
	c.Kill()
}

// bodyWith returns a body that captures b and lets go of it.
func bodyWith(b *blob) func(any) any {
	return func(any) any {
		b.data[0]++
		up(nil)
		return nil
	}
}

func TestG025_parent_return_failure(t *testing.T) {
	g1 := coro.New(func(any) any { panic(errSome) })
	g2 := child(t, g1, nothing)
	wantPanic(t, errSome, func() { g2.Switch(nil) })
}

func TestG038_falling_off_end_switches_to_unstarted_parent_works(t *testing.T) {
	parent := coro.New(func(v any) any { return [2]any{v, 24} })
	c := child(t, parent, func(any) any { return 42 })
	equal(t, c.Switch(nil), any([2]any{42, 24}))
}

// Greenlet's unstarted parent can fail to start again and again. In Go a start
// fails once, by a panic of the body; then the parent is dead, and the next
// switch to the dead child goes on to the grandparent.
func TestG039_switch_to_dead_greenlet_with_unstarted_perverse_parent(t *testing.T) {
	runs := 0
	parent := coro.New(func(any) any { panic(errSome) })
	c := child(t, parent, func(any) any { runs++; return nil })
	wantPanic(t, errSome, func() { c.Switch(nil) })
	equal(t, parent.Dead(), true)
	equal(t, c.Switch(7), 7)
	equal(t, runs, 1)
}

func TestG040_switch_to_dead_greenlet_reparent(t *testing.T) {
	var got []any
	c := coro.New(func(v any) any { got = append(got, "child"); return v })
	c.Switch(nil)
	equal(t, c.SetParent(coro.New(func(v any) any { got = append(got, v); return "parent" })), error(nil))
	equal(t, c.Switch("to dead"), "parent")
	equal(t, got, []any{"child", "to dead"})
}

func TestG063_greenlet_run(t *testing.T) {
	captured := new(blob)
	w := weak.Make(captured)
	c := coro.New(bodyWith(captured))
	captured = nil
	c.Switch(nil)
	c.Switch(nil)
	equal(t, c.Dead(), true)
	collected(t, "what the finished body captured", func() bool { return w.Value() == nil })
	runtime.KeepAlive(c)
}

// Greenlet's tests make a switch fail by force. What refuses a switch in Go is
// misuse; it must leave the target as it was.
func TestG064_failed_to_initialstub(t *testing.T) {
	c := coro.New(func(any) any { return "ran" })
	onGoroutine(func() { wantPanic(t, coro.ErrWrongGoroutine, func() { c.Switch(nil) }) })
	equal(t, c.Started(), false)
	equal(t, c.Switch(nil), "ran")
}

func TestG065_failed_to_switch_into_running(t *testing.T) {
	var runs []int
	c := coro.New(func(any) any {
		runs = append(runs, 1)
		up(nil)
		runs = append(runs, 2)
		up(nil)
		runs = append(runs, 3)
		return nil
	})
	c.Switch(nil)
	c.Switch(nil)
	onGoroutine(func() { wantPanic(t, coro.ErrWrongGoroutine, func() { c.Switch(nil) }) })
	equal(t, runs, []int{1, 2})
	c.Switch(nil)
	equal(t, runs, []int{1, 2, 3})
}

func TestG072_no_gil_on_free_threaded(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	simple()
	equal(t, runtime.GOMAXPROCS(0), before)
}

func TestG137_getcurrent(t *testing.T) {
	root := coro.Current()
	var inside *coro.Coroutine
	c := coro.New(func(any) any { inside = coro.Current(); return nil })
	c.Switch(nil)
	equal(t, inside, c)
	equal(t, coro.Current(), root)
}

func TestG138_new_greenlet(t *testing.T) {
	equal(t, coro.New(func(v any) any { return fmt.Sprint(v, 2) }).Switch(1), "1 2")
}

// The exported errors can be told apart from outside.
func TestG139_raise_greenlet_dead(t *testing.T) {
	equal(t, coro.New(func(any) any { panic(coro.ErrExit) }).Switch(nil), any(coro.ErrExit))
}

func TestG140_raise_greenlet_error(t *testing.T) {
	equal(t, errors.Is(coro.ErrWrongGoroutine, stackful.ErrWrongGoroutine), true)
	wantPanic(t, coro.ErrNilThrow, func() { coro.Current().Throw(nil) })
}
