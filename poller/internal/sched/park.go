package sched

import (
	"os"
	"time"

	"github.com/stackful-go/stackful"
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

// BeginWait returns the caller's waiter, ready to be queued. h is the calling
// goroutine's hub, nil if it has none.
func BeginWait(h *Hub, why Reason) *Waiter {
	if h != nil && h.Current != nil {
		w := &h.Current.Fiber.W
		w.Begin(why)
		return w
	}
	// Not pooled: a channel that is made in a synctest bubble must not be used outside
	// of it, and a wake-up that one wait has left must not end the next one.
	w := &Waiter{turn: make(chan struct{}, 1)}
	w.Node.W = w
	w.Begin(why)
	return w
}

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

// Wait parks the caller until w is claimed, and returns the claimant's result: nil, or the
// error for which the awaited event did not come. At the instant at, unless it is Never,
// the wait ends with os.ErrDeadlineExceeded. The result ErrInterrupted obliges the caller to
// put its own state right and then to call Raise.
func (w *Waiter) Wait(h *Hub, at int64) error {
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return w.Resumed(h, at)
}

// Suspend and Resumed are Wait in two halves, for callers that write the switch between
// them out: see switch.go. Suspend returns the stack to switch to, or nil if there is none:
// then the wait is over, or the caller is a goroutine, which Suspend has blocked.
func (w *Waiter) Suspend(h *Hub, at int64) *stackful.Stack {
	k := w.Fiber
	if k == nil {
		if h != nil && w.Claim(ErrInterrupted) {
			return nil // the hub's own goroutine outside any task must not block: the caller cleans up, and Raise panics
		}
		w.block(at)
		return nil
	}
	// An interruption that came since the last call that parked ends this wait before it
	// begins. The Claim fails if a source was faster; then the caller gets its result.
	if k.Interrupted && k.MustRaise() && w.Claim(ErrInterrupted) {
		return nil
	}
	if at != Never {
		h.Timers.Arm(&k.Timer, at)
	}
	return h.SwitchOut(k)
}

// Resumed ends the wait on the caller's side, and returns the claimant's result.
func (w *Waiter) Resumed(h *Hub, at int64) error {
	if k := w.Fiber; k != nil {
		h.SwitchedIn(k)
		if at != Never {
			h.Timers.Disarm(&k.Timer)
		}
	}
	return w.Err
}

// block is Suspend for a goroutine without a hub: it returns when w has been resumed, or
// has been claimed here because its time is up.
func (w *Waiter) block(at int64) {
	if at == Never {
		<-w.turn
		return
	}
	alarm := time.NewTimer(until(at))
	defer alarm.Stop()
	select {
	case <-w.turn:
	case <-alarm.C:
		if !w.Claim(os.ErrDeadlineExceeded) {
			<-w.turn // another claimant was first; its Resume is under way
		}
	}
}
