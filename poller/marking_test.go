package poller

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
)

// besideCollections calls f while another goroutine collects garbage all the time.
func besideCollections(f func()) {
	var stop atomic.Bool
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for !stop.Load() {
			runtime.GC()
		}
	}()
	defer func() { stop.Store(true); <-ended }()
	f()
}

// deeply calls f below n frames.
//
//go:noinline
func deeply(n int, f func() error) error {
	if n == 0 {
		return f()
	}
	err := deeply(n-1, f)
	runtime.KeepAlive(&n)
	return err
}

// Tasks that are passed over while the collector marks lose no turn: each makes all
// its laps, those that are started and killed in between too, and the queues are
// empty at the end.
func TestMarking_nobodyIsForgotten(t *testing.T) {
	tasks, laps := 1000, 200
	if testing.Short() {
		tasks, laps = 300, 50
	}
	for name, prioritized := range map[string]bool{"one priority": false, "priorities": true} {
		t.Run(name, func(t *testing.T) {
			besideCollections(func() {
				run(t, func() {
					h := currentHub()
					before := h.held.passed // this task itself may have been, before there are priorities
					done, short, killed := 0, 0, 0
					var g Group
					for i := range tasks {
						k := g.Go(func() error {
							return deeply(300, func() error { // scanning it takes a while
								for lap := range laps {
									Yield()
									if lap%16 == i%16 {
										child := Go(func() { short++ })
										if lap%32 == i%32 {
											child.Kill() // maybe while it is held, before its start
											killed++
											if !child.Ended() {
												t.Error("not ended")
											}
										} else {
											child.Join()
										}
									}
								}
								done++
								return nil
							})
						})
						if prioritized && i%10 == 0 {
							k.SetPriority(PriorityHigh)
						}
					}
					if err := g.Join(); err != nil {
						t.Error(err)
					}
					if done != tasks || h.held.n != 0 || h.tasks.live != 1 {
						t.Errorf("%d of %d done, %d held, %d live", done, tasks, h.held.n, h.tasks.live)
					}
					t.Logf("%d were passed over; %d children ran, %d were killed", h.held.passed, short, killed)
					if prioritized && h.held.passed != before {
						t.Error("passed over among priorities")
					}
				})
			})
		})
	}
}

// heldHub returns a hub with n tasks that have no stacks: nothing is in their way.
func heldHub(n int) (*hub, []*Task) {
	h := &hub{}
	tasks := make([]*Task, n)
	for i := range tasks {
		tasks[i] = &Task{hub: h, id: uint64(i), started: true}
	}
	return h, tasks
}

// Who was passed over comes before all who were not, in the old order.
func TestMarking_bringBack(t *testing.T) {
	h, tasks := heldHub(200)
	for _, k := range tasks[:150] {
		h.held.add(k, false)
	}
	for _, k := range tasks[150:] {
		h.ready.push(k)
	}
	for i := range tasks {
		if i%pollInterval == 0 {
			h.bringBack()
		}
		if got := h.ready.pop(); got != tasks[i] {
			t.Fatalf("turn %d went to %d", i, got.id)
		}
	}
	// One that comes back for ever is waited for.
	for i := range patientTurns {
		if h.held.owed != nil {
			t.Fatalf("owed after %d turns", i)
		}
		h.held.add(tasks[7], false)
		h.bringBack()
		h.ready.pop()
	}
	if h.held.owed != tasks[7] {
		t.Error("not owed a turn")
	}
}

func TestMarking_held(t *testing.T) {
	h, tasks := heldHub(100)
	q := &h.held
	for i := 49; i >= 0; i-- {
		q.add(tasks[i], true)
	}
	for _, k := range tasks[50:] {
		q.add(k, false)
	}
	q.takeAt(3)
	q.takeAt(0)
	q.cursor = 60
	if got := h.unhinderedHeld(nil, 1); got != tasks[60] || q.n != 97 {
		t.Errorf("took %d, %d left", got.id, q.n)
	}
	tasks[61].ended.Store(true)
	if got := h.unhinderedHeld(nil, 2); got != tasks[62] {
		t.Errorf("took %d", got.id)
	}
	for i, k := range tasks {
		switch i {
		case 0, 3, 60, 61, 62:
			continue
		}
		if got := q.pop(); got != k {
			t.Fatalf("%d: got %d", i, got.id)
		}
	}
	if q.pop() != nil || q.n != 0 || q.tasks.n != 0 {
		t.Error("not empty")
	}
}

// A task that was passed over gets its turn too when nothing but YieldIO goes on.
func TestMarking_heldBesideYieldIO(t *testing.T) {
	run(t, func() {
		ran := false
		child := Go(func() { ran = true })
		h := currentHub()
		if h.ready.pop() != child {
			t.Fatal("the child is not ready")
		}
		h.held.add(child, false)
		for range 10 * pollInterval {
			if YieldIO(); ran {
				return
			}
		}
		t.Error("held for ever")
	})
}

// The hub's hook is gone with its Run.
func TestMarking_hookIsRemoved(t *testing.T) {
	run(t, func() {})
	if stackful.SetWaitHook(nil) != nil {
		t.Error("the hook is still there")
	}
}
