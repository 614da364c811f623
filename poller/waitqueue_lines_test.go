package poller

import (
	"slices"
	"testing"
)

// list returns the nodes of q, and fails the test if its links are not right.
func (q *waitQueue) list(t *testing.T) (all []*waitNode) {
	t.Helper()
	var prev *waitNode
	for n := q.head; n != nil; prev, n = n, n.next {
		if n.prev != prev || n.queue != q {
			t.Fatalf("node %d of the queue: wrong links", len(all))
		}
		all = append(all, n)
	}
	if q.tail != prev {
		t.Fatal("wrong tail")
	}
	return all
}

// The queue against a slice, in a random order of all that can be done to it. What is
// taken out has no links any more, and can be removed again without harm.
func TestWaitQueue_model(t *testing.T) {
	r := rng(t)
	var q, other waitQueue
	var want []*waitNode
	nodes := make([]waitNode, 12)
	waiters := make([]waiter, len(nodes))
	for range 20_000 {
		i := r.IntN(len(nodes))
		n := &nodes[i]
		n.w = &waiters[i]
		switch at := slices.Index(want, n); r.IntN(6) {
		case 0, 1:
			if at < 0 {
				n.w.begin(parkMutex)
				q.push(n)
				want = append(want, n)
			}
		case 2:
			q.remove(n)
			if at >= 0 {
				want = slices.Delete(want, at, at+1)
			}
		case 3:
			other.remove(n) // it is not in that one
		case 4:
			n.w.claim(errInterrupted) // some are passed over from now on
		case 5:
			first := slices.IndexFunc(want, func(n *waitNode) bool { return n.w.state.Load() == waiterWaiting })
			w := q.claim(nil)
			switch {
			case first < 0 && w != nil, first >= 0 && w != want[first].w:
				t.Fatal("claimed a wrong one")
			case first < 0:
				want = nil
			default:
				want = slices.Clone(want[first+1:])
			}
		}
		if got := q.list(t); !slices.Equal(got, want) {
			t.Fatalf("%d nodes, want %d", len(got), len(want))
		}
		if n.queue == nil && (n.next != nil || n.prev != nil) {
			t.Fatal("a node that was taken out has links")
		}
	}
}

// claimNode leaves its caller's own nodes where they are, in the middle too, and takes
// out those whose waiters were claimed already.
func TestWaitQueue_claimNode(t *testing.T) {
	var q waitQueue
	self, gone, waiting := new(waiter), new(waiter), new(waiter)
	for _, w := range []*waiter{self, gone, waiting} {
		w.begin(parkSelect)
	}
	mine, lost, other := &waitNode{w: self}, &waitNode{w: gone, index: 1}, &waitNode{w: waiting, index: 2}
	for _, n := range []*waitNode{mine, lost, other} {
		q.push(n)
	}
	gone.claim(errInterrupted)
	if n := q.claimNode(self); n != other || waiting.fired != 2 || waiting.err != nil {
		t.Errorf("claimed %v, fired %d", n, waiting.fired)
	}
	if got := q.list(t); !slices.Equal(got, []*waitNode{mine}) {
		t.Errorf("%d nodes are left", len(got))
	}
	if q.claimNode(self) != nil || self.state.Load() != waiterWaiting {
		t.Error("claimed itself")
	}
	if gone.fired != notFired {
		t.Error("fired is set for a waiter that somebody else has claimed")
	}
	if n := q.claimNode(nil); n != mine || q.head != nil {
		t.Error("not claimed by another one")
	}
}

// Whoever claims a waiter first says what it is told; the others are told that they
// are late.
func TestWaiter_claimedOnce(t *testing.T) {
	w := new(waiter)
	if w.claim(nil) {
		t.Error("claimed while idle")
	}
	w.begin(parkMutex)
	if !w.claim(ErrKilled) || w.claim(nil) || w.claim(errInterrupted) || w.err != ErrKilled {
		t.Error("claimed twice")
	}
	w.begin(parkMutex)
	if w.err != nil {
		t.Error("begin has left the error of the wait before")
	}
	n := &w.node
	n.w = w
	if !n.claimHome() || n.claimHome() || w.claim(nil) {
		t.Error("claimed twice")
	}
	w.begin(parkSelect)
	if (&waitNode{w: w}).claimHome() || !w.claim(nil) {
		t.Error("claimHome has claimed a waiter that waits in several queues")
	}
}

