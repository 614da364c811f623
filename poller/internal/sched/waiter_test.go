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

// The first claimant sets the waiter's result; the Claim of the others returns false.
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
