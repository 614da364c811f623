package sched

import "sync"

// A Locker is the lock of a source, for the functions that park. id is that of the calling
// goroutine's hub, or 0.
type Locker interface {
	Lock(id uint64)
	Unlock(id uint64)
}

// A Mutex is a sync.Mutex as a Locker.
type Mutex sync.Mutex

func (l *Mutex) Lock(uint64)   { (*sync.Mutex)(l).Lock() }
func (l *Mutex) Unlock(uint64) { (*sync.Mutex)(l).Unlock() }

// NoLock is the Locker of a source that the tasks of one hub alone use. It needs none,
// since no task switches while it uses the source.
type NoLock struct{}

func (NoLock) Lock(uint64)   {}
func (NoLock) Unlock(uint64) {}

// Park waits in q, a queue of the source that mu guards; h is the calling goroutine's
// hub. mu is held at the call, and not on return. An interruption is raised.
func Park(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	err := ParkQueued(h, mu, &w.Node, at)
	Raise(h, err)
	return err
}

// ParkNoRaise is park for a caller that has to put its own state right before an
// interruption is raised: the result may be ErrInterrupted, for raise.
func ParkNoRaise(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	return ParkQueued(h, mu, &w.Node, at)
}

// ParkQueued is ParkNoRaise with the node n, of the waiter that BeginWait has returned:
// the caller has filled it in as the source wants it, and put it into a queue.
func ParkQueued(h *Hub, mu Locker, n *Node, at int64) error {
	w := n.W
	mu.Unlock(h.LockID())
	// What wait does, with one return less after the switch: see Hub.SwitchOut.
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	err := w.Resumed(h, at)
	if err != nil {
		n.Leave(h, mu)
	}
	return err
}

// ParkEither is ParkNoRaise in a queue of each of two sources: the one that claims the
// waiter first ends the wait. Both locks are held at the call, and none on return. The
// result does not tell which source it was: the caller looks.
func ParkEither(h *Hub, mu1 Locker, q1 *Queue, mu2 Locker, q2 *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	nodes := &[...]Node{{W: w}, {W: w}} // not the waiter's own: see ClaimLocal
	q1.Push(&nodes[0])
	q2.Push(&nodes[1])
	mu2.Unlock(h.LockID())
	mu1.Unlock(h.LockID())
	err := w.Wait(h, at)
	nodes[0].Leave(h, mu1)
	nodes[1].Leave(h, mu2)
	return err
}

// Raise panics with what is to be raised in the running task, if err, the result of a
// wait, is ErrInterrupted.
func Raise(h *Hub, err error) {
	if err == ErrInterrupted {
		raiseNow(h)
	}
}

// Leave takes n, whose waiter has been claimed, out of the queue that it is in, if any.
// mu is the lock of the queue's source.
func (n *Node) Leave(h *Hub, mu Locker) {
	mu.Lock(h.LockID())
	if n.Queue != nil {
		n.Queue.Remove(n)
	}
	mu.Unlock(h.LockID())
}
