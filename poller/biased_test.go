package poller

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// ownable waits until hubs may own locks in this process.
func ownable(t *testing.T) {
	biased.Prepare()
	for biased.Mode.Load() == biased.ModeUnknown {
		Sleep(0)
	}
	if biased.Mode.Load() == biased.ModeOff {
		t.Log("the kernel refuses membarrier: hubs own no locks here")
	}
}

// Two hubs and goroutines outside of any pass values through a channel that one hub
// has begun to use alone.
func TestHammerChan_acrossHubs(t *testing.T) {
	ownable(t)
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		const each = 50
		c := NewChan[int](round % 3)
		var sum, got atomic.Int64
		var all sync.WaitGroup
		receive := func() {
			for v := range c.All() {
				sum.Add(int64(v))
				got.Add(1)
			}
		}
		started := make(chan struct{})
		all.Go(func() {
			run(t, func() {
				r := Go(receive)
				for i := range each {
					c.Send(i)
					if i == 5 {
						close(started)
					}
				}
				r.Join()
			})
		})
		var senders sync.WaitGroup
		for range 2 {
			<-started
			senders.Go(func() {
				run(t, func() {
					for i := range each {
						c.Send(i)
					}
				})
			})
		}
		all.Go(receive)
		senders.Wait()
		for got.Load() < 3*each {
			Sleep(0)
		}
		c.Close()
		all.Wait()
		if want := int64(3 * each * (each - 1) / 2); sum.Load() != want {
			t.Fatalf("round %d: sum %d, want %d", round, sum.Load(), want)
		}
	}
}

func TestBiasedLock_reentered(t *testing.T) {
	ownable(t)
	if biased.Mode.Load() != biased.ModeOn {
		return
	}
	run(t, func() {
		var q *Queue[int]
		q = NewPriorityQueue(0, func(a, b int) bool {
			q.Len()
			return a < b
		})
		q.Put(1)
		mustPanic(t, "has waited or come back", func() { q.Put(2) })
	})
}

func BenchmarkMutexUncontended(b *testing.B) {
	b.Run("by=Mutex", func(b *testing.B) {
		run(b, func() {
			var m Mutex
			n := 0
			for b.Loop() {
				m.Lock()
				n++
				m.Unlock()
			}
		})
	})
	b.Run("by=sync.Mutex", func(b *testing.B) {
		var m sync.Mutex
		n := 0
		for b.Loop() {
			m.Lock()
			n++
			m.Unlock()
		}
	})
}