func TestMailbox_order(t *testing.T) {
	var b mailbox
	mails := make([]mail, 5)
	take := func(want ...int) {
		t.Helper()
		m := b.take()
		for _, i := range want {
			if m != &mails[i] {
				t.Fatal("not in the order in which they were put")
			}
			m = m.next
		}
		if m != nil || !b.empty() {
			t.Fatal("too many")
		}
	}
	put := func(i int, open bool) {
		t.Helper()
		if b.put(&mails[i]) != open {
			t.Fatalf("put: open is not %v", open)
		}
	}
	take()
	for i := range 4 {
		put(i, true)
		if b.empty() {
			t.Fatal("empty")
		}
	}
	take(0, 1, 2, 3)
	put(2, true)
	take(2)
	put(4, true)
	put(1, true)
	if m := b.close(); m != &mails[4] || m.next != &mails[1] || m.next.next != nil {
		t.Error("close: not in the order in which they were put")
	}
	put(3, false)
	if b.close() != nil {
		t.Error("close of a closed one")
	}
}

// The heap against a sorted slice: arm, arm again, disarm, also of what has fired, from
// within what fires too.
func TestTimers_model(t *testing.T) {
	r := rng(t)
	type entry struct {
		timer
		when  int64
		order int // when it was armed; 0 while it is not
	}
	var ts timers
	all := make([]entry, 150)
	order, now := 0, int64(10)
	arm := func(e *entry, when int64) {
		order++
		e.when, e.order = when, order
		ts.arm(&e.timer, when)
	}
	var fired []*entry
	for i := range all {
		e := &all[i]
		e.owner = fire(func(at int64) {
			if at != now || e.order == 0 {
				t.Fatal("fired though it is not armed")
			}
			e.order = 0
			fired = append(fired, e)
			switch other := &all[r.IntN(len(all))]; r.IntN(4) {
			case 0:
				ts.disarm(&other.timer) // it may be about to fire
				other.order = 0
			case 1:
				arm(other, now-1) // for the past: not in this call
			}
		})
	}
	for range 3000 {
		e := &all[r.IntN(len(all))]
		if r.IntN(3) == 0 {
			ts.disarm(&e.timer)
			e.order = 0
		} else {
			arm(e, now+r.Int64N(40))
		}
		least := int64(noInstant)
		for i := range all {
			if e := &all[i]; e.order != 0 {
				if least == noInstant || e.when < least {
					least = e.when
				}
			}
		}
		if ts.next() != least {
			t.Fatalf("next is %d, want %d", ts.next(), least)
		}
		if r.IntN(20) != 0 {
			continue
		}
		now += r.Int64N(30)
		due := map[*entry]bool{}
		for i := range all {
			if e := &all[i]; e.order != 0 && e.when <= now {
				due[e] = true
			}
		}
		last, from := order, len(fired)
		type key struct {
			when  int64
			order int
		}
		keys := map[*entry]key{}
		for e := range due {
			keys[e] = key{e.when, e.order}
		}
		ts.run(now)
		for i, e := range fired[from:] {
			if !due[e] {
				t.Fatal("fired in the same call though it was armed in it")
			}
			if i > 0 {
				a, b := keys[fired[from+i-1]], keys[e]
				if a.when > b.when || a.when == b.when && a.order > b.order {
					t.Fatal("not in order")
				}
			}
			delete(due, e)
		}
		for e := range due {
			if e.order != 0 && e.order <= last && e.when <= now {
				t.Fatal("did not fire")
			}
		}
		if len(ts.due) != 0 {
			t.Fatal("due is not empty")
		}
	}
}
