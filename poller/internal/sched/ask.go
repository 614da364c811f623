package sched

import (
	"fmt"
	"os"
	"time"
)

// An Asked is a question to a hub that is under way. It is a source of the wait protocol: so a
// late answer meets no waiter.
type Asked[T any] struct {
	mu    Mutex // guards the other fields
	done  bool
	value T
	err   error
	queue Queue
}

// Ask has f called on h's goroutine, outside any task, when h reads its mail; at once if that is the
// calling one. f must not park. It may be called on any goroutine, and does not wait.
//
// A simulation is not asked by others, and asks no others, since its seed does not determine what
// they do and when.
func Ask[T any](h *Hub, f func(h *Hub) T) *Asked[T] {
	a := new(Asked[T])
	switch here := Here(); {
	case here == h:
		a.done, a.value = true, f(h)
	case h.Virtual != nil, here != nil && here.Virtual != nil:
		a.done, a.err = true, fmt.Errorf("%w: a question of one goroutine to another", ErrSimulated)
	case !h.Post(func(h *Hub) { a.reply(f(h)) }):
		a.done, a.err = true, ErrEnded
	}
	return a
}

// reply makes v the answer.
func (a *Asked[T]) reply(v T) {
	a.mu.Lock(0)
	defer a.mu.Unlock(0)
	a.done, a.value = true, v
	a.queue.WakeAll(Here(), nil)
}

// Answer waits for the answer: it parks the task that calls it, and blocks a goroutine that is in no
// task. The error is ErrEnded if the hub has ended, or os.ErrDeadlineExceeded if there is
// no answer when d has passed; then f is called later, or never. An interruption is raised.
func (a *Asked[T]) Answer(d time.Duration) (T, error) {
	h := Here()
	a.mu.Lock(0)
	if a.done {
		defer a.mu.Unlock(0)
		return a.value, a.err
	}
	if Park(h, &a.mu, &a.queue, ParkAwait, After(d)) != nil {
		var zero T
		return zero, os.ErrDeadlineExceeded
	}
	return a.value, a.err
}
