package coro_test

import (
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// afterGC waits for something that follows a collection.
func afterGC(t *testing.T, what string, ok func() bool) {
	t.Helper()
	const patience = 2 * time.Minute
	for start := time.Now(); !ok(); runtime.Gosched() {
		if time.Since(start) > patience {
			t.Fatalf("did not see that %s", what)
		}
		runtime.GC()
	}
}

// abandon leaves n suspended coroutines, half of them children of others, and
// counts: three deferred calls of each n run.
func abandon(n int, exits, wrong *atomic.Int64) {
	deep := func(any) any {
		depth := 0
		var down func()
		down = func() {
			defer func() {
				exits.Add(1)
				if r := recover(); r != coro.ErrExit {
					wrong.Add(1)
				} else {
					panic(r)
				}
			}()
			if depth++; depth < 3 {
				down()
			}
			coro.Current().Parent().Switch(nil)
		}
		down()
		return nil
	}
	for range n / 2 {
		coro.New(deep).Switch(nil)
	}
	for range n / 4 { // parents and children
		coro.New(func(any) any {
			root := coro.Current().Root()
			child := coro.New(func(any) any {
				defer exits.Add(3)
				return root.Switch(nil)
			})
			defer exits.Add(3)
			return child.Switch(nil)
		}).Switch(nil)
	}
}

func TestOrphan_many(t *testing.T) {
	const each = 100
	total, most := 100_000, 6000 // the race detector bears some 8,000 goroutines
	if testing.Short() {
		total = 10_000
	}
	if !stackful.Backend().Native {
		total, most = total/10, 3000 // dumps take long
	}
	var exits, wrong atomic.Int64
	goroutines, memory := runtime.NumGoroutine(), stackMemory()
	var ended sync.WaitGroup
	for i := range total / each {
		ended.Add(1)
		go func() {
			defer ended.Done()
			abandon(each, &exits, &wrong)
		}()
		if (i+1)*each%most == 0 {
			ended.Wait()
			afterGC(t, "the orphans so far have ended", func() bool { return exits.Load() >= int64((i+1)*each*3) })
		}
	}
	ended.Wait()
	afterGC(t, "all deferred calls ran", func() bool { return exits.Load() >= int64(3*total) })
	if exits.Load() != int64(3*total) || wrong.Load() != 0 {
		t.Errorf("%d deferred calls ran, %d for another reason", exits.Load(), wrong.Load())
	}
	defer stackful.SetIdleLimit(stackful.SetIdleLimit(0))
	const cached = 700 // by owners that are remembered
	afterGC(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= goroutines+cached })
	afterGC(t, "the stacks are given back", func() bool { return stackMemory() <= memory+16<<20 })
}

func stackMemory() uint64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.StackInuse
}

func TestOrphan_handle(t *testing.T) {
	var exits atomic.Int64
	var c *coro.Coroutine
	elsewhere(func() {
		c = coro.New(func(any) any {
			defer exits.Add(1)
			return coro.Current().Parent().Switch(nil)
		})
		c.Switch(nil)
	})
	afterGC(t, "it ended although it is referred to", c.Dead)
	if exits.Load() != 1 || c.Active() {
		t.Errorf("%d deferred calls ran; %v", exits.Load(), c)
	}
}

