//go:build linux

package preempt

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/debug"
	"github.com/stackful-go/stackful/poller/patch"
	"github.com/stackful-go/stackful/tests/internal/process"
)

const slice = 50 * time.Microsecond

// run runs main in a Run whose tasks are preempted. A test that hangs is stopped with all stacks.
func run(t *testing.T, main func()) {
	t.Helper()
	needPatched(t)
	stop := time.AfterFunc(2*time.Minute, func() { panic("the test hangs") })
	defer stop.Stop()
	if err := (poller.Options{Preempt: true, TimeSlice: slice, MonitorAfter: -1}).Run(main); err != nil {
		t.Error(err)
	}
}

func needPatched(t *testing.T) {
	t.Helper()
	if !patch.Active() {
		if os.Getenv("STACKFUL_PATCHED") != "" {
			t.Fatal("the runtime is not patched")
		}
		t.Skip("the runtime is not patched: use stackful test")
	}
}

// Without the patch there is no preemption, and Run says so.
func TestPreempt_unpatched(t *testing.T) {
	if patch.Active() {
		t.Skip("the runtime is patched")
	}
	err := poller.Options{Preempt: true}.Run(func() { t.Error("main was called") })
	if !errors.Is(err, patch.ErrNotPatched) {
		t.Errorf("got %v", err)
	}
}

// spin runs without a call until stop is set, or for ever.
func spin(stop *atomic.Bool) (rounds int) {
	for !stop.Load() {
		rounds++
	}
	return rounds
}

// A task that calls nothing lets others run, on the same goroutine, which set what it waits for.
func TestPreempt_loop(t *testing.T) {
	run(t, func() {
		goid := asm.GoidParsed()
		var stop atomic.Bool
		loops := []*poller.Task{poller.Go(func() { spin(&stop) }), poller.Go(func() { spin(&stop) })}
		for range 20 {
			time.Sleep(time.Millisecond)
			if id := asm.GoidParsed(); id != goid {
				t.Errorf("on goroutine %d, not %d", id, goid)
			}
		}
		stop.Store(true)
		for _, l := range loops {
			if err := l.Join(); err != nil {
				t.Error(err)
			}
		}
		if poller.ReadStats().Slices == 0 {
			t.Error("nobody was preempted")
		}
	})
}

// By default nobody is preempted.
func TestPreempt_off(t *testing.T) {
	needPatched(t)
	poller.Options{MonitorAfter: -1}.Run(func() {
		other := false
		poller.Go(func() { other = true })
		for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
			if other {
				t.Fatal("another task has run")
			}
		}
	})
}

