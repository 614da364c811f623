package poller

import (
	"os"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A waiter is a caller that waits: a parked task (then it is part of the worker
// that the task runs on, which waits in one place at a time) or a blocked goroutine
// outside any hub.
//
// The wait protocol, where "source" is what is waited for, with its lock:
//
//  1. The caller, which holds the source's lock, gets its waiter from beginWait and
//     puts the waiter's node into a queue of the source. Then it unlocks.
//  2. It parks until the waiter is claimed: by the source, which takes the node out of
//     the queue, or by a timer, a context in a simulation, the report of a deadlock, or an
//     interruption. One of them wins; it sets err, the result of the wait, and resumes
//     the caller.
//  3. Unless the source has claimed the waiter, the caller locks the source again and
//     takes the node out of the queue.
//  4. If the result is errInterrupted, the caller puts its own state right and then
//     calls raise, which panics.
//
// The functions of park.go are these steps. What they guarantee when they return is that
// the node is in no queue, that no timer is armed, that no lock is held, and:
//
//	claimed by the source        the result is what the source has said, nil mostly
//	at has come                  os.ErrDeadlineExceeded; a source may say that too
//	interrupted, park            it does not return, but panics with what is to be raised
//	interrupted, the others      errInterrupted: the caller must call raise
//
// A wait in no queue, or in as many as there are channels, tasks or descriptors (Select,
// JoinAny, waitWritable), uses beginWait and waiter.wait, and takes its nodes out with
// waitNode.leave.
//
// Outside of this file, park.go and the hub itself, the switch is written out in the
// caller's own frame only by Chan.Send, Chan.Recv, Mutex.Lock, Task.Join, Sleep and Yield,
// for speed (see hub.depart), and by side.waitReady and side.park, for the sake of the
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
type waiter struct {
	node   waitNode
	state  atomic.Uint32
	why    parkReason
	worker *worker       // nil for a goroutine
	turn   chan struct{} // of a goroutine; capacity 1
	err    error         // set by who claimed the waiter
	fired  int           // of a wait in several queues: the index of the node that it was claimed by, or notFired
}

// notFired is waiter.fired if a timer or an interruption claimed the waiter, or its own
// node did.
const notFired = -1

const (
	waiterIdle = iota
	waiterWaiting
	waiterClaimed
)

// beginWait returns the caller's waiter, ready to be queued. h is the calling
// goroutine's hub, nil if it has none.
func beginWait(h *hub, why parkReason) *waiter {
	if h != nil && h.current != nil {
		w := &h.current.work.w
		w.begin(why)
		return w
	}
	// Not pooled: a channel that is made in a synctest bubble must not be used outside
	// of it, and what a wait leaves must not be there for the next one.
	w := &waiter{turn: make(chan struct{}, 1)}
	w.node.w = w
	w.begin(why)
	return w
}

// begin makes w, which is idle, ready to be queued. It is where everything is reset
// that a wait leaves in w and a later one reads; the fields of a node that a source
// uses, the source sets when it queues the node.
func (w *waiter) begin(why parkReason) {
	if w.err != nil {
		w.err = nil
	}
	w.fired = notFired
	w.why = why
	biased.StoreRelease(&w.state, waiterWaiting) // nobody knows of w before it is queued, under a lock
}

// claim makes the caller the one who wakes w; it then must call resume. It
// reports whether nobody was faster. err becomes the result of w.wait.
func (w *waiter) claim(err error) bool {
	if !w.state.CompareAndSwap(waiterWaiting, waiterClaimed) {
		return false
	}
	if err != nil {
		w.err = err
	}
	return true
}

// claimHome is claim for n, in a queue whose lock the hub of the calling goroutine
// owns (biased.Lock.own): then all who wait there are its tasks, and one that waits
// nowhere else can be claimed on this goroutine only, which takes no atomic
// operation. It reports false if that is not so of n, or if it is claimed already.
// The caller must take n out of the queue and then call makeReady.
func (n *waitNode) claimHome() bool {
	w := n.w
	if n != &w.node || w.state.Load() != waiterWaiting {
		return false
	}
	biased.StoreRelease(&w.state, waiterClaimed)
	return true
}

// resume makes the claimed w go on. here is the calling goroutine's hub, or nil.
// The caller must not touch w afterwards.
func (w *waiter) resume(here *hub) {
	k := w.worker
	switch {
	case k == nil:
		w.turn <- struct{}{}
	case k.hub == here:
		here.makeReady(k.task)
	default:
		k.hub.post(&k.mail)
	}
}

// wait parks the caller until w is claimed, and returns what the claim said:
// nil, or the reason for which what was waited for did not come. At the instant
// at, unless it is noInstant, the wait ends with os.ErrDeadlineExceeded. The
// result errInterrupted obliges the caller to call raise once it has put its own state
// right.
func (w *waiter) wait(h *hub, at int64) error {
	if to := w.suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return w.resumed(h, at)
}

// suspend and resumed are wait in two halves, for callers that write the switch to
// what suspend returns out: see hub.depart. suspend returns nil if there is
// nothing to switch to; what a goroutine has to wait for is over then.
func (w *waiter) suspend(h *hub, at int64) *stackful.Stack {
	k := w.worker
	if k == nil {
		if h != nil && w.claim(errInterrupted) {
			return nil // outside of any task: the caller cleans up, and then panics
		}
		w.block(at)
		return nil
	}
	if k.interrupted && k.mustRaise() && w.claim(errInterrupted) {
		return nil
	}
	if at != noInstant {
		h.timers.arm(&k.timer, at)
	}
	return h.depart(k)
}

// resumed returns what the claim said.
func (w *waiter) resumed(h *hub, at int64) error {
	if k := w.worker; k != nil {
		h.arrived(k)
		if at != noInstant {
			h.timers.disarm(&k.timer)
		}
	}
	return w.err
}

// firedBy notes which of several nodes the claimed w was found by: by its index, since
// a reference would keep what n is part of.
func (w *waiter) firedBy(n *waitNode) {
	if n != &w.node {
		w.fired = n.index
	}
}

// block is wait for a goroutine.
func (w *waiter) block(at int64) {
	if at == noInstant {
		<-w.turn
		return
	}
	alarm := time.NewTimer(until(at))
	defer alarm.Stop()
	select {
	case <-w.turn:
	case <-alarm.C:
		if !w.claim(os.ErrDeadlineExceeded) {
			<-w.turn // somebody claimed w first
		}
	}
}
