package sched

import "unsafe"

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
