package sched

import "testing"

// heldHub returns a hub with n tasks that have no stacks: nothing is in their way.
func heldHub(n int) (*Hub, []*Task) {
	h := &Hub{}
	tasks := make([]*Task, n)
	for i := range tasks {
		tasks[i] = &Task{Hub: h, ID: uint64(i), started: true}
	}
	return h, tasks
}

// Deferred tasks come before all others, in their old order.
func TestMarking_bringBack(t *testing.T) {
	h, tasks := heldHub(200)
	for _, k := range tasks[:150] {
		h.Deferred.Add(k, false)
	}
	for _, k := range tasks[150:] {
		h.Ready.Push(k)
	}
	for i := range tasks {
		if i%PollInterval == 0 {
			h.requeueDeferred()
		}
		if got := h.Ready.Pop(); got != tasks[i] {
			t.Fatalf("turn %d went to %d", i, got.ID)
		}
	}
	// One that comes back for ever is waited for.
	for i := range maxRequeues {
		if h.Deferred.mustRun != nil {
			t.Fatalf("owed after %d turns", i)
		}
		h.Deferred.Add(tasks[7], false)
		h.requeueDeferred()
		h.Ready.Pop()
	}
	if h.Deferred.mustRun != tasks[7] {
		t.Error("not owed a turn")
	}
}

func TestMarking_held(t *testing.T) {
	h, tasks := heldHub(100)
	q := &h.Deferred
	for i := 49; i >= 0; i-- {
		q.Add(tasks[i], true)
	}
	for _, k := range tasks[50:] {
		q.Add(k, false)
	}
	q.takeAt(3)
	q.takeAt(0)
	q.cursor = 60
	if got := h.takeDeferred(nil, 1); got != tasks[60] || q.N != 97 {
		t.Errorf("took %d, %d left", got.ID, q.N)
	}
	tasks[61].HasEnded.Store(true)
	if got := h.takeDeferred(nil, 2); got != tasks[62] {
		t.Errorf("took %d", got.ID)
	}
	for i, k := range tasks {
		switch i {
		case 0, 3, 60, 61, 62:
			continue
		}
		if got := q.Pop(); got != k {
			t.Fatalf("%d: got %d", i, got.ID)
		}
	}
	if q.Pop() != nil || q.N != 0 || q.Tasks.N != 0 {
		t.Error("not empty")
	}
}
