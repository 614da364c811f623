package poller

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// refusedBy reports whether f panics with a UsageError of the call op because of a parked task.
func refusedBy(op string, f func()) bool {
	u, ok := panicOf(f).(*stackful.UsageError)
	return ok && u.Op == op && errors.Is(u, coro.ErrParked)
}

// Other tasks cannot switch to, throw into, kill or move a coroutine in which a task is
// parked, nor its resumers. The task notices nothing.
func TestParked_refused(t *testing.T) {
	acts := []struct {
		op string
		f  func(c *coro.Coroutine)
	}{
		{"Switch", func(c *coro.Coroutine) { c.Switch(1) }},
		{"Throw", func(c *coro.Coroutine) { c.Throw(errors.New("thrown")) }},
		{"Throw", func(c *coro.Coroutine) { c.Throw(coro.ErrExit) }},
		{"Kill", func(c *coro.Coroutine) { c.Kill() }},
		{"Detach", func(c *coro.Coroutine) { c.Detach() }},
	}
	for _, act := range acts {
		for _, which := range []string{"inner", "outer", "task", "root"} {
			if act.op == "Kill" && (which == "task" || which == "root") || act.op == "Detach" && which == "root" {
				continue
			}
			run(t, func() {
				var mu Mutex
				mu.Lock()
				all := map[string]*coro.Coroutine{"root": coro.Current().Root()}
				a := Go(func() {
					all["task"] = coro.Current()
					all["outer"] = coro.New(func(any) any {
						all["inner"] = coro.New(func(any) any {
							mu.Lock()
							defer mu.Unlock()
							return "locked"
						})
						return all["inner"].Switch(nil)
					})
					if v := all["outer"].Switch(nil); v != "locked" {
						t.Errorf("%s of %s: it got %v", act.op, which, v)
					}
				})
				Yield()
				if !refusedBy(act.op, func() { act.f(all[which]) }) {
					t.Errorf("%s of %s is not refused", act.op, which)
				}
				mu.Unlock()
				if err := a.JoinTimeout(time.Second); err != nil {
					t.Errorf("%s of %s: the task: %v", act.op, which, err)
				}
				if !mu.TryLock() {
					t.Errorf("%s of %s: the lock is lost", act.op, which)
				}
				for _, c := range all {
					if c.Active() && c != all["root"] && c != all["task"] {
						t.Errorf("%s of %s: %v is left", act.op, which, c)
					}
				}
			})
		}
	}
}

// A task that may be resumed again is not guarded any more.
func TestParked_onlyWhileParked(t *testing.T) {
	run(t, func() {
		var gate Event
		var c *coro.Coroutine
		a := Go(func() {
			c = coro.New(func(any) any {
				gate.Wait()
				coro.Current().Parent().Switch("left")
				return "done"
			})
			c.Switch(nil)
			new(Event).WaitTimeout(time.Millisecond)
		})
		Yield()
		gate.Set()
		Yield()
		c.SetParent(coro.Current())
		if v := c.Switch(nil); v != "done" {
			t.Error(v)
		}
		a.Join()
	})
	// Nor is the root, when Run has ended.
	c := coro.New(func(any) any { return coro.Current().Parent().Switch(1) })
	if v := c.Switch(nil); v != 1 {
		t.Error(v)
	}
	c.Kill()
}

// A generator in whose body a task is parked gives nothing to others, and is not ended by them.
func TestParked_generator(t *testing.T) {
	run(t, func() {
		var gate Event
		g := coro.NewGenerator(func(in int, yield func(int) int) { gate.Wait(); yield(in + 1) })
		next, stop := coro.Pull(func(yield func(int) bool) { gate.Wait(); yield(1) })
		defer stop()
		started := coro.NewGenerator(func(in int, yield func(int) int) { gate.Wait() })
		a := Go(func() {
			if v, ok := g.Send(1); v != 2 || !ok {
				t.Error("Send:", v, ok)
			}
		})
		b := Go(func() {
			if v, ok := next(); v != 1 || !ok {
				t.Error("next:", v, ok)
			}
		})
		c := Go(func() { started.Coroutine().Switch(nil) }) // nobody waits for a value
		Yield()
		for name, f := range map[string]func(){
			"Send": func() { g.Send(5) }, "Throw": func() { g.Throw(os.ErrExist) }, "Close": g.Close,
			"next": func() { next() }, "stop": stop,
			"Send, started": func() { started.Send(1) }, "Close, started": started.Close,
		} {
			if err, ok := panicOf(f).(error); !ok || !errors.Is(err, coro.ErrReentered) {
				t.Errorf("%s: %v", name, err)
			}
		}
		gate.Set()
		c.sched().More().Watched = true
		JoinAll(a, b)
		g.Close()
		if err := c.Join(); !errors.Is(err, coro.ErrParked) { // what it runs ends in the task that made it, which is parked
			t.Error("started:", err)
		}
	})
}

