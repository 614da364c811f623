package poller

import (
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// mayOwn skips the test if hubs own no locks here.
func mayOwn(t *testing.T) {
	t.Helper()
	ownable(t)
	if biased.Mode.Load() != biased.ModeOn {
		t.Skip("hubs own no locks here")
	}
}

// besideHub calls f in a task of another hub, on a goroutine of its own, and main in a
// task of this one; step, called in turn by both, lets the other side go on.
func besideHub(t *testing.T, main, other func(step func())) {
	t.Helper()
	a, b := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- Options{TimeSlice: -1}.Run(func() {
			<-a
			other(func() { b <- struct{}{}; <-a })
		})
		close(b)
	}()
	run(t, func() {
		main(func() { a <- struct{}{}; <-b })
	})
	close(a)
	if err := <-done; err != nil {
		t.Error("the other hub:", err)
	}
}

// Tasks of one hub wait, in a channel that was first used while hubs could own no locks
// yet; then another hub sends. Each value must come, on the hub where its receiver is.
func TestBiasedLock_strangersWaitInChan(t *testing.T) {
	mayOwn(t)
	const n = 4
	c := NewChan[int](0)
	got := make(chan int, n)
	besideHub(t, func(step func()) {
		biased.Mode.Store(biased.ModeUnknown)
		defer biased.Mode.Store(biased.ModeOn)
		step() // they wait
		biased.Mode.Store(biased.ModeOn)
		for i := range n {
			c.Send(i) // not SendTimeout, which takes nothing for granted
		}
		if h := sched.Here(); h.Ready.Len() != 0 {
			t.Errorf("%d tasks of another hub are in the ready queue", h.Ready.Len())
			h.Ready = sched.ReadyQueue{} // so that the test ends
		}
		step()
	}, func(step func()) {
		var tasks []*Task
		for range n {
			tasks = append(tasks, Go(func() {
				v, _ := c.Recv()
				got <- v
			}))
		}
		Yield()
		step()
		for _, task := range tasks {
			if err := task.JoinTimeout(5 * time.Second); err != nil {
				t.Error("a receiver:", err)
				break
			}
		}
	})
	if len(got) != n {
		t.Errorf("%d values came of %d", len(got), n)
	}
}

// The same with a Mutex, whose first user may be the hub that unlocks it.
func TestBiasedLock_strangersWaitInMutex(t *testing.T) {
	mayOwn(t)
	const n = 4
	var m Mutex
	got := make(chan int, n)
	besideHub(t, func(step func()) {
		biased.Mode.Store(biased.ModeUnknown)
		defer biased.Mode.Store(biased.ModeOn)
		m.Lock()
		step() // they wait
		biased.Mode.Store(biased.ModeOn)
		m.TryLock()
		m.Unlock()
		if h := sched.Here(); h.Ready.Len() != 0 {
			t.Errorf("%d tasks of another hub are in the ready queue", h.Ready.Len())
			h.Ready = sched.ReadyQueue{} // so that the test ends
		}
		step()
	}, func(step func()) {
		var tasks []*Task
		for i := range n {
			tasks = append(tasks, Go(func() {
				m.Lock()
				got <- i
				m.Unlock()
			}))
		}
		Yield()
		step()
		for _, task := range tasks {
			if err := task.JoinTimeout(5 * time.Second); err != nil {
				t.Error("a task that waits for the lock:", err)
				break
			}
		}
	})
	if len(got) != n {
		t.Errorf("%d tasks had the lock, of %d", len(got), n)
	}
}

// A lock that a hub alone has used while hubs could own none becomes the hub's own, with
// its waiters.
func TestBiasedLock_reservedBecomesOwned(t *testing.T) {
	mayOwn(t)
	run(t, func() {
		c := NewChan[int](0)
		biased.Mode.Store(biased.ModeUnknown)
		defer biased.Mode.Store(biased.ModeOn)
		var got []int
		var tasks []*Task
		for range 3 {
			tasks = append(tasks, Go(func() {
				v, _ := c.Recv()
				got = append(got, v)
			}))
		}
		Yield()
		biased.Mode.Store(biased.ModeOn)
		for i := range 3 {
			c.Send(i)
			if !c.mu.IsOwnedBy(sched.Here().ID) {
				t.Fatal("the lock is not the hub's own")
			}
		}
		JoinAll(tasks...)
		if len(got) != 3 {
			t.Errorf("got %v", got)
		}
	})
}
