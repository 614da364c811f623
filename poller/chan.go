package poller

import (
	"iter"
	"os"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Chan is a channel between tasks. It has the semantics of a Go channel; but a waiting
// task parks, and the other tasks go on. Waiters are served in order.
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. Make it with NewChan; the zero Chan is NewChan(0).
type Chan[T any] struct {
	mu        biased.Lock
	buf       []T // a ring
	head, n   int
	closed    bool
	senders   sched.Queue // Elem of the nodes is a *cell[T]
	receivers sched.Queue
	spare     *cell[T] // unused cells
	spares    int
}

// A cell holds the value of a waiter: of a sender, the value to pass; of a receiver, the one
// passed to it. The channel reuses its cells, so that a wait mostly allocates none.
type cell[T any] struct {
	v    T
	next *cell[T] // in spare
}

// maxSpares is how many unused cells a channel keeps.
const maxSpares = 8

// NewChan returns a channel that holds up to capacity values; with 0, it is unbuffered.
func NewChan[T any](capacity int) *Chan[T] {
	if capacity < 0 {
		fault.Usage("NewChan with a negative capacity")
	}
	return &Chan[T]{buf: make([]T, capacity)}
}

// Send passes v on, waiting until there is room or a receiver. It panics if the
// channel is closed, or is closed meanwhile.
func (c *Chan[T]) Send(v T) {
	h := sched.Here()
	h.CheckPreempt()
	if !c.mu.TryOwn(h.LockID()) {
		c.mu.LockSlow(h.LockID())
		c.send(h, v, sched.Never)
		return
	}
	if n := c.receivers.Head; n != nil && n.ClaimLocal() {
		c.receivers.Pop()
		(*cell[T])(n.Elem).v = v
		n.Ok = true
		c.mu.UnlockOwned()
		h.MakeReady(n.W.Fiber.Task)
		return
	} else if n != nil || c.n < len(c.buf) || c.closed || h.Current == nil || h.Current.Fiber.Interrupted {
		c.send(h, v, sched.Never)
		return
	}
	// Chan.wait, written out, so that fewer calls return after the switch: see package sched,
	// park.go.
	k := h.Current.Fiber
	k.W.Begin(sched.ParkSend)
	c.enqueue(&c.senders, &k.W.Node, v)
	c.mu.UnlockOwned()
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	if !k.W.Node.Ok {
		if _, _, err := c.waited(h, &c.senders, &k.W, k.W.Err); err == nil {
			fault.Usage("Send on a closed Chan")
		}
	}
}

// SendTimeout is Send with a limit: it returns os.ErrDeadlineExceeded if v could
// not be passed on in time.
func (c *Chan[T]) SendTimeout(v T, d time.Duration) error {
	h := sched.Here()
	h.CheckPreempt()
	c.mu.Lock(h.LockID())
	return c.send(h, v, sched.After(d))
}

// TrySend passes v on if that needs no waiting, and reports whether it did. It
// panics if the channel is closed.
func (c *Chan[T]) TrySend(v T) bool {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	return c.trySend(here, v, nil)
}

// Recv returns the next value, waiting until there is one. The second result is
// false if the channel is closed and empty.
func (c *Chan[T]) Recv() (v T, ok bool) {
	h := sched.Here()
	h.CheckPreempt()
	if !c.mu.TryOwn(h.LockID()) {
		c.mu.LockSlow(h.LockID())
		v, ok, _ = c.recv(h, sched.Never)
		return v, ok
	}
	if n := c.senders.Head; n != nil && c.n == 0 && n.ClaimLocal() {
		c.senders.Pop()
		v = c.fetch(n)
		n.Ok = true
		c.mu.UnlockOwned()
		h.MakeReady(n.W.Fiber.Task)
		return v, true
	} else if n != nil || c.n > 0 || c.closed || h.Current == nil || h.Current.Fiber.Interrupted {
		v, ok, _ = c.recv(h, sched.Never)
		return v, ok
	}
	// Chan.wait, written out, so that fewer calls return after the switch: see package sched,
	// park.go.
	k := h.Current.Fiber
	k.W.Begin(sched.ParkReceive)
	c.enqueue(&c.receivers, &k.W.Node, v)
	c.mu.UnlockOwned()
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	if k.W.Node.Ok && c.mu.TryOwn(h.LockID()) {
		v = c.fetch(&k.W.Node)
		c.mu.UnlockOwned()
		return v, true
	}
	v, ok, _ = c.waited(h, &c.receivers, &k.W, k.W.Err)
	return v, ok
}

// RecvTimeout is Recv with a limit: the error is os.ErrDeadlineExceeded if there
// was nothing in time.
func (c *Chan[T]) RecvTimeout(d time.Duration) (v T, ok bool, err error) {
	h := sched.Here()
	h.CheckPreempt()
	c.mu.Lock(h.LockID())
	return c.recv(h, sched.After(d))
}

// TryRecv is Recv if that needs no waiting. done reports whether it was; then ok is Recv's.
func (c *Chan[T]) TryRecv() (v T, ok, done bool) {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	return c.tryRecv(here, nil)
}

// All receives values until the channel is closed. To pull them in a task use coro.Pull,
// not iter.Pull, which stops all tasks: see the package's text on sequences.
func (c *Chan[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, ok := c.Recv()
			if !ok || !yield(v) {
				return
			}
		}
	}
}

