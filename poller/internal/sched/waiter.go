package sched

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A Waiter is a caller that waits: a parked task (then it is part of the fiber
// that the task runs on, which waits in one place at a time) or a blocked goroutine
// outside any hub.
//
// The wait protocol, where "source" is what is waited for, with its lock:
//
//  1. The caller, which holds the source's lock, gets its waiter from BeginWait and
//     puts the waiter's node into a queue of the source. Then it unlocks.
//  2. It parks until the waiter is claimed: by the source, which takes the node out of
//     the queue, or by a timer, a context in a simulation, the report of a deadlock, or an
//     interruption. One of them wins; it sets err, the result of the wait, and resumes
//     the caller.
//  3. Unless the source has claimed the waiter, the caller locks the source again and
//     takes the node out of the queue.
//  4. If the result is ErrInterrupted, the caller puts its own state right and then
//     calls raise, which panics.
//
// The functions of park.go are these steps. What they guarantee when they return is that
// the node is in no queue, that no timer is armed, that no lock is held, and:
//
//	claimed by the source        the result is what the source has said, nil mostly
//	at has come                  os.ErrDeadlineExceeded; a source may say that too
//	interrupted, park            it does not return, but panics with what is to be raised
//	interrupted, the others      ErrInterrupted: the caller must call raise
//
// A wait in no queue, or in as many as there are channels, tasks or descriptors (Select,
// JoinAny, fd.WaitWritable), uses BeginWait and Waiter.Wait, and takes its nodes out with
// Node.leave.
//
// Outside of this file, park.go and the hub itself, the switch is written out in the
// caller's own frame only by Chan.Send, Chan.Recv, Mutex.Lock, Task.Join, Sleep and Yield,
// for speed (see Hub.SwitchOut), and by side.waitReady and fd.Direction.Park, for the sake of the
// least stack (see side.begin). All other code calls.
//
// Invariants:
//
//   - A node is put into a queue and taken out of it under the lock of the queue's source.
//   - A source claims a waiter under its lock, and takes the node by which it has found the
//     waiter out of the queue before it unlocks.
//   - A waiter is claimed once in a wait, and resumed by the code that has claimed it.
//   - So no reference to a waiter outlives its wait: after step 3 no queue has its node,
//     and nobody who has found it there is still to claim it. Then the next wait may begin,
//     which resets the waiter.
type Waiter struct {
	Node  Node
	State atomic.Uint32
	Why   Reason
	Fiber *Fiber        // nil for a goroutine
	turn  chan struct{} // of a goroutine; capacity 1
	Err   error         // set by who claimed the waiter
	Fired int           // of a wait in several queues: the index of the node that it was claimed by, or notFired
}

// notFired is Waiter.Fired if a timer or an interruption claimed the waiter, or its own
// node did.
const notFired = -1

const (
	waiterIdle = iota
	WaiterWaiting
	WaiterClaimed
)

// BeginWait returns the caller's waiter, ready to be queued. h is the calling
// goroutine's hub, nil if it has none.
func BeginWait(h *Hub, why Reason) *Waiter {
	if h != nil && h.Current != nil {
		w := &h.Current.Fiber.W
		w.Begin(why)
		return w
	}
	// Not pooled: a channel that is made in a synctest bubble must not be used outside
	// of it, and what a wait leaves must not be there for the next one.
	w := &Waiter{turn: make(chan struct{}, 1)}
	w.Node.W = w
	w.Begin(why)
	return w
}

// Begin makes w, which is idle, ready to be queued. It is where everything is reset
// that a wait leaves in w and a later one reads; the fields of a node that a source
// uses, the source sets when it queues the node.
func (w *Waiter) Begin(why Reason) {
	if w.Err != nil {
		w.Err = nil
	}
	w.Fired = notFired
	w.Why = why
	biased.StoreRelease(&w.State, WaiterWaiting) // nobody knows of w before it is queued, under a lock
}

// Claim makes the caller the one who wakes w; it then must call resume. It
// reports whether nobody was faster. err becomes the result of w.wait.
func (w *Waiter) Claim(err error) bool {
	if !w.State.CompareAndSwap(WaiterWaiting, WaiterClaimed) {
		return false
	}
	if err != nil {
		w.Err = err
	}
	return true
}

// ClaimLocal is claim for n, in a queue whose lock the hub of the calling goroutine
// owns (biased.Lock.own): then all who wait there are its tasks, and one that waits
// nowhere else can be claimed on this goroutine only, which takes no atomic
// operation. It reports false if that is not so of n, or if it is claimed already.
// The caller must take n out of the queue and then call MakeReady.
func (n *Node) ClaimLocal() bool {
	w := n.W
	if n != &w.Node || w.State.Load() != WaiterWaiting {
		return false
	}
	biased.StoreRelease(&w.State, WaiterClaimed)
	return true
}

// Resume makes the claimed w go on. here is the calling goroutine's hub, or nil.
// The caller must not touch w afterwards.
func (w *Waiter) Resume(here *Hub) {
	k := w.Fiber
	switch {
	case k == nil:
		w.turn <- struct{}{}
	case k.hub == here:
		here.MakeReady(k.Task)
	default:
		k.hub.PostMail(&k.mail)
	}
}

// Wait parks the caller until w is claimed, and returns what the claim said:
// nil, or the reason for which what was waited for did not come. At the instant
// at, unless it is Never, the wait ends with os.ErrDeadlineExceeded. The
// result ErrInterrupted obliges the caller to call raise once it has put its own state
// right.
func (w *Waiter) Wait(h *Hub, at int64) error {
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return w.Resumed(h, at)
}

// Suspend and resumed are wait in two halves, for callers that write the switch to
// what suspend returns out: see Hub.SwitchOut. suspend returns nil if there is
// nothing to switch to; what a goroutine has to wait for is over then.
func (w *Waiter) Suspend(h *Hub, at int64) *stackful.Stack {
	k := w.Fiber
	if k == nil {
		if h != nil && w.Claim(ErrInterrupted) {
			return nil // outside of any task: the caller cleans up, and then panics
		}
		w.block(at)
		return nil
	}
	if k.Interrupted && k.MustRaise() && w.Claim(ErrInterrupted) {
		return nil
	}
	if at != Never {
		h.Timers.Arm(&k.Timer, at)
	}
	return h.SwitchOut(k)
}

// Resumed returns what the claim said.
func (w *Waiter) Resumed(h *Hub, at int64) error {
	if k := w.Fiber; k != nil {
		h.SwitchedIn(k)
		if at != Never {
			h.Timers.Disarm(&k.Timer)
		}
	}
	return w.Err
}

// noteFired notes which of several nodes the claimed w was found by: by its index, since
// a reference would keep what n is part of.
func (w *Waiter) noteFired(n *Node) {
	if n != &w.Node {
		w.Fired = n.Index
	}
}

// block is wait for a goroutine.
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
			<-w.turn // somebody claimed w first
		}
	}
}
