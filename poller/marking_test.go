package poller

import (
	"runtime"
	"sync/atomic"
	"testing"

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

// Beside collections each task makes all its laps, those that are started and killed in between too, and
// the tasks of one priority run in the order in which they became ready.
func TestMarking_inOrder(t *testing.T) {
	tasks, laps := 1000, 200
	if testing.Short() {
		tasks, laps = 300, 50
	}
	for name, prioritized := range map[string]bool{"one priority": false, "priorities": true} {
		t.Run(name, func(t *testing.T) {
			besideGC(func() {
				run(t, func() {
					h := sched.Here()
					done, short, killed, last := 0, 0, 0, -1
					var g Group
					var children []*Task
					for i := range tasks {
						k := g.Go(func() error {
							return deeply(300, func() error { // scanning it takes a while
								for lap := range laps {
									if !prioritized && last != (i+tasks-1)%tasks && last != -1 {
										t.Errorf("task %d runs after %d", i, last)
									}
									last = i
									Yield()
									if lap%16 == i%16 {
										child := Go(func() { short++ })
										children = append(children, child)
										if lap%32 == i%32 {
											child.Kill()
											killed++
											if !child.Ended() {
												t.Error("not ended")
											}
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
					JoinAll(children...)
					if done != tasks || h.Tasks.Live != 1 {
						t.Errorf("%d of %d done, %d live", done, tasks, h.Tasks.Live)
					}
					t.Logf("%d children ran, %d were killed", short, killed)
				})
			})
		})
	}
}
