package poller

import (
	"container/heap"
	"errors"
	"iter"
	"os"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// ErrQueueClosed is the result of Put on a closed Queue.
var ErrQueueClosed = errors.New("poller: queue is closed")

// A Queue holds values that tasks put in and get out. Waiters are served in order. Tasks of
// any goroutine may use it, and goroutines that are in no task. Make it with NewQueue,
// NewStack or NewPriorityQueue; the zero Queue is NewQueue(0).
type Queue[T any] struct {
	mu      biased.Lock
	items   itemHeap[T]
	max     int
	last    bool // the last one in is the first one out
	head    int
	closed  bool
	getters sched.Queue
	putters sched.Queue
}

// itemHeap is a heap if less is set, else a slice.
type itemHeap[T any] struct {
	all  []T
	less func(a, b T) bool
}

func (h *itemHeap[T]) Len() int           { return len(h.all) }
func (h *itemHeap[T]) Less(i, j int) bool { return h.less(h.all[i], h.all[j]) }
func (h *itemHeap[T]) Swap(i, j int)      { h.all[i], h.all[j] = h.all[j], h.all[i] }
func (h *itemHeap[T]) Push(v any)         { h.all = append(h.all, *v.(*T)) }
func (h *itemHeap[T]) Pop() any {
	v := h.all[len(h.all)-1]
	h.cut()
	return &v
}

func (h *itemHeap[T]) cut() {
	var zero T
	h.all[len(h.all)-1] = zero
	h.all = h.all[:len(h.all)-1]
}

// NewQueue returns a queue: the first one in is the first one out. Put waits
// while it holds max values; 0 or less means that there is no limit.
func NewQueue[T any](max int) *Queue[T] { return &Queue[T]{max: max} }

// NewStack returns a queue where the last one in is the first one out.
func NewStack[T any](max int) *Queue[T] { return &Queue[T]{max: max, last: true} }

// NewPriorityQueue returns a queue whose Get returns the least value. less must neither
// wait nor use the queue. If it panics, so does the call that it was called in; all values
// are in the queue then, but their order is unspecified.
func NewPriorityQueue[T any](max int, less func(a, b T) bool) *Queue[T] {
	return &Queue[T]{max: max, items: itemHeap[T]{less: less}}
}

// Put adds v, waiting while the queue is full. It returns ErrQueueClosed if the
// queue is closed, or is closed meanwhile.
func (q *Queue[T]) Put(v T) error { return q.put(v, sched.Never) }

// PutTimeout is Put with a limit: it returns os.ErrDeadlineExceeded if the queue
// was full all the time.
func (q *Queue[T]) PutTimeout(v T, d time.Duration) error { return q.put(v, sched.After(d)) }

func (q *Queue[T]) put(v T, at int64) error {
	here := sched.Here()
	here.CheckPreempt()
	q.mu.Lock(here.LockID())
	if q.closed {
		q.mu.Unlock(here.LockID())
		return ErrQueueClosed
	}
	if n := q.getters.ClaimNode(nil); n != nil { // then the queue is empty
		*(*T)(n.Elem) = v
		q.resume(here, n)
		return nil
	}
	if q.max <= 0 || q.len() < q.max {
		if q.items.less != nil {
			q.putOrdered(here, v)
			return nil
		}
		q.add(v)
		q.mu.Unlock(here.LockID())
		return nil
	}
	return q.wait(here, &q.putters, sched.ParkSend, &v, at)
}

// resume unlocks, and resumes the claimed waiter of n, whose operation has been made.
func (q *Queue[T]) resume(here *sched.Hub, n *sched.Node) {
	n.Ok = true
	w := n.W
	q.mu.Unlock(here.LockID())
	w.Resume(here)
}

func (q *Queue[T]) add(v T) {
	if q.items.less != nil {
		heap.Push(&q.items, &v)
	} else {
		q.items.all = append(q.items.all, v)
	}
}

// putOrdered and getOrdered are for a priority queue, whose order is a function of the
// user's: it may panic, or make a call that the hub refuses. In any case the lock is unlocked,
// and a putter whose value is in the queue is resumed.
func (q *Queue[T]) putOrdered(here *sched.Hub, v T) {
	defer q.mu.Unlock(here.LockID())
	q.add(v)
}

func (q *Queue[T]) getOrdered(here *sched.Hub) T {
	var n *sched.Node
	defer func() {
		if n != nil {
			q.resume(here, n)
		} else {
			q.mu.Unlock(here.LockID())
		}
	}()
	v := q.take()
	if n = q.putters.ClaimNode(nil); n != nil {
		q.add(*(*T)(n.Elem))
	}
	return v
}

// Get takes a value out, waiting until there is one. The second result is false
// if the queue is closed and empty.
func (q *Queue[T]) Get() (T, bool) {
	v, err := q.get(sched.Never)
	return v, err == nil
}

// GetTimeout is Get with a limit: the error is os.ErrDeadlineExceeded if the
// queue was empty all the time, and ErrQueueClosed if it is closed and empty.
func (q *Queue[T]) GetTimeout(d time.Duration) (T, error) { return q.get(sched.After(d)) }

func (q *Queue[T]) get(at int64) (v T, err error) {
	here := sched.Here()
	here.CheckPreempt()
	q.mu.Lock(here.LockID())
	switch {
	case q.len() > 0 && q.items.less != nil:
		return q.getOrdered(here), nil
	case q.len() > 0:
		v = q.take()
		if n := q.putters.ClaimNode(nil); n != nil {
			q.add(*(*T)(n.Elem))
			q.resume(here, n)
		} else {
			q.mu.Unlock(here.LockID())
		}
		return v, nil
	case q.closed:
		q.mu.Unlock(here.LockID())
		return v, ErrQueueClosed
	}
	got := new(T)
	err = q.wait(here, &q.getters, sched.ParkReceive, got, at)
	return *got, err
}

// wait parks in queue until the value at elem has been taken, or has been stored there. The
// lock is held at the call, and not on return.
func (q *Queue[T]) wait(h *sched.Hub, queue *sched.Queue, why sched.Reason, elem *T, at int64) error {
	w := sched.BeginWait(h, why)
	n := &w.Node
	n.Elem, n.Ok = unsafe.Pointer(elem), false
	queue.Push(n)
	err := sched.ParkQueued(h, &q.mu, n, at)
	ok := n.Ok
	n.Elem = nil
	sched.Raise(h, err)
	switch {
	case err != nil:
		return os.ErrDeadlineExceeded
	case !ok:
		return ErrQueueClosed
	}
	return nil
}

func (q *Queue[T]) take() T {
	s := &q.items
	switch {
	case s.less != nil:
		return *heap.Pop(s).(*T)
	case q.last:
		v := s.all[len(s.all)-1]
		s.cut()
		return v
	}
	var zero T
	v := s.all[q.head]
	s.all[q.head] = zero
	if q.head++; 2*q.head >= len(s.all) {
		n := copy(s.all, s.all[q.head:])
		clear(s.all[n:])
		s.all, q.head = s.all[:n], 0
	}
	return v
}

func (q *Queue[T]) len() int { return len(q.items.all) - q.head }

// Len returns how many values are in the queue.
func (q *Queue[T]) Len() int {
	here := sched.Here()
	q.mu.Lock(here.LockID())
	defer q.mu.Unlock(here.LockID())
	return q.len()
}

// All takes values out until the queue is closed and empty. To pull them in a task use
// coro.Pull, not iter.Pull, which stops all tasks: see the package's text on sequences.
func (q *Queue[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for v, ok := q.Get(); ok && yield(v); v, ok = q.Get() {
		}
	}
}

// Close makes Put fail, and Get once the queue is empty. It wakes all waiters. A second
// Close does nothing.
func (q *Queue[T]) Close() {
	here := sched.Here()
	q.mu.Lock(here.LockID())
	defer q.mu.Unlock(here.LockID())
	q.closed = true
	q.getters.WakeAll(here, nil)
	q.putters.WakeAll(here, nil)
}
