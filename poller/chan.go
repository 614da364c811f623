package poller

import (
	"iter"
	"os"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Chan is a channel between tasks. It does what a Go channel does; but who
// waits on it parks, and the other tasks go on. Who waits is served in order.
//
// Tasks of any goroutine may use it, and goroutines that are in no task, which it
// blocks. Make it with NewChan.
type Chan[T any] struct {
	mu        biased.Lock
	buf       []T // a ring
	head, n   int
	closed    bool
	senders   waitQueue // elem of the nodes is a *cell[T]
	receivers waitQueue
	spare     *cell[T] // for nodes
	spares    int
}

// A cell is where a waiting task leaves the value that it sends, or finds the one
// that it receives.
type cell[T any] struct {
	v    T
	next *cell[T] // in spare
}

// maxSpares is how many cells a channel keeps.
const maxSpares = 8

// NewChan returns a channel that holds up to capacity values; with 0, a value is
// passed from hand to hand.
func NewChan[T any](capacity int) *Chan[T] {
	if capacity < 0 {
		fault.Usage("negative capacity of a Chan")
	}
	return &Chan[T]{buf: make([]T, capacity)}
}

// Send passes v on, waiting until there is room or a receiver. It panics if the
// channel is closed, or is closed meanwhile.
func (c *Chan[T]) Send(v T) {
	h := currentHub()
	h.checkDue()
	if !c.mu.TryOwn(h.lockID()) {
		c.mu.LockSlow(h.lockID())
		c.send(h, v, noInstant)
		return
	}
	if n := c.receivers.head; n != nil && n.claimHome() {
		c.receivers.pop()
		(*cell[T])(n.elem).v = v
		n.ok = true
		c.mu.UnlockOwned()
		h.makeReady(n.w.worker.task)
		return
	} else if n != nil || c.n < len(c.buf) || c.closed || h.current == nil || h.current.work.interrupted {
		c.send(h, v, noInstant)
		return
	}
	// What wait does, with nothing in between that has to return after the switch.
	k := h.current.work
	k.w.begin(parkSend)
	c.enqueue(&c.senders, &k.w.node, v)
	c.mu.UnlockOwned()
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	if !k.w.node.ok {
		if _, _, err := c.waited(h, &c.senders, &k.w, k.w.err); err == nil {
			fault.Usage("Send on a closed Chan")
		}
	}
}

// SendTimeout is Send with a limit: it returns os.ErrDeadlineExceeded if v could
// not be passed on in time.
func (c *Chan[T]) SendTimeout(v T, d time.Duration) error {
	h := currentHub()
	h.checkDue()
	c.mu.Lock(h.lockID())
	return c.send(h, v, after(d))
}

// TrySend passes v on if that needs no waiting, and reports whether it did. It
// panics if the channel is closed.
func (c *Chan[T]) TrySend(v T) bool {
	here := currentHub()
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	return c.trySend(here, v, nil)
}

// Recv returns the next value, waiting until there is one. The second result is
// false if the channel is closed and empty.
func (c *Chan[T]) Recv() (v T, ok bool) {
	h := currentHub()
	h.checkDue()
	if !c.mu.TryOwn(h.lockID()) {
		c.mu.LockSlow(h.lockID())
		v, ok, _ = c.recv(h, noInstant)
		return v, ok
	}
	if n := c.senders.head; n != nil && c.n == 0 && n.claimHome() {
		c.senders.pop()
		v = c.fetch(n)
		n.ok = true
		c.mu.UnlockOwned()
		h.makeReady(n.w.worker.task)
		return v, true
	} else if n != nil || c.n > 0 || c.closed || h.current == nil || h.current.work.interrupted {
		v, ok, _ = c.recv(h, noInstant)
		return v, ok
	}
	// What wait does, with nothing in between that has to return after the switch.
	k := h.current.work
	k.w.begin(parkReceive)
	c.enqueue(&c.receivers, &k.w.node, v)
	c.mu.UnlockOwned()
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	if k.w.node.ok && c.mu.TryOwn(h.lockID()) {
		v = c.fetch(&k.w.node)
		c.mu.UnlockOwned()
		return v, true
	}
	v, ok, _ = c.waited(h, &c.receivers, &k.w, k.w.err)
	return v, ok
}

// RecvTimeout is Recv with a limit: the error is os.ErrDeadlineExceeded if there
// was nothing in time.
func (c *Chan[T]) RecvTimeout(d time.Duration) (v T, ok bool, err error) {
	h := currentHub()
	h.checkDue()
	c.mu.Lock(h.lockID())
	return c.recv(h, after(d))
}

// TryRecv is Recv if that needs no waiting. done reports whether it was; then ok
// is what Recv says.
func (c *Chan[T]) TryRecv() (v T, ok, done bool) {
	here := currentHub()
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	return c.tryRecv(here, nil)
}

// All returns the values that come until the channel is closed. To pull them in a task use
// coro.Pull, not iter.Pull, which stops all tasks: see the package's text on sequences.
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
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	if c.closed {
		fault.Usage("Close of a closed Chan")
	}
	c.closed = true
	c.receivers.wakeAll(here, nil)
	c.senders.wakeAll(here, nil)
}

