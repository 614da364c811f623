package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Case is one of the operations that Select chooses from: see Chan.OnRecv and
// Chan.OnSend. It is for one Select at a time.
type Case struct{ op selectOp }

// A selectOp is a Case with the type of its channel. All but lock and unlock are
// called with the channel's lock held.
type selectOp interface {
	Lock(here *hub)
	Unlock(here *hub)
	isReady(self *waiter) bool
	refuses() bool                    // it is to send on a closed channel
	try(here *hub, self *waiter) bool // make the operation if that needs no waiting
	enqueue(n *waitNode)
	dequeue(n *waitNode) // and take over the result, if there is one
}

// OnRecv is the case that a value can be received. It is stored in *v, and in *ok
// whether there was one or the channel is closed; both may be nil.
func (c *Chan[T]) OnRecv(v *T, ok *bool) Case { return Case{&recvOp[T]{c, v, ok}} }

// OnSend is the case that v can be passed on.
func (c *Chan[T]) OnSend(v T) Case { return Case{&sendOp[T]{c, v}} }

// Select waits until one of the cases can proceed, makes that operation and no
// other, and returns its index. If several can, chance decides. Without cases it
// waits for ever. It panics if it chooses to send on a closed channel.
func Select(cases ...Case) int { return selectCase(cases, noInstant) }

// SelectTimeout is Select with a limit. It returns -1 if no case could proceed in
// time.
func SelectTimeout(d time.Duration, cases ...Case) int { return selectCase(cases, after(d)) }

// TrySelect is Select without waiting. It returns -1 if no case can proceed now.
func TrySelect(cases ...Case) int { return trySelect(currentHub(), cases) }

func trySelect(h *hub, cases []Case) int {
	if len(cases) == 0 {
		return -1
	}
	first := h.anyOf(len(cases))
	for i := range cases {
		i = (first + i) % len(cases)
		if tryLocked(h, cases[i].op) {
			return i
		}
	}
	return -1
}

func tryLocked(h *hub, op selectOp) bool {
	op.Lock(h)
	defer op.Unlock(h)
	return op.try(h, nil)
}

func selectCase(cases []Case, at int64) int {
	h := currentHub()
	h.checkDue()
	for {
		if i := trySelect(h, cases); i >= 0 {
			return i
		}
		if i := waitSelect(h, cases, at); i != inVain {
			return i
		}
	}
}

// waitSelect queues for all cases and waits. Its result is that of selectCase, or
// inVain: then it has not waited.
func waitSelect(h *hub, cases []Case, at int64) int {
	w := beginWait(h, parkSelect)
	nodes := make([]waitNode, len(cases))
	queued, now := 0, -1
	for i := range cases {
		if now = enqueueCase(h, w, cases[i].op, &nodes[i], i); now != -1 {
			break
		}
		queued++
		if w.state.Load() == waiterClaimed {
			break // one of the first cases proceeds already
		}
	}
	var err error
	if now == -1 {
		err = w.wait(h, at)
	}
	for i := range queued {
		op := cases[i].op
		op.Lock(h)
		op.dequeue(&nodes[i])
		op.Unlock(h)
	}
	switch now {
	case refused:
		fault.Usage("Send on a closed Chan")
	case inVain:
		return inVain
	}
	if now == -1 {
		now = w.fired
	}
	raise(h, err)
	if now >= 0 && now < queued && !nodes[now].ok { // it was woken by Close
		tryLocked(h, cases[now].op)
	}
	return now
}

const (
	// refused is the result of enqueueCase for sending on a closed channel.
	refused = -2

	// inVain is the result of enqueueCase if whom the case was ready for has gone
	// meanwhile. Others have passed w over since it was claimed for this case, in
	// the queues where it is already: so it must leave them, and look again at those
	// who may wait on the other side.
	inVain = -3
)

// enqueueCase puts the case into its channel's queue; or, if it can proceed by
// now, and w was not claimed for another one, makes the operation and returns its
// index, refused, or inVain.
func enqueueCase(h *hub, w *waiter, op selectOp, n *waitNode, index int) int {
	op.Lock(h)
	defer op.Unlock(h)
	if op.isReady(w) && w.claim(nil) {
		if op.refuses() {
			return refused
		}
		if op.try(h, w) {
			return index
		}
		return inVain
	}
	n.w, n.index = w, index
	op.enqueue(n)
	return -1
}

type recvOp[T any] struct {
	c  *Chan[T]
	v  *T
	ok *bool
}

func (o *recvOp[T]) refuses() bool       { return false }
func (o *recvOp[T]) Lock(here *hub)      { o.c.mu.Lock(here.lockID()) }
func (o *recvOp[T]) Unlock(here *hub)    { o.c.mu.Unlock(here.lockID()) }
func (o *recvOp[T]) enqueue(n *waitNode) { var zero T; o.c.enqueue(&o.c.receivers, n, zero) }

func (o *recvOp[T]) isReady(self *waiter) bool {
	return o.c.n > 0 || o.c.closed || o.c.senders.hasOther(self)
}

func (o *recvOp[T]) try(here *hub, self *waiter) bool {
	v, ok, done := o.c.tryRecv(here, self)
	if done {
		o.store(v, ok)
	}
	return done
}

func (o *recvOp[T]) dequeue(n *waitNode) {
	v, ok := o.c.dequeue(&o.c.receivers, n)
	if n.w.fired == n.index {
		o.store(v, ok)
	}
}

func (o *recvOp[T]) store(v T, ok bool) {
	if o.v != nil {
		*o.v = v
	}
	if o.ok != nil {
		*o.ok = ok
	}
}

type sendOp[T any] struct {
	c *Chan[T]
	v T
}

func (o *sendOp[T]) refuses() bool       { return o.c.closed }
func (o *sendOp[T]) Lock(here *hub)      { o.c.mu.Lock(here.lockID()) }
func (o *sendOp[T]) Unlock(here *hub)    { o.c.mu.Unlock(here.lockID()) }
func (o *sendOp[T]) enqueue(n *waitNode) { o.c.enqueue(&o.c.senders, n, o.v) }
func (o *sendOp[T]) dequeue(n *waitNode) { o.c.dequeue(&o.c.senders, n) }

func (o *sendOp[T]) isReady(self *waiter) bool {
	return o.c.closed || o.c.n < len(o.c.buf) || o.c.receivers.hasOther(self)
}

func (o *sendOp[T]) try(here *hub, self *waiter) bool { return o.c.trySend(here, o.v, self) }