// A coroutine cannot end if another task is parked in its parent. The task that runs it
// gets an error.
func TestParked_endHasNowhereToGo(t *testing.T) {
	for how, end := range map[string]func() any{
		"returns": func() any { return 1 },
		"panics":  func() any { panic("lost") },
		"exits":   func() any { panic(coro.ErrExit) },
		"Goexit":  func() any { runtime.Goexit(); return nil },
	} {
		run(t, func() {
			var c *coro.Coroutine
			a := Go(func() {
				c = coro.New(func(any) any { return end() })
				new(Event).WaitTimeout(10 * time.Millisecond)
			})
			Yield()
			v := panicOf(func() { c.Switch(nil) })
			if err, ok := v.(error); !ok || !errors.Is(err, coro.ErrParked) {
				t.Errorf("%s: %v", how, v)
			}
			if err := a.JoinTimeout(time.Second); err != nil {
				t.Errorf("%s: the parent's task: %v", how, err)
			}
		})
	}
}

// What package stackful does with the stack of a parked task ends in errors for both, not in
// a Run that never returns.
func TestParked_byPackageStackful_leaves(t *testing.T) {
	for _, why := range []string{"wait", "yield", "main"} {
		var mu Mutex
		var aErr, bErr error
		err := Run(func() {
			mu.Lock()
			var s *stackful.Stack
			a := Go(func() {
				root := stackful.Current()
				stackful.New(func(any) (*stackful.Stack, any) {
					s = stackful.Current()
					v := panicOf(func() {
						if why == "yield" {
							for range 10 {
								Yield()
							}
						} else {
							mu.Lock()
						}
					})
					return root, v
				}).Switch(nil)
				panic("over")
			})
			defer SetErrorHandler(SetErrorHandler(func(*Task, *PanicError) {}))
			Yield()
			intrude := func() { s.Switch(1) }
			if why == "main" {
				intrude()
			}
			b := Go(intrude)
			aErr, bErr = a.JoinTimeout(time.Second), b.JoinTimeout(time.Second)
			mu.Unlock()
			if !mu.LockTimeout(time.Second) {
				t.Errorf("%s: the lock is lost", why)
			}
		})
		if err == nil || why != "main" && !errors.Is(bErr, sched.ErrIntruded) || why == "main" && !errors.Is(err, sched.ErrIntruded) {
			t.Errorf("%s: Run: %v; b: %v", why, err, bErr)
		}
		if p, ok := aErr.(*PanicError); why != "main" && (!ok || !strings.Contains(p.Error(), "over")) {
			t.Errorf("%s: a: %v", why, aErr)
		}
	}
}

// collectAndReap kills, after some collections, the coroutines that are garbage, and returns
// their number.
func collectAndReap() (n int) {
	for range 4 {
		runtime.GC()
		Await(func() (int, error) { return 0, nil }) // the cleanups have had their turn
		n += coro.Reap()
	}
	return n
}

// The same for a coroutine without a consumer.
func TestKillOnCollect_parkedAlone(t *testing.T) {
	run(t, func() {
		var gate Event
		a := Go(func() {
			c := coro.New(func(any) any { gate.Wait(); return "whole" })
			coro.KillOnCollect(new([64]int), c)
			if v := c.Switch(nil); v != "whole" {
				t.Error(v)
			}
		})
		Yield()
		if n := collectAndReap(); n != 0 {
			t.Errorf("%d were killed", n)
		}
		gate.Set()
		a.Join()
	})
}

// A generator that is used for the last time is in use, and so is one in which a task is
// parked, or one that waits for such a one: KillOnCollect leaves them.
func TestKillOnCollect_inUse(t *testing.T) {
	run(t, func() {
		var mu Mutex
		mu.Lock()
		used := func(ended *int) (int, bool) {
			inner := coro.NewGenerator(func(in int, yield func(int) int) {
				defer func() { *ended++ }()
				func() { mu.Lock(); defer mu.Unlock() }()
				yield(in + 1)
			})
			coro.KillOnCollect(inner, inner.Coroutine())
			outer := coro.NewGenerator(func(in int, yield func(int) int) {
				defer func() { *ended++ }()
				v, _ := inner.Send(in)
				yield(v + 1)
			})
			coro.KillOnCollect(outer, outer.Coroutine())
			return outer.Send(1) // the last use of both
		}
		ended := 0
		a := Go(func() {
			if v, ok := used(&ended); v != 3 || !ok {
				t.Error("Send:", v, ok)
			}
		})
		Yield()
		collectAndReap()
		if ended != 0 {
			t.Errorf("%d were killed while they were in use", ended)
		}
		mu.Unlock()
		a.Join()
		if !mu.LockTimeout(time.Second) {
			t.Error("the lock is lost")
		}
		for i := 0; i < 100 && ended < 2; i++ {
			collectAndReap()
		}
		if ended != 2 {
			t.Errorf("%d of 2 were killed afterwards", ended)
		}
	})
}
