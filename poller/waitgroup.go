package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A WaitGroup waits until its counter is zero, as sync.WaitGroup does. Tasks of any
// goroutine may use it, and goroutines that are in no task. It must not be copied after
// first use.
type WaitGroup struct {
	mu    biased.Lock
	n     int
	queue sched.Queue
}

// Add adds delta, which may be negative, to the counter. At zero, all waiters are woken. It
// panics if the counter becomes negative.
func (g *WaitGroup) Add(delta int) {
	here := sched.Here()
	g.mu.Lock(here.LockID())
	defer g.mu.Unlock(here.LockID())
	g.n += delta
	if g.n < 0 {
		fault.Usage("WaitGroup.Add: the counter is negative: there were more calls of Done than were added")
	}
	if g.n == 0 {
		g.queue.WakeAll(here, nil)
	}
}

// Done is Add(-1).
func (g *WaitGroup) Done() { g.Add(-1) }

// Go adds 1 to the counter and starts f as a task, whose end, of any kind, is Done.
func (g *WaitGroup) Go(f func()) *Task {
	g.Add(1)
	t := Go(func() {
		sched.NoteEntry(f)
		defer g.Done()
		f()
	})
	if t.Ended() { // the hub is ending: f will not run
		g.Done()
	}
	return t
}

// Wait waits until the counter is zero.
func (g *WaitGroup) Wait() { g.wait(sched.Never) }

// WaitTimeout is Wait with a limit. It reports whether the counter was zero in time.
func (g *WaitGroup) WaitTimeout(d time.Duration) bool { return g.wait(sched.After(d)) }

func (g *WaitGroup) wait(at int64) bool {
	here := sched.Here()
	here.CheckPreempt()
	g.mu.Lock(here.LockID())
	if g.n == 0 {
		g.mu.Unlock(here.LockID())
		return true
	}
	return sched.Park(here, &g.mu, &g.queue, sched.ParkWaitGroup, at) == nil
}
