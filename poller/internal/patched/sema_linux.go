//go:build !poller_std

package patched

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// Semas is the tasks that wait for semaphores of internal/poll.FD: its read
// and write locks, and the end of a Close. A semaphore is a number of tokens in
// memory. Goroutines that wait for one are the runtime's business, tasks are ours,
// and both take tokens from the same number.
//
// A token is added first, then released is called. A task is counted in waiting
// first, then looks for a token, under mu, before it parks. So either the task
// sees the token, or released sees the task, and wakes it; and each task that is
// woken looks for a token again. A token may be left with nobody waiting for it,
// by a task that was interrupted; then the next who waits gets it, and finds the
// FD locked: fdMutex makes it wait again.
var Semas = semas{Queues: make(map[*uint32]*sched.Queue)}

type semas struct {
	Waiting atomic.Int32
	mu      sync.Mutex
	Queues  map[*uint32]*sched.Queue // none of them empty
}

func (s *semas) acquire(sema *uint32) bool {
	h := taskHere()
	if h == nil {
		return false
	}
	s.AcquireUntil(h, sema, sched.Never)
	return true
}

// AcquireUntil is acquire that gives up at the instant at.
func (s *semas) AcquireUntil(h *sched.Hub, sema *uint32, at int64) {
	if takeToken(sema) {
		return
	}
	s.Waiting.Add(1)
	err := s.park(h, sema, at)
	s.Waiting.Add(-1)
	sched.Raise(h, err)
}

// deferAcquire takes a token, or puts sema on the list of what awaitDeferred waits for.
func deferAcquire(sema *uint32) bool {
	h := taskHere()
	if h == nil {
		return false
	}
	if !takeToken(sema) {
		p := patchedOf.Of(h)
		if len(p.deferredSemas) == cap(p.deferredSemas) { // most of them are done by now
			p.deferredSemas = slices.DeleteFunc(p.deferredSemas, takeToken)
		}
		p.deferredSemas = append(p.deferredSemas, sema)
	}
	return true
}

// deferredLimit is how long awaitDeferred waits at most: calls that a Close has ended
// return at once, but for functions that are given to a RawConn.
const deferredLimit = 100 * time.Millisecond

// awaitDeferred waits for all that the hub's tasks have left.
func awaitDeferred() {
	h := taskHere()
	if h == nil {
		return
	}
	p := patchedOf.Of(h)
	if len(p.deferredSemas) == 0 {
		return
	}
	for at := sched.After(deferredLimit); len(p.deferredSemas) > 0; {
		sema := p.deferredSemas[0]
		p.deferredSemas = slices.Delete(p.deferredSemas, 0, 1)
		Semas.AcquireUntil(h, sema, at)
	}
}

// park returns nil when a token was taken.
func (s *semas) park(h *sched.Hub, sema *uint32, at int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !takeToken(sema) {
		q := s.Queues[sema]
		if q == nil {
			q = new(sched.Queue)
			s.Queues[sema] = q
		}
		err := sched.ParkNoRaise(h, (*sched.Mutex)(&s.mu), q, sched.ParkSemaphore, at)
		s.mu.Lock()
		s.tidy(sema, q)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *semas) Released(sema *uint32) {
	if s.Waiting.Load() == 0 {
		return
	}
	here := hubHere()
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.Queues[sema]; q != nil {
		if w := q.Claim(nil); w != nil {
			w.Resume(here)
		}
		s.tidy(sema, q)
	}
}

// tidy drops the queue q of sema if it is empty.
func (s *semas) tidy(sema *uint32, q *sched.Queue) {
	if q.Head == nil && s.Queues[sema] == q {
		delete(s.Queues, sema)
	}
}

// takeToken decrements *sema unless it is 0.
func takeToken(sema *uint32) bool {
	for {
		n := atomic.LoadUint32(sema)
		if n == 0 {
			return false
		}
		if atomic.CompareAndSwapUint32(sema, n, n-1) {
			return true
		}
	}
}