// All that coroutines may do instead of ending quietly.
func TestOrphan_refuses(t *testing.T) {
	type report struct {
		c   *coro.Coroutine
		err error
	}
	reports := make(chan report, 100)
	problem := errors.New("problem")
	var exits, goexits atomic.Int64
	var refusing, panicking, switching, throwing, unstarted *coro.Coroutine
	local := coro.Local[int]{Inherit: true}
	elsewhere(func() {
		coro.SetUnhandled(func(c *coro.Coroutine, err error) { reports <- report{c, err} })
		local.Set(5)
		start := func(f func(any) any) *coro.Coroutine {
			c := coro.New(f)
			c.Switch(nil)
			return c
		}
		up := func() { coro.Current().Parent().Switch(nil) }
		unstarted = coro.New(func(any) any { t.Error("it ran"); return nil })
		refusing = start(func(any) any {
			for {
				func() {
					defer func() { recover(); exits.Add(1) }()
					up()
				}()
			}
		})
		panicking = start(func(any) any {
			defer func() { panic(problem) }()
			up()
			return nil
		})
		peer := start(func(any) any { up(); return nil })
		switching = start(func(any) any {
			defer func() {
				exits.Add(1)
				if local.Get() != 5 {
					t.Error("it lost its values")
				}
				peer.Switch(nil)
				coro.Current().Root().Switch(nil) // is notified again, here or above
				t.Error("it was resumed with a value")
			}()
			up()
			return nil
		})
		throwing = start(func(any) any {
			defer func() { coro.Current().Root().Throw(problem) }()
			up()
			return nil
		})
		for range 3 {
			start(func(any) any {
				defer goexits.Add(1)
				defer runtime.Goexit()
				up()
				return nil
			})
		}
		g := coro.NewGenerator(func(_ int, yield func(int) int) {
			defer exits.Add(1)
			yield(1)
		})
		g.Send(0)
		next, _ := coro.Pull(func(yield func(int) bool) {
			defer exits.Add(1)
			yield(1)
		})
		next()
		// One that waits for a value of another, which went elsewhere.
		start(func(any) any {
			root := coro.Current().Root()
			defer exits.Add(1)
			next, _ := coro.Pull(func(yield func(int) bool) {
				defer exits.Add(1)
				root.Switch(nil)
			})
			next()
			return nil
		})
		// A Kill is under way in the current coroutine's place.
		start(func(any) any {
			root := coro.Current().Root()
			stubborn := start(func(any) any {
				defer func() { exits.Add(1); root.Switch(nil) }()
				up()
				return nil
			})
			defer exits.Add(1)
			stubborn.Kill()
			return nil
		})
	})
	const want = 10 + 1 + 2 + 2 + 2 // refusing, switching, generators, the waiting one, the killer
	afterGC(t, "all is over", func() bool {
		return goexits.Load() == 3 && exits.Load() >= want && len(reports) >= 3
	})
	for range 5 {
		runtime.GC()
	}
	if n := exits.Load(); n != want {
		t.Errorf("%d deferred calls ran", n)
	}
	heard := map[*coro.Coroutine]error{}
	for len(reports) > 0 {
		r := <-reports
		heard[r.c] = r.err
	}
	if !errors.Is(heard[refusing], coro.ErrRefusedExit) || refusing.Dead() {
		t.Errorf("the one that refuses: %v", heard[refusing])
	}
	var e *coro.PanicError
	if !errors.As(heard[panicking], &e) || e.Value != problem || !strings.Contains(string(e.Stack), "orphan_test.go") {
		t.Errorf("the one that panics: %v", heard[panicking])
	}
	if !switching.Dead() || heard[switching] != nil {
		t.Errorf("the one that switches: %v", heard[switching])
	}
	if heard[throwing] == nil {
		t.Errorf("the one that throws: %v, dead %v", heard[throwing], throwing.Dead())
	}
	if unstarted.Started() {
		t.Error("the one that never started was")
	}
}

// What is reachable, or suspended on a goroutine that lives, is left alone.
func TestOrphan_notOfTheLiving(t *testing.T) {
	var exits atomic.Int64
	wait := func(any) any {
		defer exits.Add(1)
		return coro.Current().Parent().Switch(nil)
	}
	var mine []*coro.Coroutine
	for range 100 {
		c := coro.New(wait)
		c.Switch(nil)
		mine = append(mine, c)
		coro.New(wait).Switch(nil) // and nothing refers to this one
	}
	next, stop := coro.Pull(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next()
	const ended = 1000
	for range ended / 100 {
		elsewhere(func() {
			for range 100 {
				coro.New(wait).Switch(nil)
			}
		})
	}
	afterGC(t, "orphans are ended", func() bool { next(); return exits.Load() >= ended })
	for range 10 {
		runtime.GC()
	}
	if n := exits.Load(); n != ended {
		t.Errorf("%d too many were ended", n-ended)
	}
	for _, c := range mine {
		if c.Dead() {
			t.Error("a coroutine of a living goroutine was ended")
		}
		c.Kill()
	}
	stop()
}
