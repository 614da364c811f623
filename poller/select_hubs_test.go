package poller

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A lateOp is the case of a Select that is ready when the Select looks, and is gone
// when it reaches for it, as may be with a case that others, on other goroutines,
// reach for too. meanwhile is called in between.
type lateOp struct {
	recvOp[int]
	meanwhile func()
}

func (o *lateOp) isReady(*sched.Waiter) bool { return o.meanwhile != nil }

func (o *lateOp) try(h *sched.Hub, self *sched.Waiter) bool {
	if self != nil && o.meanwhile != nil {
		f := o.meanwhile
		o.meanwhile = nil
		f()
	}
	return o.recvOp.try(h, self)
}

// A Select that tries in vain to claim one case cannot be claimed for the others in the
// meantime: a task that tried these has been queued, and must be found there.
func TestSelect_reachesInVain(t *testing.T) {
	c, never := NewChan[int](0), NewChan[int](0)
	var v int
	sent := make(chan struct{})
	late := &lateOp{recvOp: recvOp[int]{c: never}, meanwhile: func() {
		go func() {
			c.Send(42)
			close(sent)
		}()
		for waits := false; !waits; {
			c.mu.Lock(biased.NoOwner)
			waits = c.senders.Head != nil
			c.mu.Unlock(biased.NoOwner)
			time.Sleep(0)
		}
	}}
	run(t, func() {
		if i := SelectTimeout(time.Minute, c.OnRecv(&v, nil), Case{late}); i != 0 || v != 42 {
			t.Errorf("chose %d, got %d", i, v)
		}
	})
	<-sent
}

// The same between two Selects of different hubs whose cases meet in opposite order:
// each may be about to take what the other one offers.
func TestHammerSelect_acrossHubs(t *testing.T) {
	ownable(t)
	rounds := 20_000
	if testing.Short() {
		rounds = 3_000
	}
	a, b := NewChan[int](0), NewChan[int](0)
	var done atomic.Int64
	var hubs sync.WaitGroup
	hubs.Go(func() {
		run(t, func() {
			for range rounds {
				var v int
				Select(a.OnRecv(&v, nil), b.OnRecv(&v, nil))
				done.Add(1)
			}
		})
	})
	hubs.Go(func() {
		run(t, func() {
			for i := range rounds {
				Select(b.OnSend(i), a.OnSend(i))
			}
		})
	})
	mustGoOn(t, &done, &hubs)
}

// mustGoOn waits for all, and fails if done stands still before. What it waits for
// is steps, not a time: a machine that is busy elsewhere, or stopped, makes few.
func mustGoOn(t *testing.T, done *atomic.Int64, all *sync.WaitGroup) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	for still, last := 0, int64(-1); still < 3000; still++ {
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if n := done.Load(); n != last {
			still, last = 0, n
		}
	}
	t.Fatalf("stands still after %d", done.Load())
}
