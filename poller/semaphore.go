package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Semaphore is a number of permits that tasks take and give back. Who finds
// none parks; a permit that is given back goes to who has waited longest.
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. The zero Semaphore has no permits. It must not be copied after first use.
type Semaphore struct {
	mu    biased.Lock
	free  int
	queue waitQueue
}

// NewSemaphore returns a semaphore with n permits.
func NewSemaphore(n int) *Semaphore {
	if n < 0 {
		fault.Usage("negative Semaphore")
	}
	return &Semaphore{free: n}
}

// Acquire takes a permit, waiting until there is one.
func (s *Semaphore) Acquire() { s.acquire(noInstant) }

// AcquireTimeout is Acquire with a limit. It reports whether it has a permit.
func (s *Semaphore) AcquireTimeout(d time.Duration) bool { return s.acquire(after(d)) }

// TryAcquire takes a permit if there is one, and reports whether it did.
func (s *Semaphore) TryAcquire() bool {
	here := currentHub()
	s.mu.Lock(here.lockID())
	defer s.mu.Unlock(here.lockID())
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

func (s *Semaphore) acquire(at int64) bool {
	here := currentHub()
	here.checkDue()
	s.mu.Lock(here.lockID())
	if s.free > 0 {
		s.free--
		s.mu.Unlock(here.lockID())
		return true
	}
	return park(here, &s.mu, &s.queue, parkSemaphore, at) == nil
}

// Release gives a permit back, or adds one: there is no upper limit.
func (s *Semaphore) Release() {
	here := currentHub()
	s.mu.Lock(here.lockID())
	w := s.queue.claim(nil)
	if w == nil {
		s.free++
	}
	s.mu.Unlock(here.lockID())
	if w != nil {
		w.resume(here)
	}
}

// Free returns how many permits there are to take now.
func (s *Semaphore) Free() int {
	here := currentHub()
	s.mu.Lock(here.lockID())
	defer s.mu.Unlock(here.lockID())
	return s.free
}