// Close closes the channel: the values in it can still be received. It panics if the
// channel is closed already.
func (c *Chan[T]) Close() {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	if c.closed {
		fault.Usage("Close of a closed Chan")
	}
	c.closed = true
	c.receivers.WakeAll(here, nil)
	c.senders.WakeAll(here, nil)
}

// Len returns how many values are waiting in the channel.
func (c *Chan[T]) Len() int {
	here := sched.Here()
	c.mu.Lock(here.LockID())
	defer c.mu.Unlock(here.LockID())
	return c.n
}

// Cap returns the capacity.
func (c *Chan[T]) Cap() int { return len(c.buf) }

// trySend passes v on if that needs no waiting: to a receiver, or into the buffer. It skips the
// waiter self, which a Select has on both sides. The lock is held.
func (c *Chan[T]) trySend(here *sched.Hub, v T, self *sched.Waiter) bool {
	if c.closed {
		fault.Usage("Send on a closed Chan")
	}
	if n := c.receivers.ClaimNode(self); n != nil {
		(*cell[T])(n.Elem).v = v
		n.Ok = true
		n.W.Resume(here)
		return true
	}
	if c.n == len(c.buf) {
		return false
	}
	c.put(v)
	return true
}

func (c *Chan[T]) tryRecv(here *sched.Hub, self *sched.Waiter) (v T, ok, done bool) {
	if c.n > 0 {
		v = c.take()
		if n := c.senders.ClaimNode(self); n != nil {
			c.put(c.fetch(n))
			n.Ok = true
			n.W.Resume(here)
		}
		return v, true, true
	}
	if n := c.senders.ClaimNode(self); n != nil {
		v = c.fetch(n)
		n.Ok = true
		n.W.Resume(here)
		return v, true, true
	}
	return v, false, c.closed
}

func (c *Chan[T]) put(v T) {
	i := c.head + c.n
	if i >= len(c.buf) {
		i -= len(c.buf)
	}
	c.buf[i] = v
	c.n++
}

func (c *Chan[T]) take() T {
	var zero T
	v := c.buf[c.head]
	c.buf[c.head] = zero
	if c.head++; c.head == len(c.buf) {
		c.head = 0
	}
	c.n--
	return v
}

// enqueue puts the node n of a sender or receiver into q, with a cell that holds v.
func (c *Chan[T]) enqueue(q *sched.Queue, n *sched.Node, v T) {
	e := c.spare
	if e != nil {
		c.spare = e.next
		c.spares--
	} else {
		e = new(cell[T])
	}
	e.v = v
	n.Elem, n.Ok = unsafe.Pointer(e), false
	q.Push(n)
}

// fetch takes the value of the node n, and its cell.
func (c *Chan[T]) fetch(n *sched.Node) T {
	e := (*cell[T])(n.Elem)
	n.Elem = nil
	var zero T
	v := e.v
	e.v = zero
	if c.spares < maxSpares {
		c.spares++
		e.next, c.spare = c.spare, e
	}
	return v
}

// dequeue takes the cell back after a wait. It returns the cell's value, which is zero if a
// receiver has taken it, and whether a value was passed.
func (c *Chan[T]) dequeue(q *sched.Queue, n *sched.Node) (v T, ok bool) {
	q.Remove(n)
	if n.Elem != nil {
		v = c.fetch(n)
	}
	return v, n.Ok
}

// send is Send until the instant at. The lock is held at the call, and not on return.
func (c *Chan[T]) send(h *sched.Hub, v T, at int64) error {
	if c.closed {
		c.mu.Unlock(h.LockID())
		fault.Usage("Send on a closed Chan")
	}
	if (c.receivers.Head != nil || c.n < len(c.buf)) && c.trySend(h, v, nil) {
		c.mu.Unlock(h.LockID())
		return nil
	}
	_, ok, err := c.wait(h, &c.senders, sched.ParkSend, v, at)
	if err == nil && !ok {
		fault.Usage("Send on a closed Chan")
	}
	return err
}

// recv is Recv until the instant at. The lock is held at the call, and not on return.
func (c *Chan[T]) recv(h *sched.Hub, at int64) (v T, ok bool, err error) {
	if v, ok, done := c.tryRecv(h, nil); done {
		c.mu.Unlock(h.LockID())
		return v, ok, nil
	}
	return c.wait(h, &c.receivers, sched.ParkReceive, v, at)
}

// wait parks in q, with v as a sender's value, or zero for a receiver. The lock is held at the
// call, and not on return.
func (c *Chan[T]) wait(h *sched.Hub, q *sched.Queue, why sched.Reason, v T, at int64) (T, bool, error) {
	w := sched.BeginWait(h, why)
	c.enqueue(q, &w.Node, v)
	return c.waited(h, q, w, sched.ParkQueued(h, &c.mu, &w.Node, at))
}

// waited is the second half of wait, after the switch: err is the result of the wait.
func (c *Chan[T]) waited(h *sched.Hub, q *sched.Queue, w *sched.Waiter, err error) (T, bool, error) {
	if !c.mu.TryOwn(h.LockID()) {
		c.mu.LockSlow(h.LockID())
	}
	v, ok := c.dequeue(q, &w.Node)
	c.mu.Unlock(h.LockID())
	sched.Raise(h, err)
	if err != nil {
		return v, false, os.ErrDeadlineExceeded
	}
	return v, ok, nil
}
