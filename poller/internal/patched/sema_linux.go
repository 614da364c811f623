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
// memory. The runtime queues the goroutines that wait for one, this package the tasks,
// and both take tokens from the same number.
//
// A token is added first, then Released is called. A task is counted in Waiting
// first, then tries to take a token, under mu, before it parks. So either the task
// sees the token, or Released sees the task, and wakes it; and each task that is
// woken tries again. A task that is interrupted may leave a token without a waiter; the next
// waiter takes it and finds the FD locked: fdMutex makes it wait again.
var Semas = semas{Queues: make(map[*uint32]*sched.Queue)}

type semas struct {
	Waiting atomic.Int32 // tasks in AcquireUntil that found no token at first
	mu      sync.Mutex
	Queues  map[*uint32]*sched.Queue // by semaphore; none of them empty; guarded by mu
}

// acquire is std.Table.Acquire.
func (s *semas) acquire(sema *uint32) bool {
	h := taskHere()
	if h == nil {
		return false
	}
	s.AcquireUntil(h, sema, sched.Never)
	return true
}

// AcquireUntil parks the running task until it has taken a token, or until the instant at.
func (s *semas) AcquireUntil(h *sched.Hub, sema *uint32, at int64) {
	if takeToken(sema) {
		return
	}
	s.Waiting.Add(1)
	err := s.park(h, sema, at)
	s.Waiting.Add(-1)
	sched.Raise(h, err)
}

// deferAcquire takes a token, or puts sema on the hub's list for awaitDeferred. It does not
// park, and reports whether the caller is a task.
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
// return at once, except functions of the user in a RawConn.
const deferredLimit = 100 * time.Millisecond

// awaitDeferred takes the tokens that tasks of the hub have deferred, if the caller is a task.
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

// park waits until a token was taken, and returns nil then, or the error of the wait.
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

// Released must be called after *sema has been incremented. It wakes one waiter.
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
