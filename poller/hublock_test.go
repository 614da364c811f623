package poller

import (
	"sync"
	"sync/atomic"
	"testing"
)

// ownable waits until hubs may own locks in this process.
func ownable(t *testing.T) {
	prepareLocks()
	for ownLocks.Load() == ownLocksLater {
		Sleep(0)
	}
	if ownLocks.Load() == ownLocksNever {
		t.Log("the kernel refuses membarrier: hubs own no locks here")
	}
}

func TestHubLock_states(t *testing.T) {
	ownable(t)
	if ownLocks.Load() != ownLocksNow {
		return
	}
	run(t, func() {
		h := currentHub()
		var l hubLock
		l.lock(h) // who it belongs to is decided now
		if l.home.Load() != h.id {
			t.Fatal("the first hub does not own the lock")
		}
		l.unlock(h)
		l.lock(h)
		if l.inside.Load() != 1 {
			t.Error("the owner has used the mutex")
		}
		l.unlock(h)
		Await(func() (int, error) {
			l.lock(nil)
			if l.shared.Load() != 1 {
				t.Error("not shared after another goroutine has come")
			}
			l.unlock(nil)
			return 0, nil
		})
		l.lock(h)
		if l.inside.Load() != 0 || l.mu.TryLock() {
			t.Error("the former owner has not used the mutex")
		}
		l.unlock(h)
	})
	var l hubLock
	l.lock(nil)
	l.unlock(nil)
	run(t, func() {
		l.lock(currentHub())
		if l.inside.Load() != 0 || l.home.Load() != homeless {
			t.Error("a hub has taken a lock that was used outside of any")
		}
		l.unlock(currentHub())
	})
}

// Locks that are owned are taken away at the very moment when the owner goes in
// and out, by several at once.
func TestHammerHubLock(t *testing.T) {
	ownable(t)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	run(t, func() {
		h := currentHub()
		for round := range rounds {
			var l hubLock
			n, in := 0, 0
			var start atomic.Bool
			var others sync.WaitGroup
			work := func(here *hub, times int) {
				for range times {
					l.lock(here)
					if in++; in != 1 {
						t.Errorf("round %d: %d inside", round, in)
					}
					n++
					in--
					l.unlock(here)
				}
			}
			for range 2 {
				others.Go(func() {
					for !start.Load() {
					}
					work(nil, 20)
				})
			}
			work(h, 2)
			start.Store(true)
			work(h, 200)
			others.Wait()
			l.lock(h)
			if n != 2+200+2*20 {
				t.Fatalf("round %d: counted %d", round, n)
			}
			l.unlock(h)
		}
	})
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

func TestHubLock_reentered(t *testing.T) {
	ownable(t)
	if ownLocks.Load() != ownLocksNow {
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