// A task of higher priority runs at once when it becomes ready, whatever makes it ready.
func TestPreempt_priority(t *testing.T) {
	needPatched(t)
	for name, wait := range map[string]func(t *testing.T, ready chan<- func()){
		"channel": func(_ *testing.T, ready chan<- func()) { c := make(chan int); ready <- func() { c <- 1 }; <-c },
		"Event":   func(_ *testing.T, ready chan<- func()) { var e poller.Event; ready <- e.Set; e.Wait() },
		"Sleep":   func(_ *testing.T, ready chan<- func()) { ready <- func() {}; time.Sleep(time.Millisecond) },
		"package sleep": func(_ *testing.T, ready chan<- func()) {
			ready <- func() {}
			poller.Sleep(time.Millisecond)
		},
		"pipe": func(t *testing.T, ready chan<- func()) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			ready <- func() { w.Close() }
			r.Read(make([]byte, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			needTwo(t)
			stop := time.AfterFunc(2*time.Minute, func() { panic("the test hangs") })
			defer stop.Stop()
			// No time slices: what preempts is the other task's priority alone.
			err := poller.Options{Preempt: true, TimeSlice: -1, MonitorAfter: -1}.Run(func() {
				var stop, computes atomic.Bool
				ready := make(chan func(), 2)
				poller.Go(func() { wait(t, ready); stop.Store(true) }).SetPriority(poller.PriorityHighest)
				waker := <-ready
				go func() {
					for !computes.Load() {
						runtime.Gosched()
					}
					waker()
				}()
				poller.YieldIO() // polls: what has asked for a preemption before does not any more
				computes.Store(true)
				spin(&stop)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// needTwo skips a test that needs another thread to run Go code while a task computes.
func needTwo(t *testing.T) {
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("GOMAXPROCS=1")
	}
}

// What tasks share needs locks, and those of package sync and of package poller keep it whole.
func TestPreempt_locks(t *testing.T) {
	run(t, func() {
		var (
			std sync.Mutex
			own poller.Mutex
			n   [2]int
		)
		rounds := 20_000
		var g poller.Group
		for range 4 {
			g.GoFunc(func() {
				for range rounds {
					std.Lock()
					add(&n[0])
					std.Unlock()
					own.Lock()
					add(&n[1])
					own.Unlock()
				}
			})
		}
		if err := g.Join(); err != nil {
			t.Error(err)
		}
		if n[0] != 4*rounds || n[1] != 4*rounds {
			t.Errorf("%d, want %d each", n, 4*rounds)
		}
	})
}

//go:noinline
func add(n *int) {
	v := *n
	for range 20 {
		v++
	}
	*n = v - 19
}

// A generator that computes is preempted in its task's turn, and goes on where it was.
func TestPreempt_coroutine(t *testing.T) {
	run(t, func() {
		var stop atomic.Bool
		beside := poller.Go(func() { spin(&stop) })
		next, done := coro.Pull(func(yield func(int) bool) {
			for i := 0; yield(fib(20) + i); i++ {
			}
		})
		defer done()
		for i, want := 0, fib(20); i < 300; i++ {
			if v, ok := next(); v != want+i || !ok {
				t.Fatalf("value %d: %d, %v", i, v-want, ok)
			}
		}
		stop.Store(true)
		beside.Join()
	})
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

// A preempted task is ready: a kill ends it at its next wait, not before, and its deferred calls run.
func TestPreempt_kill(t *testing.T) {
	run(t, func() {
		var stop atomic.Bool
		deferred, over := false, false
		task := poller.Go(func() {
			defer func() { deferred = true }()
			spin(&stop)
			over = true
			poller.Sleep(time.Hour)
		})
		time.Sleep(time.Millisecond)
		task.KillNoWait()
		time.Sleep(time.Millisecond)
		stop.Store(true)
		if err := task.Join(); !errors.Is(err, poller.ErrKilled) || !deferred || !over {
			t.Error(err, deferred, over)
		}
	})
}

// A panic of a preempted task is recovered in it.
func TestPreempt_panics(t *testing.T) {
	run(t, func() {
		var g poller.Group
		for range 4 {
			g.GoFunc(func() {
				for range 300 {
					func() {
						defer func() {
							if v := recover(); v != "spun" {
								t.Error(v)
							}
						}()
						_ = fib(15)
						panic("spun")
					}()
				}
			})
		}
		if err := g.Join(); err != nil {
			t.Error(err)
		}
	})
}

// A request that comes while the task is in a call of the library is met later: here the one that
// preempts a loop that calls nothing after it has begun.
func TestPreempt_refused(t *testing.T) {
	needPatched(t)
	needTwo(t)
	stop := time.AfterFunc(2*time.Minute, func() { panic("the test hangs") })
	defer stop.Stop()
	err := poller.Options{Preempt: true, TimeSlice: -1, MonitorAfter: -1}.Run(func() {
		for range 200 {
			var stop atomic.Bool
			c := make(chan bool)
			high := poller.Go(func() { <-c; stop.Store(true) }).SetPriority(poller.PriorityHighest)
			poller.Yield()
			var calls atomic.Bool
			go func() {
				for !calls.Load() {
				}
				close(c)
			}()
			calls.Store(true)
			for range 100 {
				poller.ReadStats() // of the library, and yields to nobody
			}
			spin(&stop)
			high.Join()
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A recording, which has switches go by the root loop too, leaves it to preempted tasks when it stops.
func TestPreempt_recorded(t *testing.T) {
	run(t, func() {
		var stop atomic.Bool
		loop := poller.Go(func() { spin(&stop) })
		for range 5 {
			r, err := debug.Record(io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			if err := r.Stop(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		stop.Store(true)
		loop.Join()
	})
}

// Tasks of different priorities that wait for each other are found deadlocked as others are: nothing of
// the preemption's own passes for what could wake one.
func TestPreempt_deadlock(t *testing.T) {
	needPatched(t)
	out, code := process.Run(t, "deadlock")
	if code != 0 || !strings.Contains(out, process.ExitOK) {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func deadlock() {
	err := poller.Options{Preempt: true}.Run(func() {
		poller.Go(func() { <-make(chan int) }).SetPriority(poller.PriorityHighest)
		var mu poller.Mutex
		mu.Lock()
		mu.Lock()
	})
	if dead := (*poller.DeadlockError)(nil); !errors.As(err, &dead) {
		panic(fmt.Sprint("Run has returned ", err))
	}
}
