package poller

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func TestPriority_highestFirst(t *testing.T) {
	var got []string
	run(t, func() {
		var tasks []*Task
		spawn := func(name string, p Priority) {
			tasks = append(tasks, Go(func() { got = append(got, name) }).SetPriority(p))
		}
		spawn("normal1", PriorityNormal)
		spawn("low", PriorityLow)
		spawn("lowest", PriorityLowest)
		spawn("high1", PriorityHigh)
		spawn("highest", PriorityHighest)
		spawn("high2", PriorityHigh)
		spawn("normal2", PriorityNormal)
		JoinAll(tasks...)
	})
	want := []string{"highest", "high1", "high2", "normal1", "normal2", "low", "lowest"}
	if !slices.Equal(got, want) {
		t.Errorf("ran in the order %v, want %v", got, want)
	}
}

// Every ready task runs in the end: between two turns of a task there are at most
// sched.MaxPassed turns of tasks above it, and one for each priority below.
func TestPriority_noStarvation(t *testing.T) {
	const turns = 20
	var log strings.Builder
	run(t, func() {
		Current().SetPriority(PriorityHighest) // not to be one of those that are counted
		stop := false
		for _, p := range []Priority{PriorityHighest, PriorityHighest, PriorityHigh} {
			Go(func() {
				for !stop {
					log.WriteByte('H')
					Yield()
				}
			}).SetPriority(p)
		}
		var slow []*Task
		for i, p := range []Priority{PriorityNormal, PriorityLow, PriorityLowest} {
			slow = append(slow, Go(func() {
				for range turns {
					log.WriteByte("nlx"[i])
					Yield()
				}
			}).SetPriority(p))
		}
		JoinAll(slow...)
		stop = true
	})
	const worst = sched.MaxPassed + sched.Priorities
	for _, who := range "nlx" {
		rest := log.String()
		for turn := range turns {
			i := strings.IndexRune(rest, who)
			if i < 0 {
				t.Fatalf("%c ran %d times only", who, turn)
			}
			// The lower ones get through only after waiting: some 32 others come first.
			if turn > 0 && (i > worst || i < sched.MaxPassed/2) {
				t.Fatalf("%c waited for %d turns, the rule says about %d", who, i, sched.MaxPassed)
			}
			rest = rest[i+1:]
		}
	}
}

// A task yields to one of higher priority that it has woken, in its next call that could
// wait, and in none that could not.
func TestPriority_givesWay(t *testing.T) {
	calls := map[string]func(){
		"Checkpoint": Checkpoint,
		"Lock":       func() { new(Mutex).Lock() },
		"RLock":      func() { new(RWMutex).RLock() },
		"Acquire":    func() { NewSemaphore(1).Acquire() },
		"Send":       func() { NewChan[int](1).Send(1) },
		"Put":        func() { NewQueue[int](0).Put(1) },
		"WaitGroup":  func() { new(WaitGroup).Wait() },
		"Select":     func() { var v int; Select(NewChan[int](1).OnSend(1), NewChan[int](0).OnRecv(&v, nil)) },
	}
	for name, call := range calls {
		run(t, func() {
			var wake Event
			ran := false
			high := Go(func() {
				wake.Wait()
				ran = true
			}).SetPriority(PriorityHigh)
			Yield()
			wake.Set()
			var m Mutex
			m.TryLock()
			m.Unlock()
			Go(func() {})
			if ran {
				t.Errorf("%s: a call that cannot wait has switched", name)
			}
			call()
			if !ran {
				t.Errorf("%s: the task of higher priority has not run", name)
			}
			high.Join()
		})
	}
}

func TestSetPriority_misuse(t *testing.T) {
	run(t, func() {
		task := Current()
		mustPanic(t, "no such priority", func() { task.SetPriority(3) })
		mustPanic(t, "no such priority", func() { task.SetPriority(-3) })
		Await(func() (int, error) {
			mustPanic(t, "another goroutine", func() { task.SetPriority(PriorityHigh) })
			return 0, nil
		})
		if p := task.SetPriority(PriorityLow).Priority(); p != PriorityLow {
			t.Error("priority", p)
		}
	})
}
