package poller

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// besideGC calls f while another goroutine collects garbage all the time.
func besideGC(f func()) {
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
			besideGC(func() {
				run(t, func() {
					h := sched.Here()
					before := h.Deferred.Redirected // this task itself may have been, before there are priorities
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
					if done != tasks || h.Deferred.N != 0 || h.Tasks.Live != 1 {
						t.Errorf("%d of %d done, %d held, %d live", done, tasks, h.Deferred.N, h.Tasks.Live)
					}
					t.Logf("%d were passed over; %d children ran, %d were killed", h.Deferred.Redirected, short, killed)
					if prioritized && h.Deferred.Redirected != before {
						t.Error("passed over among priorities")
					}
				})
			})
		})
	}
}

// A task that was passed over gets its turn too when nothing but YieldIO goes on.
func TestMarking_heldBesideYieldIO(t *testing.T) {
	run(t, func() {
		ran := false
		child := Go(func() { ran = true })
		h := sched.Here()
		if h.Ready.Pop() != child.sched() {
			t.Fatal("the child is not ready")
		}
		h.Deferred.Add(child.sched(), false)
		for range 10 * sched.PollInterval {
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