// Len returns how many values are waiting in the channel.
func (c *Chan[T]) Len() int {
	here := currentHub()
	c.mu.Lock(here.lockID())
	defer c.mu.Unlock(here.lockID())
	return c.n
}

// Cap returns the capacity.
func (c *Chan[T]) Cap() int { return len(c.buf) }

// trySend does not pass v to the waiter self, which is a Select on both sides.
func (c *Chan[T]) trySend(here *hub, v T, self *waiter) bool {
	if c.closed {
		fault.Usage("Send on a closed Chan")
	}
	if n := c.receivers.claimNode(self); n != nil {
		(*cell[T])(n.elem).v = v
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
			c.put(c.fetch(n))
			n.ok = true
			n.w.resume(here)
		}
		return v, true, true
	}
	if n := c.senders.claimNode(self); n != nil {
		v = c.fetch(n)
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
	e := c.spare
	if e != nil {
		c.spare = e.next
		c.spares--
	} else {
		e = new(cell[T])
	}
	e.v = v
	n.elem, n.ok = unsafe.Pointer(e), false
	q.push(n)
}

// fetch takes the value of the node n, and its cell.
func (c *Chan[T]) fetch(n *waitNode) T {
	e := (*cell[T])(n.elem)
	n.elem = nil
	var zero T
	v := e.v
	e.v = zero
	if c.spares < maxSpares {
		c.spares++
		e.next, c.spare = c.spare, e
	}
	return v
}

// dequeue ends what enqueue has begun, and returns the value, unless somebody has
// received it, and whether it was passed.
func (c *Chan[T]) dequeue(q *waitQueue, n *waitNode) (v T, ok bool) {
	q.remove(n)
	if n.elem != nil {
		v = c.fetch(n)
	}
	return v, n.ok
}

// send is called with the lock held, and unlocks.
func (c *Chan[T]) send(h *hub, v T, at int64) error {
	if c.closed {
		c.mu.Unlock(h.lockID())
		fault.Usage("Send on a closed Chan")
	}
	if (c.receivers.head != nil || c.n < len(c.buf)) && c.trySend(h, v, nil) {
		c.mu.Unlock(h.lockID())
		return nil
	}
	_, ok, err := c.wait(h, &c.senders, parkSend, v, at)
	if err == nil && !ok {
		fault.Usage("Send on a closed Chan")
	}
	return err
}

// recv is called with the lock held, and unlocks.
func (c *Chan[T]) recv(h *hub, at int64) (v T, ok bool, err error) {
	if v, ok, done := c.tryRecv(h, nil); done {
		c.mu.Unlock(h.lockID())
		return v, ok, nil
	}
	return c.wait(h, &c.receivers, parkReceive, v, at)
}

// wait waits in q with a value to pass, or to be replaced. It is called with the
// lock held, and unlocks.
func (c *Chan[T]) wait(h *hub, q *waitQueue, why parkReason, v T, at int64) (T, bool, error) {
	w := beginWait(h, why)
	c.enqueue(q, &w.node, v)
	return c.waited(h, q, w, parkQueued(h, &c.mu, &w.node, at))
}

// waited is the second half of wait: err is what the wait said.
func (c *Chan[T]) waited(h *hub, q *waitQueue, w *waiter, err error) (T, bool, error) {
	if !c.mu.TryOwn(h.lockID()) {
		c.mu.LockSlow(h.lockID())
	}
	v, ok := c.dequeue(q, &w.node)
	c.mu.Unlock(h.lockID())
	raise(h, err)
	if err != nil {
		return v, false, os.ErrDeadlineExceeded
	}
	return v, ok, nil
}
