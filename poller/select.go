package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/fault"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Case is one of the operations that Select chooses from: see Chan.OnRecv and
// Chan.OnSend. It is for one Select at a time.
type Case struct{ op selectOp }

// A selectOp is a Case with the type of its channel. All methods but lock and unlock are
// called with the channel's lock held.
type selectOp interface {
	Lock(here *sched.Hub)
	Unlock(here *sched.Hub)
	isReady(self *sched.Waiter) bool
	refuses() bool                                // it would send on a closed channel
	try(here *sched.Hub, self *sched.Waiter) bool // make the operation if that needs no waiting
	enqueue(n *sched.Node)
	dequeue(n *sched.Node) // take n out of the queue, and store the result, if it has one
}

// OnRecv is the case that a value can be received. It is stored in *v, and in *ok
// whether there was one or the channel is closed; both may be nil.
func (c *Chan[T]) OnRecv(v *T, ok *bool) Case { return Case{&recvOp[T]{c, v, ok}} }

// OnSend is the case that v can be passed on.
func (c *Chan[T]) OnSend(v T) Case { return Case{&sendOp[T]{c, v}} }

// Select waits until one of the cases can proceed, makes that operation and no
// other, and returns its index. If several can, chance decides. Without cases it
// waits for ever. It panics if it chooses to send on a closed channel.
func Select(cases ...Case) int { return selectCase(cases, sched.Never) }

// SelectTimeout is Select with a limit. It returns -1 if no case could proceed in
// time.
func SelectTimeout(d time.Duration, cases ...Case) int { return selectCase(cases, sched.After(d)) }

// TrySelect is Select without waiting. It returns -1 if no case can proceed now.
func TrySelect(cases ...Case) int { return trySelect(sched.Here(), cases) }

func trySelect(h *sched.Hub, cases []Case) int {
	if len(cases) == 0 {
		return -1
	}
	first := h.AnyOf(len(cases))
	for i := range cases {
		i = (first + i) % len(cases)
		if tryLocked(h, cases[i].op) {
			return i
		}
	}
	return -1
}

func tryLocked(h *sched.Hub, op selectOp) bool {
	if op == nil {
		fault.Usage("Select with the zero Case: one is the result of Chan.OnRecv or Chan.OnSend")
	}
	op.Lock(h)
	defer op.Unlock(h)
	return op.try(h, nil)
}

func selectCase(cases []Case, at int64) int {
	h := sched.Here()
	h.CheckPreempt()
	for {
		if i := trySelect(h, cases); i >= 0 {
			return i
		}
		if i := waitSelect(h, cases, at); i != inVain {
			return i
		}
	}
}

// waitSelect queues a node for each case and parks. Its result is that of selectCase, or
// inVain, without having parked: then the caller must begin again.
func waitSelect(h *sched.Hub, cases []Case, at int64) int {
	w := sched.BeginWait(h, sched.ParkSelect)
	nodes := make([]sched.Node, len(cases))
	queued, now := 0, -1
	for i := range cases {
		if now = enqueueCase(h, w, cases[i].op, &nodes[i], i); now != -1 {
			break
		}
		queued++
		if w.State.Load() == sched.WaiterClaimed {
			break // for a case that is queued already: there will be no wait
		}
	}
	var err error
	if now == -1 {
		err = w.Wait(h, at)
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
		now = w.Fired
	}
	sched.Raise(h, err)
	if now >= 0 && now < queued && !nodes[now].Ok { // Close has claimed w: the operation is still to be made
		tryLocked(h, cases[now].op)
	}
	return now
}

const (
	// refused is the result of enqueueCase for sending on a closed channel.
	refused = -2

	// inVain is the result of enqueueCase if it has claimed w for the case, but the waiter on
	// the other side has been claimed meanwhile. Since the claim, other sides have skipped w
	// in the queues that it is in already: so its nodes must leave the queues, and all cases be
	// tried again.
	inVain = -3
)

// enqueueCase puts the case into its channel's queue; or, if it can proceed now, and w has not
// been claimed for another case, makes the operation and returns its index, refused, or inVain.
func enqueueCase(h *sched.Hub, w *sched.Waiter, op selectOp, n *sched.Node, index int) int {
	op.Lock(h)
	defer op.Unlock(h)
	if op.isReady(w) && w.Claim(nil) {
		if op.refuses() {
			return refused
		}
		if op.try(h, w) {
			return index
		}
		return inVain
	}
	n.W, n.Index = w, index
	op.enqueue(n)
	return -1
}

type recvOp[T any] struct {
	c  *Chan[T]
	v  *T
	ok *bool
}

func (o *recvOp[T]) refuses() bool          { return false }
func (o *recvOp[T]) Lock(here *sched.Hub)   { o.c.mu.Lock(here.LockID()) }
func (o *recvOp[T]) Unlock(here *sched.Hub) { o.c.mu.Unlock(here.LockID()) }
func (o *recvOp[T]) enqueue(n *sched.Node)  { var zero T; o.c.enqueue(&o.c.receivers, n, zero) }

func (o *recvOp[T]) isReady(self *sched.Waiter) bool {
	return o.c.n > 0 || o.c.closed || o.c.senders.HasOther(self)
}

func (o *recvOp[T]) try(here *sched.Hub, self *sched.Waiter) bool {
	v, ok, done := o.c.tryRecv(here, self)
	if done {
		o.store(v, ok)
	}
	return done
}

func (o *recvOp[T]) dequeue(n *sched.Node) {
	v, ok := o.c.dequeue(&o.c.receivers, n)
	if n.W.Fired == n.Index {
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

func (o *sendOp[T]) refuses() bool          { return o.c.closed }
func (o *sendOp[T]) Lock(here *sched.Hub)   { o.c.mu.Lock(here.LockID()) }
func (o *sendOp[T]) Unlock(here *sched.Hub) { o.c.mu.Unlock(here.LockID()) }
func (o *sendOp[T]) enqueue(n *sched.Node)  { o.c.enqueue(&o.c.senders, n, o.v) }
func (o *sendOp[T]) dequeue(n *sched.Node)  { o.c.dequeue(&o.c.senders, n) }

func (o *sendOp[T]) isReady(self *sched.Waiter) bool {
	return o.c.closed || o.c.n < len(o.c.buf) || o.c.receivers.HasOther(self)
}

func (o *sendOp[T]) try(here *sched.Hub, self *sched.Waiter) bool {
	return o.c.trySend(here, o.v, self)
}
