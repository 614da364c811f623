package sched

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A Waiter is one wait of a caller: of a parked task (then it is part of the fiber that
// the task runs on, which has one wait at a time) or of a blocked goroutine outside any
// hub.
//
// The wait protocol, where the source is the object that ends the wait, such as a channel
// or a descriptor, with its lock:
//
//  1. The caller, which holds the source's lock, gets its waiter from BeginWait and
//     puts the waiter's node into a queue of the source. Then it unlocks.
//  2. It parks until the waiter is claimed: by the source, which takes the node out of
//     the queue, or by a timer, a context in a simulation, the report of a deadlock, or an
//     interruption. One of them wins and is the claimant; it sets Err, the result of the
//     wait, and resumes the caller.
//  3. Unless the source has claimed the waiter, the caller locks the source again and
//     takes the node out of the queue.
//  4. If the result is ErrInterrupted, the caller puts its own state right and then
//     calls Raise, which panics.
//
// The functions of park.go are these steps. They guarantee on return that the node is in no
// queue, that no timer is armed, that no lock is held, and:
//
//	claimed by the source        the result is the source's, nil mostly
//	at has come                  os.ErrDeadlineExceeded; a source may set that too
//	interrupted, Park            it does not return, but panics with the interruption
//	interrupted, the others      ErrInterrupted: the caller must call Raise
//
// A wait in no queue, or in as many as there are channels, tasks or descriptors (Select,
// JoinAny, fd.WaitWritable), uses BeginWait and Waiter.Wait, and takes its nodes out with
// Node.Leave.
//
// Outside of park.go and the hub itself, the switch is written out in the
// caller's own frame only by Chan.Send, Chan.Recv, Mutex.Lock, Task.Join, Sleep and Yield,
// for speed (see park.go), and by Direction.waitReady and Direction.Park of package fd, for
// the sake of the least stack (see Direction.begin). All other code calls.
//
// Invariants:
//
//   - A node is put into a queue and taken out of it under the lock of the queue's source.
//   - A source claims a waiter under its lock, and takes the node by which it has found the
//     waiter out of the queue before it unlocks.
//   - A waiter is claimed once in a wait, and resumed by its claimant.
//   - So no reference to a waiter outlives its wait: after step 3 no queue has its node,
//     and no source that has found it there is still to claim it. Then the next wait may
//     begin, which resets the waiter.
type Waiter struct {
	Node  Node          // for waits in one queue; guarded by that queue's lock
	State atomic.Uint32 // waiterIdle, WaiterWaiting or WaiterClaimed
	Why   Reason        // for Dump and Stats; written by the caller before it parks
	Fiber *Fiber        // nil for a goroutine
	turn  chan struct{} // of a goroutine: its wake-up; capacity 1, so that Resume does not block
	Err   error         // the result; written by the claimant before Resume, read by the caller after it
	Fired int           // of a wait in several queues: the index of the claimed node, or notFired
}

// notFired is Waiter.Fired if a timer or an interruption claimed the waiter, or its own
// node did.
const notFired = -1

// The states of a waiter. Only the step from WaiterWaiting to WaiterClaimed has contenders.
const (
	waiterIdle    = iota // between two tasks of a fiber
	WaiterWaiting        // since Begin
	WaiterClaimed        // has a claimant, or its wait is over
)

// Begin makes w, whose last wait is over, ready to be queued. All state that one wait leaves
// in w and a later one reads is reset here; the fields of a node that belong to the source
// are set by the caller when it queues the node.
func (w *Waiter) Begin(why Reason) {
	// Mostly it is nil already, and the store of a pointer costs a write barrier.
	if w.Err != nil {
		w.Err = nil
	}
	w.Fired = notFired
	w.Why = why
	biased.StoreRelease(&w.State, WaiterWaiting) // w becomes known by being queued, under a lock, which orders this store
}

// Claim makes the caller the claimant of w, which must then call Resume. It reports false
// if w has a claimant already. err becomes the result of the wait.
func (w *Waiter) Claim(err error) bool {
	if !w.State.CompareAndSwap(WaiterWaiting, WaiterClaimed) {
		return false
	}
	if err != nil {
		w.Err = err
	}
	return true
}

// ClaimLocal is Claim for n, in a queue whose lock is biased to the hub of the calling
// goroutine (biased.Lock.TryOwn): then all waiters in the queue are tasks of that hub, and
// one that waits in no other queue can be claimed on this goroutine only, which takes no
// atomic read-modify-write. It reports false if n is one of several nodes of its waiter, or
// if the waiter is claimed already. The caller must take n out of the queue and then call
// MakeReady.
func (n *Node) ClaimLocal() bool {
	w := n.W
	if n != &w.Node || w.State.Load() != WaiterWaiting {
		return false
	}
	biased.StoreRelease(&w.State, WaiterClaimed)
	return true
}

// noteFired records by which of its nodes the claimed w was found: by index, since a
// pointer in the waiter would keep the memory that n is part of alive.
func (w *Waiter) noteFired(n *Node) {
	if n != &w.Node {
		w.Fired = n.Index
	}
}

// A Node is a waiter's place in a queue. A Select has one for each case. The lock of the
// queue's source guards it while it is queued; else it belongs to the waiter's caller.
type Node struct {
	Next, prev *Node
	Queue      *Queue         // nil while in none
	W          *Waiter        // for ever, in the node of a waiter itself
	Index      int            // for the source: the number of a Select's case, or the kind of wait
	Ok         bool           // set by the source: a value was passed
	Elem       unsafe.Pointer // for the source: the value to pass, or where to store it
}

// A Queue is a list of waiters, first come first served. The lock of the
// source that it belongs to guards it. The zero Queue is empty.
type Queue struct{ Head, Tail *Node }

// Push puts n, which is in no queue, at the end.
func (q *Queue) Push(n *Node) {
	n.Queue = q
	n.prev, n.Next = q.Tail, nil
	if q.Tail == nil {
		q.Head = n
	} else {
		q.Tail.Next = n
	}
	q.Tail = n
}

// Remove takes n out of the queue, if it is still in it. (A source that claims a waiter takes
// the node out itself.)
func (q *Queue) Remove(n *Node) {
	if n.Queue != q {
		return
	}
	if n.prev == nil {
		q.Head = n.Next
	} else {
		n.prev.Next = n.Next
	}
	if n.Next == nil {
		q.Tail = n.prev
	} else {
		n.Next.prev = n.prev
	}
	n.Next, n.prev, n.Queue = nil, nil, nil
}

// Pop takes the first node out of the queue, which is not empty.
func (q *Queue) Pop() *Node {
	n := q.Head
	q.Head = n.Next
	if n.Next == nil {
		q.Tail = nil
	} else {
		n.Next.prev = nil
		n.Next = nil
	}
	n.Queue = nil
	return n
}

// Claim takes waiters out of the queue until it has claimed one, for which the
// caller must call Resume. It returns nil if there is none. Waiters that a timer
// or an interruption has claimed first are dropped: their wait is over.
func (q *Queue) Claim(err error) *Waiter {
	for q.Head != nil {
		n := q.Pop()
		if w := n.W; w.Claim(err) {
			w.noteFired(n)
			return w
		}
	}
	return nil
}

// ClaimNode is Claim for a source that passes a value, and returns the waiter's node. The
// waiter not is skipped and stays queued: it is the caller's own, in a Select that waits on
// both sides of a channel.
func (q *Queue) ClaimNode(not *Waiter) *Node {
	for n := q.Head; n != nil; {
		if n.W == not {
			n = n.Next
			continue
		}
		next := n.Next
		if n == q.Head {
			q.Pop()
		} else {
			q.Remove(n)
		}
		if n.W.Claim(nil) {
			n.W.noteFired(n)
			return n
		}
		n = next
	}
	return nil
}

// HasOther reports whether the queue has a waiter other than self.
func (q *Queue) HasOther(self *Waiter) bool {
	for n := q.Head; n != nil; n = n.Next {
		if n.W != self {
			return true
		}
	}
	return false
}
