package sched

import (
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A Locker is the lock of a source, for the functions that park: a biased.Lock, a Mutex or
// NoLock. id is Hub.LockID of the calling goroutine's hub.
type Locker interface {
	Lock(id uint64)
	Unlock(id uint64)
}

// A Mutex is a sync.Mutex as a Locker.
type Mutex runtimepatch.Mutex

// Lock locks l. It may block the goroutine, so l must not be held across a switch.
func (l *Mutex) Lock(uint64) { (*runtimepatch.Mutex)(l).Lock() }

// Unlock unlocks l.
func (l *Mutex) Unlock(uint64) { (*runtimepatch.Mutex)(l).Unlock() }

// NoLock is the Locker of a source that the tasks of one hub alone use. It needs none,
// since no task switches while it uses the source.
type NoLock struct{}

// Lock does nothing.
func (NoLock) Lock(uint64) {}

// Unlock does nothing.
func (NoLock) Unlock(uint64) {}

// Park waits in q, a queue of the source that mu guards; h is the calling goroutine's
// hub, nil if it has none. mu is held at the call, and not on return. The result is the
// claimant's, or os.ErrDeadlineExceeded at the instant at. An interruption is raised.
func Park(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	err := ParkQueued(h, mu, &w.Node, at)
	Raise(h, err)
	return err
}

// ParkNoRaise is Park for a caller that has to put its own state right before an
// interruption is raised: the result may be ErrInterrupted, for Raise.
func ParkNoRaise(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	return ParkQueued(h, mu, &w.Node, at)
}

// ParkQueued is ParkNoRaise with the node n, of the waiter that BeginWait has returned:
// the caller has set the fields of n that the source reads, and put n into a queue.
func ParkQueued(h *Hub, mu Locker, n *Node, at int64) error {
	w := n.W
	mu.Unlock(h.LockID())
	// Waiter.Wait, written out for one return less after the switch: see switch.go.
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	err := w.Resumed(h, at)
	if err != nil { // else the source has claimed w, and taken n out of the queue
		n.Leave(h, mu)
	}
	return err
}

// ParkEither is ParkNoRaise in a queue of each of two sources: the first claimant ends the
// wait. Both locks are held at the call, and neither on return. The result does not tell
// which source it was: the caller must examine their state.
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

// Raise panics with the interruption of the running task if err, the result of a wait, is
// ErrInterrupted. Else it does nothing. No lock may be held.
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
