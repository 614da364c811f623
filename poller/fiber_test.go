package poller

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Tasks that end give their stacks to those that start.
func TestFiber_reused(t *testing.T) {
	run(t, func() {
		seen := map[*stackful.Stack]int{}
		for range 100 {
			Go(func() { seen[stackful.Current()]++ }).Join()
		}
		if len(seen) != 1 {
			t.Errorf("100 tasks, one after the other, used %d stacks", len(seen))
		}
		var tasks []*Task
		for range 3 * sched.MaxIdle {
			tasks = append(tasks, Go(func() { Yield() }))
		}
		JoinAll(tasks...)
		if n := sched.Here().Fibers.N; n != sched.MaxIdle {
			t.Errorf("%d fibers are kept, want %d", n, sched.MaxIdle)
		}
	})
}

// What was raised in, or set for, one task is not there for the next one on its fiber.
func TestFiber_clean(t *testing.T) {
	run(t, func() {
		dirty := Go(func() {
			WithTimeout(time.Hour, func() error {
				defer func() { recover() }()
				Sleep(time.Hour)
				return nil
			})
			panic("dirty")
		})
		Yield()
		dirty.KillNoWait()
		dirty.KillNoWait()
		dirty.Join()
		clean := Go(func() {
			Yield()
			Sleep(time.Millisecond)
		})
		if err := clean.Join(); err != nil {
			t.Error(err)
		}
	})
}

// A task that has asked package coro for its coroutine does not pass that on to the next
// task.
func TestFiber_coroutines(t *testing.T) {
	var v coro.Local[int]
	run(t, func() {
		var first *coro.Coroutine
		for i := range 3 {
			Go(func() {
				c := coro.Current()
				if c == first {
					t.Error("two tasks are the same coroutine")
				}
				first = c
				if v.Get() != 0 {
					t.Error("a variable of another task's coroutine")
				}
				v.Set(i + 1)
			}).Join()
			if !first.Dead() {
				t.Error("the task has ended, its coroutine has not")
			}
		}
	})
}

// Neither a handle to an ended task nor the batch that it was allocated in keeps
// alive what other tasks had.
func TestTask_keepsNothing(t *testing.T) {
	var kept []*Task
	var weaks []weak.Pointer[[1 << 10]byte]
	run(t, func() {
		l := NewLocal[*[1 << 10]byte]()
		for range 2 * sched.TaskBatch {
			big := new([1 << 10]byte)
			weaks = append(weaks, weak.Make(big))
			task := Go(func() {
				l.Set(big)
				Yield()
				runtime.KeepAlive(big)
			})
			task.Link(func(*Task) { runtime.KeepAlive(big) })
			task.Join()
			kept = append(kept, task)
		}
	})
	for range 2 {
		runtime.GC()
	}
	for i, w := range weaks {
		if w.Value() != nil {
			t.Errorf("what task %d referred to is still there", i)
		}
	}
	runtime.KeepAlive(kept)
}

func TestLink(t *testing.T) {
	var log []string
	run(t, func() {
		task := Go(func() { panic("x") })
		task.Link(func(t *Task) { log = append(log, "first", t.Err().Error()[:1]) })
		task.Link(func(*Task) { log = append(log, "second") })
		task.Join()
		log = append(log, "joined")
		task.Link(func(*Task) { log = append(log, "late") })
		killed := GoAfter(time.Hour, func() {})
		killed.Link(func(t *Task) {
			if t.Err() != ErrKilled {
				log = append(log, "not killed")
			}
			log = append(log, "killed")
		})
		killed.Kill()
	})
	want := []string{"first", "p", "second", "joined", "late", "killed"}
	if len(log) != len(want) {
		t.Fatal(log)
	}
	for i := range want {
		if i != 1 && log[i] != want[i] {
			t.Errorf("%q, want %q", log, want)
		}
	}
}

// What a function of Link must not do, and what becomes of its panic.
func TestLink_misuse(t *testing.T) {
	var reported []string
	defer SetErrorHandler(SetErrorHandler(func(_ *Task, err *PanicError) {
		reported = append(reported, fmt.Sprint(err.Value))
	}))
	run(t, func() {
		var m Mutex
		m.Lock()
		task := Go(func() {})
		task.Link(func(*Task) { m.Lock() })
		task.Link(func(*Task) { new(Event).Wait() })
		task.Link(func(*Task) { NewChan[int](0).Recv() })
		task.Link(func(*Task) { Go(func() { Yield() }).Join() })
		task.Link(func(*Task) { panic("lost?") })
		task.Join()
		m.Unlock() // nobody is in its queue
		m.Lock()
		Await(func() (int, error) {
			mustPanic(t, "another goroutine", func() { task.Link(func(*Task) {}) })
			return 0, nil
		})
	})
	if len(reported) != 5 || reported[4] != "lost?" {
		t.Errorf("reported: %q", reported)
	}
	for _, r := range reported[:len(reported)-1] {
		if !strings.Contains(r, " would wait, in a function that the hub itself has called") {
			t.Errorf("reported: %q", r)
		}
	}
}

// A task that never waited starts although there is no stack for it yet, in the
// order of its Go call.
func TestGo_beyondIdle(t *testing.T) {
	run(t, func() {
		const n = 3 * sched.MaxIdle
		var started []int
		var wg WaitGroup
		for i := range n {
			wg.Go(func() {
				started = append(started, i)
				Yield()
			})
		}
		killed := Go(func() { t.Error("a task that was killed before its start has run") })
		killed.KillNoWait()
		wg.Wait()
		for i, j := range started {
			if i != j {
				t.Fatalf("%d started in place %d", j, i)
			}
		}
		if len(started) != n {
			t.Errorf("%d of %d have started", len(started), n)
		}
	})
}
