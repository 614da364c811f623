package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// An Event is a flag that tasks wait for. The zero Event is not set. Tasks of any
// goroutine may use it, and goroutines that are in no task. It must not be copied
// after first use.
type Event struct {
	mu    biased.Lock
	set   bool
	queue sched.Queue
}

// Set sets the flag and wakes all waiters, in order; their waits end even if the flag is
// cleared before they run.
func (e *Event) Set() {
	here := sched.Here()
	e.mu.Lock(here.LockID())
	defer e.mu.Unlock(here.LockID())
	e.set = true
	e.queue.WakeAll(here, nil)
}

// Clear clears the flag.
func (e *Event) Clear() {
	here := sched.Here()
	e.mu.Lock(here.LockID())
	defer e.mu.Unlock(here.LockID())
	e.set = false
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet() bool {
	here := sched.Here()
	e.mu.Lock(here.LockID())
	defer e.mu.Unlock(here.LockID())
	return e.set
}

// Wait waits until the flag is set.
func (e *Event) Wait() { e.wait(sched.Never) }

// WaitTimeout is Wait with a limit. It reports whether the flag was set in time.
func (e *Event) WaitTimeout(d time.Duration) bool { return e.wait(sched.After(d)) }

func (e *Event) wait(at int64) bool {
	here := sched.Here()
	here.CheckPreempt()
	e.mu.Lock(here.LockID())
	if e.set {
		e.mu.Unlock(here.LockID())
		return true
	}
	return sched.Park(here, &e.mu, &e.queue, sched.ParkEvent, at) == nil
}
