package poller

import "unsafe"

// A waitNode is a waiter's place in a queue. A Select has one for each case.
type waitNode struct {
	next, prev *waitNode
	queue      *waitQueue // nil while in none
	w          *waiter
	index      int            // for the source: the number of a case, or what is waited for
	ok         bool           // for the source: something was passed
	elem       unsafe.Pointer // for the source: what is passed
}

// A waitQueue is a list of waiters, first come first served. The lock of the
// source that it belongs to guards it.
type waitQueue struct{ head, tail *waitNode }

func (q *waitQueue) push(n *waitNode) {
	n.queue = q
	n.prev, n.next = q.tail, nil
	if q.tail == nil {
		q.head = n
	} else {
		q.tail.next = n
	}
	q.tail = n
}

// remove takes n out of the queue, if it is still in it.
func (q *waitQueue) remove(n *waitNode) {
	if n.queue != q {
		return
	}
	if n.prev == nil {
		q.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		q.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.next, n.prev, n.queue = nil, nil, nil
}

// pop takes the first node out of the queue, which is not empty.
func (q *waitQueue) pop() *waitNode {
	n := q.head
	q.head = n.next
	if n.next == nil {
		q.tail = nil
	} else {
		n.next.prev = nil
		n.next = nil
	}
	n.queue = nil
	return n
}

// claim takes waiters out of the queue until it has claimed one, for which the
// caller must call resume. It returns nil if there is none. Waiters that a timer
// or an interruption claimed first are passed over.
func (q *waitQueue) claim(err error) *waiter {
	for q.head != nil {
		n := q.pop()
		if w := n.w; w.claim(err) {
			w.firedBy(n)
			return w
		}
	}
	return nil
}

// claimNode is claim for a source that passes something, with its node as the
// result. The waiter not is left alone: it is the caller itself.
func (q *waitQueue) claimNode(not *waiter) *waitNode {
	for n := q.head; n != nil; {
		if n.w == not {
			n = n.next
			continue
		}
		next := n.next
		if n == q.head {
			q.pop()
		} else {
			q.remove(n)
		}
		if n.w.claim(nil) {
			n.w.firedBy(n)
			return n
		}
		n = next
	}
	return nil
}

// wakeAll claims and resumes all waiters of the queue.
func (q *waitQueue) wakeAll(here *hub, err error) {
	for w := q.claim(err); w != nil; w = q.claim(err) {
		w.resume(here)
	}
}

// hasOther reports whether somebody else than self is in the queue.
func (q *waitQueue) hasOther(self *waiter) bool {
	for n := q.head; n != nil; n = n.next {
		if n.w != self {
			return true
		}
	}
	return false
}
