package sched

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// list returns the nodes of q, and fails the test if its links are not right.
func list(t *testing.T, q *Queue) (all []*Node) {
	t.Helper()
	var prev *Node
	for n := q.Head; n != nil; prev, n = n, n.Next {
		if n.prev != prev || n.Queue != q {
			t.Fatalf("node %d of the queue: wrong links", len(all))
		}
		all = append(all, n)
	}
	if q.Tail != prev {
		t.Fatal("wrong tail")
	}
	return all
}

// The queue against a slice, in a random order of all that can be done to it. What is
// taken out has no links any more, and can be removed again without harm.
func TestWaitQueue_model(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var q, other Queue
	var want []*Node
	nodes := make([]Node, 12)
	waiters := make([]Waiter, len(nodes))
	for range 20_000 {
		i := r.IntN(len(nodes))
		n := &nodes[i]
		n.W = &waiters[i]
		switch at := slices.Index(want, n); r.IntN(6) {
		case 0, 1:
			if at < 0 {
				n.W.Begin(ParkMutex)
				q.Push(n)
				want = append(want, n)
			}
		case 2:
			q.Remove(n)
			if at >= 0 {
				want = slices.Delete(want, at, at+1)
			}
		case 3:
			other.Remove(n) // it is not in that one
		case 4:
			n.W.Claim(ErrInterrupted) // some are passed over from now on
		case 5:
			first := slices.IndexFunc(want, func(n *Node) bool { return n.W.State.Load() == WaiterWaiting })
			w := q.Claim(nil)
			switch {
			case first < 0 && w != nil, first >= 0 && w != want[first].W:
				t.Fatal("claimed a wrong one")
			case first < 0:
				want = nil
			default:
				want = slices.Clone(want[first+1:])
			}
		}
		if got := list(t, &q); !slices.Equal(got, want) {
			t.Fatalf("%d nodes, want %d", len(got), len(want))
		}
		if n.Queue == nil && (n.Next != nil || n.prev != nil) {
			t.Fatal("a node that was taken out has links")
		}
	}
}

// ClaimNode leaves its caller's own nodes where they are, in the middle too, and takes
// out those whose waiters were claimed already.
func TestWaitQueue_claimNode(t *testing.T) {
	var q Queue
	self, gone, waiting := new(Waiter), new(Waiter), new(Waiter)
	for _, w := range []*Waiter{self, gone, waiting} {
		w.Begin(ParkSelect)
	}
	mine, lost, other := &Node{W: self}, &Node{W: gone, Index: 1}, &Node{W: waiting, Index: 2}
	for _, n := range []*Node{mine, lost, other} {
		q.Push(n)
	}
	gone.Claim(ErrInterrupted)
	if n := q.ClaimNode(self); n != other || waiting.Fired != 2 || waiting.Err != nil {
		t.Errorf("claimed %v, fired %d", n, waiting.Fired)
	}
	if got := list(t, &q); !slices.Equal(got, []*Node{mine}) {
		t.Errorf("%d nodes are left", len(got))
	}
	if q.ClaimNode(self) != nil || self.State.Load() != WaiterWaiting {
		t.Error("claimed itself")
	}
	if gone.Fired != notFired {
		t.Error("fired is set for a waiter that somebody else has claimed")
	}
	if n := q.ClaimNode(nil); n != mine || q.Head != nil {
		t.Error("not claimed by another one")
	}
}

// Whoever claims a waiter first says what it is told; the others are told that they
// are late.
func TestWaiter_claimedOnce(t *testing.T) {
	w := new(Waiter)
	if w.Claim(nil) {
		t.Error("claimed while idle")
	}
	w.Begin(ParkMutex)
	if !w.Claim(ErrKilled) || w.Claim(nil) || w.Claim(ErrInterrupted) || w.Err != ErrKilled {
		t.Error("claimed twice")
	}
	w.Begin(ParkMutex)
	if w.Err != nil {
		t.Error("begin has left the error of the wait before")
	}
	n := &w.Node
	n.W = w
	if !n.ClaimLocal() || n.ClaimLocal() || w.Claim(nil) {
		t.Error("claimed twice")
	}
	w.Begin(ParkSelect)
	if (&Node{W: w}).ClaimLocal() || !w.Claim(nil) {
		t.Error("claimLocal has claimed a waiter that waits in several queues")
	}
}

func TestMailbox_order(t *testing.T) {
	var b Mailbox
	mails := make([]Mail, 5)
	take := func(want ...int) {
		t.Helper()
		m := b.Take()
		for _, i := range want {
			if m != &mails[i] {
				t.Fatal("not in the order in which they were put")
			}
			m = m.Next
		}
		if m != nil || !b.Empty() {
			t.Fatal("too many")
		}
	}
	put := func(i int, open bool) {
		t.Helper()
		if b.Put(&mails[i]) != open {
			t.Fatalf("put: open is not %v", open)
		}
	}
	take()
	for i := range 4 {
		put(i, true)
		if b.Empty() {
			t.Fatal("empty")
		}
	}
	take(0, 1, 2, 3)
	put(2, true)
	take(2)
	put(4, true)
	put(1, true)
	if m := b.Close(); m != &mails[4] || m.Next != &mails[1] || m.Next.Next != nil {
		t.Error("close: not in the order in which they were put")
	}
	put(3, false)
	if b.Close() != nil {
		t.Error("close of a closed one")
	}
}

// The heap against a sorted slice: arm, arm again, disarm, also of what has fired, from
// within what fires too.
func TestTimers_model(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	type entry struct {
		Timer
		when  int64
		order int // when it was armed; 0 while it is not
	}
	var ts Timers
	all := make([]entry, 150)
	order, now := 0, int64(10)
	arm := func(e *entry, when int64) {
		order++
		e.when, e.order = when, order
		ts.Arm(&e.Timer, when)
	}
	var fired []*entry
	for i := range all {
		e := &all[i]
		e.Owner = fire(func(at int64) {
			if at != now || e.order == 0 {
				t.Fatal("fired though it is not armed")
			}
			e.order = 0
			fired = append(fired, e)
			switch other := &all[r.IntN(len(all))]; r.IntN(4) {
			case 0:
				ts.Disarm(&other.Timer) // it may be about to fire
				other.order = 0
			case 1:
				arm(other, now-1) // for the past: not in this call
			}
		})
	}
	for range 3000 {
		e := &all[r.IntN(len(all))]
		if r.IntN(3) == 0 {
			ts.Disarm(&e.Timer)
			e.order = 0
		} else {
			arm(e, now+r.Int64N(40))
		}
		least := int64(Never)
		for i := range all {
			if e := &all[i]; e.order != 0 {
				if least == Never || e.when < least {
					least = e.when
				}
			}
		}
		if ts.Next() != least {
			t.Fatalf("next is %d, want %d", ts.Next(), least)
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
		ts.Run(now)
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

// A fire is a function as the owner of a timer.
type fire func(int64)

func (f fire) Expire(now int64) { f(now) }
