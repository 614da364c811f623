package poller

import (
	"iter"
	"os"
	"sync"
	"time"
)

// A Chan is a channel between tasks. It does what a Go channel does; but who
// waits on it parks, and the other tasks go on. Who waits is served in order.
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. Make it with NewChan.
type Chan[T any] struct {
	mu        sync.Mutex
	buf       []T // a ring
	head, n   int
	closed    bool
	senders   waitQueue // elem of the nodes is a *T
	receivers waitQueue
	spare     []*T // for nodes
}

// NewChan returns a channel that holds up to capacity values; with 0, a value is
// passed from hand to hand.
func NewChan[T any](capacity int) *Chan[T] {
	if capacity < 0 {
		usage("negative capacity of a Chan")
	}
	return &Chan[T]{buf: make([]T, capacity)}
}

// Send passes v on, waiting until there is room or a receiver. It panics if the
// channel is closed, or is closed meanwhile.
func (c *Chan[T]) Send(v T) { c.send(v, noInstant) }

// SendTimeout is Send with a limit: it returns os.ErrDeadlineExceeded if v could
// not be passed on in time.
func (c *Chan[T]) SendTimeout(v T, d time.Duration) error { return c.send(v, after(d)) }

// TrySend passes v on if that needs no waiting, and reports whether it did. It
// panics if the channel is closed.
func (c *Chan[T]) TrySend(v T) bool {
	here := currentHub()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trySend(here, v, nil)
}

// Recv returns the next value, waiting until there is one. The second result is
// false if the channel is closed and empty.
func (c *Chan[T]) Recv() (T, bool) {
	v, ok, _ := c.recv(noInstant)
	return v, ok
}

// RecvTimeout is Recv with a limit: the error is os.ErrDeadlineExceeded if there
// was nothing in time.
func (c *Chan[T]) RecvTimeout(d time.Duration) (v T, ok bool, err error) { return c.recv(after(d)) }

// TryRecv is Recv if that needs no waiting. done reports whether it was; then ok
// is what Recv says.
func (c *Chan[T]) TryRecv() (v T, ok, done bool) {
	here := currentHub()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tryRecv(here, nil)
}

// All returns the values that come until the channel is closed.
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

// Close closes the channel: what is in it can still be received. It panics if
// the channel is closed already.
func (c *Chan[T]) Close() {
	here := currentHub()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		usage("Close of a closed Chan")
	}
	c.closed = true
	c.receivers.wakeAll(here, nil)
	c.senders.wakeAll(here, nil)
}

// Len returns how many values are waiting in the channel.
func (c *Chan[T]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// Cap returns the capacity.
func (c *Chan[T]) Cap() int { return len(c.buf) }

// trySend does not pass v to the waiter self, which is a Select on both sides.
func (c *Chan[T]) trySend(here *hub, v T, self *waiter) bool {
	if c.closed {
		usage("Send on a closed Chan")
	}
	if n := c.receivers.claimNode(self); n != nil {
		*n.elem.(*T) = v
		n.ok = true
		n.w.resume(here)
		return true
	}
	if c.n == len(c.buf) {
		return false
	}
	c.put(v)
	return true
}

func (c *Chan[T]) tryRecv(here *hub, self *waiter) (v T, ok, done bool) {
	if c.n > 0 {
		v = c.take()
		if n := c.senders.claimNode(self); n != nil {
			c.put(*n.elem.(*T))
			n.ok = true
			n.w.resume(here)
		}
		return v, true, true
	}
	if n := c.senders.claimNode(self); n != nil {
		v = *n.elem.(*T)
		n.ok = true
		n.w.resume(here)
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

// enqueue puts the node n, of somebody who wants to pass or get a value, into q.
func (c *Chan[T]) enqueue(q *waitQueue, n *waitNode, v T) {
	var elem *T
	if k := len(c.spare); k > 0 {
		elem = c.spare[k-1]
		c.spare = c.spare[:k-1]
	} else {
		elem = new(T)
	}
	*elem = v
	n.elem, n.ok = elem, false
	q.push(n)
}

// dequeue ends what enqueue has begun, and returns the value and whether it was
// passed.
func (c *Chan[T]) dequeue(q *waitQueue, n *waitNode) (v T, ok bool) {
	q.remove(n)
	elem := n.elem.(*T)
	v, ok = *elem, n.ok
	var zero T
	*elem = zero
	n.elem = nil
	if len(c.spare) < 8 {
		c.spare = append(c.spare, elem)
	}
	return v, ok
}

func (c *Chan[T]) send(v T, at int64) error {
	h := currentHub()
	c.mu.Lock()
	if c.closed || c.receivers.head != nil || c.n < len(c.buf) {
		done := false
		func() {
			defer c.mu.Unlock() // trySend panics if c is closed
			done = c.trySend(h, v, nil)
		}()
		if done {
			return nil
		}
		c.mu.Lock()
	}
	_, ok, err := c.wait(h, &c.senders, parkSend, v, at)
	if err == nil && !ok {
		usage("Send on a closed Chan")
	}
	return err
}

func (c *Chan[T]) recv(at int64) (v T, ok bool, err error) {
	h := currentHub()
	c.mu.Lock()
	if v, ok, done := c.tryRecv(h, nil); done {
		c.mu.Unlock()
		return v, ok, nil
	}
	return c.wait(h, &c.receivers, parkReceive, v, at)
}

// wait waits in q with a value to pass, or to be replaced. It is called with the
// lock held, and unlocks.
func (c *Chan[T]) wait(h *hub, q *waitQueue, why parkReason, v T, at int64) (T, bool, error) {
	w := beginWait(h, why)
	n := &w.node
	c.enqueue(q, n, v)
	c.mu.Unlock()
	err := w.wait(h, at)
	c.mu.Lock()
	v, ok := c.dequeue(q, n)
	c.mu.Unlock()
	w.end()
	if err == errInterrupted {
		raiseInterruption(h)
	}
	if err != nil {
		return v, false, os.ErrDeadlineExceeded
	}
	return v, ok, nil
}
