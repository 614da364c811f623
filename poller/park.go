package poller

import "sync"

// A waitLock is the lock of a source, for the functions that park. id is that of the calling
// goroutine's hub, or 0.
type waitLock interface {
	Lock(id uint64)
	Unlock(id uint64)
}

// A syncLock is a sync.Mutex as a waitLock.
type syncLock sync.Mutex

func (l *syncLock) Lock(uint64)   { (*sync.Mutex)(l).Lock() }
func (l *syncLock) Unlock(uint64) { (*sync.Mutex)(l).Unlock() }

// noLock is the waitLock of a source that the tasks of one hub alone use. It needs none,
// since no task switches while it uses the source.
type noLock struct{}

func (noLock) Lock(uint64)   {}
func (noLock) Unlock(uint64) {}

// park waits in q, a queue of the source that mu guards; h is the calling goroutine's
// hub. mu is held at the call, and not on return. An interruption is raised.
func park(h *hub, mu waitLock, q *waitQueue, why parkReason, at int64) error {
	w := beginWait(h, why)
	q.push(&w.node)
	err := parkQueued(h, mu, &w.node, at)
	raise(h, err)
	return err
}

// parkNoRaise is park for a caller that has to put its own state right before an
// interruption is raised: the result may be errInterrupted, for raise.
func parkNoRaise(h *hub, mu waitLock, q *waitQueue, why parkReason, at int64) error {
	w := beginWait(h, why)
	q.push(&w.node)
	return parkQueued(h, mu, &w.node, at)
}

// parkQueued is parkNoRaise with the node n, of the waiter that beginWait has returned:
// the caller has filled it in as the source wants it, and put it into a queue.
func parkQueued(h *hub, mu waitLock, n *waitNode, at int64) error {
	w := n.w
	mu.Unlock(h.lockID())
	// What wait does, with one return less after the switch: see hub.depart.
	if to := w.suspend(h, at); to != nil {
		to.Switch(nil)
	}
	err := w.resumed(h, at)
	if err != nil {
		n.leave(h, mu)
	}
	return err
}

// parkEither is parkNoRaise in a queue of each of two sources: the one that claims the
// waiter first ends the wait. Both locks are held at the call, and none on return. The
// result does not tell which source it was: the caller looks.
func parkEither(h *hub, mu1 waitLock, q1 *waitQueue, mu2 waitLock, q2 *waitQueue, why parkReason, at int64) error {
	w := beginWait(h, why)
	nodes := &[...]waitNode{{w: w}, {w: w}} // not the waiter's own: see claimHome
	q1.push(&nodes[0])
	q2.push(&nodes[1])
	mu2.Unlock(h.lockID())
	mu1.Unlock(h.lockID())
	err := w.wait(h, at)
	nodes[0].leave(h, mu1)
	nodes[1].leave(h, mu2)
	return err
}

// raise panics with what is to be raised in the running task, if err, the result of a
// wait, is errInterrupted.
func raise(h *hub, err error) {
	if err == errInterrupted {
		raiseInterruption(h)
	}
}

// leave takes n, whose waiter has been claimed, out of the queue that it is in, if any.
// mu is the lock of the queue's source.
func (n *waitNode) leave(h *hub, mu waitLock) {
	mu.Lock(h.lockID())
	if n.queue != nil {
		n.queue.remove(n)
	}
	mu.Unlock(h.lockID())
}
