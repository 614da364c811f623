package poller

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestJoinAny(t *testing.T) {
	run(t, func() {
		if JoinAny() != nil {
			t.Error("one of none")
		}
		var wake Event
		slow := Go(func() { Sleep(time.Hour) })
		fast := Go(func() { wake.Wait() })
		Go(func() { wake.Set() })
		for range 2 {
			if JoinAny(slow, fast) != fast {
				t.Error("not the one that has ended")
			}
		}
		if JoinAnyTimeout(time.Millisecond, slow) != nil || JoinAnyTimeout(0, slow, fast) != fast {
			t.Error("JoinAnyTimeout")
		}
		err := WithTimeout(time.Millisecond, func() error {
			JoinAny(slow)
			return nil
		})
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if slow.Joiners.Head != nil {
			t.Error("left in the queue of a task")
		}
		waiting := Go(func() { JoinAny(slow, slow) })
		Yield()
		waiting.Kill()
		slow.Kill()
		if JoinAny(slow, fast) != slow {
			t.Error("the first of the arguments comes first")
		}
	})
}

// From elsewhere, while the tasks end.
func TestHammerJoinAny(t *testing.T) {
	const rounds = 200
	for range rounds {
		tasks := make(chan []*Task)
		var all sync.WaitGroup
		all.Go(func() {
			run(t, func() {
				var mine []*Task
				for i := range 3 {
					mine = append(mine, Go(func() {
						for range i {
							Yield()
						}
					}))
				}
				tasks <- mine
				tasks <- mine
				JoinAll(mine...)
			})
		})
		all.Go(func() {
			if JoinAny(<-tasks...) == nil {
				t.Error("none has ended")
			}
		})
		all.Go(func() {
			run(t, func() {
				mine := <-tasks
				own := Go(func() { Sleep(time.Hour) })
				if JoinAny(mine[2], own, mine[1]) == nil {
					t.Error("none has ended")
				}
			})
		})
		all.Wait()
	}
}

// Other goroutines begin to wait for tasks at the very moment when these end.
func TestHammerJoin_foreign(t *testing.T) {
	ownable(t)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	run(t, func() {
		for range rounds {
			var task atomic.Pointer[Task]
			var others sync.WaitGroup
			for i := range 2 {
				others.Go(func() {
					for task.Load() == nil {
					}
					if i == 0 {
						<-task.Load().Done()
					} else if err := task.Load().Join(); err != nil {
						t.Error(err)
					}
				})
			}
			k := Go(func() {})
			task.Store(k)
			k.Join()
			others.Wait() // hangs if one of them was not told
		}
	})
}
