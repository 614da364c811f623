package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Semaphore is a number of permits that tasks take and give back. A task that finds none
// parks; a permit that is given back goes to the longest waiter.
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. The zero Semaphore has no permits. It must not be copied after first use.
type Semaphore struct {
	mu    biased.Lock
	free  int
	queue sched.Queue
}

// NewSemaphore returns a semaphore with n permits.
func NewSemaphore(n int) *Semaphore {
	if n < 0 {
		fault.Usage("NewSemaphore with a negative number of permits")
	}
	return &Semaphore{free: n}
}

// Acquire takes a permit, waiting until there is one.
func (s *Semaphore) Acquire() { s.acquire(sched.Never) }

// AcquireTimeout is Acquire with a limit. It reports whether it has a permit.
func (s *Semaphore) AcquireTimeout(d time.Duration) bool { return s.acquire(sched.After(d)) }

// TryAcquire takes a permit if there is one, and reports whether it did.
func (s *Semaphore) TryAcquire() bool {
	here := sched.Here()
	s.mu.Lock(here.LockID())
	defer s.mu.Unlock(here.LockID())
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

func (s *Semaphore) acquire(at int64) bool {
	here := sched.Here()
	here.CheckPreempt()
	s.mu.Lock(here.LockID())
	if s.free > 0 {
		s.free--
		s.mu.Unlock(here.LockID())
		return true
	}
	return sched.Park(here, &s.mu, &s.queue, sched.ParkSemaphore, at) == nil
}

// Release gives a permit back, or adds one: there is no upper limit.
func (s *Semaphore) Release() {
	here := sched.Here()
	s.mu.Lock(here.LockID())
	w := s.queue.Claim(nil)
	if w == nil {
		s.free++
	}
	s.mu.Unlock(here.LockID())
	if w != nil {
		w.Resume(here)
	}
}

// Free returns how many permits there are to take now.
func (s *Semaphore) Free() int {
	here := sched.Here()
	s.mu.Lock(here.LockID())
	defer s.mu.Unlock(here.LockID())
	return s.free
}
