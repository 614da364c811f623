package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// twoProcessors skips a test whose two sides must run at the same time.
func twoProcessors(t *testing.T) {
	t.Helper()
	if runtime.GOMAXPROCS(0) < 2 || runtime.NumCPU() < 2 {
		t.Skip("there is one processor")
	}
}

// meetAt returns when both sides have called it with the round n.
func meetAt(me, you *atomic.Uint32, n uint32) {
	me.Store(n)
	for k := 1; you.Load() < n; k++ {
		if k%1024 == 0 {
			runtime.Gosched()
		}
	}
}

// spend takes some nanoseconds, more with n, to try out all offsets of two sides.
func spend(p *atomic.Uint32, n uint32) {
	for range n {
		p.Load()
	}
}

// farLines is memory that takes long to be stored to by a side, since the other side has
// stored to it last: so the stores that come after that stay in the store buffer.
type farLines [2]struct {
	v atomic.Uint64
	_ [120]byte
}

func (f *farLines) store() {
	for i := range f {
		f[i].v.Store(1)
	}
}

// publish is store by ordinary stores.
func (f *farLines) publish() {
	for i := range f {
		biased.StoreRelease64(&f[i].v, 2)
	}
}

// A hub goes in and out of its own locks without a pause, and a goroutine takes each of
// them away once: what both count, each in the lock, must be there in the end. So the
// hub's stores are still in its store buffer when the goroutine looks, unless
// the barrier is where it must be.
func TestHammerBiasedLock_storesInFlight(t *testing.T) {
	mayOwn(t)
	twoProcessors(t)
	rounds := uint32(6_000)
	if testing.Short() {
		rounds = 1_000
	}
	type counter struct {
		l biased.Lock
		n int
		_ [64]byte

		want int // written by the owner
	}
	const batch = 64
	counters := make([]counter, batch)
	var far farLines
	var owner, other atomic.Uint32
	var all sync.WaitGroup
	all.Go(func() {
		for n := uint32(1); n <= rounds; n++ {
			meetAt(&other, &owner, n)
			c := &counters[n%batch]
			far.store()
			spend(&other, n%61)
			c.l.Lock(biased.NoOwner)
			c.n++
			c.l.Unlock(biased.NoOwner)
		}
		other.Store(rounds + 1)
	})
	lost := 0
	run(t, func() {
		h := sched.Here()
		for n := uint32(1); n <= rounds; n++ {
			c := &counters[n%batch]
			if n > batch && c.n != c.want {
				lost++
			}
			*c = counter{}
			c.l.Lock(h.LockID()) // whose it is is decided now
			c.l.Unlock(h.LockID())
			meetAt(&owner, &other, n)
			c.want = 1
			for i, after := 0, 0; after < 20; i++ { // until it is taken away, and a bit longer
				far.publish()
				c.l.Lock(h.LockID())
				c.n++
				c.l.Unlock(h.LockID())
				c.want++
				if !c.l.IsOwnedBy(h.LockID()) {
					after++
				} else if i%4096 == 4095 {
					runtime.Gosched()
				}
			}
		}
		meetAt(&owner, &other, rounds+1)
	})
	all.Wait()
	for i := range counters {
		if c := &counters[i]; c.n != c.want {
			lost++
		}
	}
	if lost != 0 {
		t.Errorf("in %d of %d rounds a count was lost", lost, rounds)
	}
}

// A task ends at the moment when another goroutine begins to wait for that: either the end
// finds the waiter, or the waiter finds that the task has ended.
func TestHammerJoin_atTheEnd(t *testing.T) {
	ownable(t)
	twoProcessors(t)
	rounds := uint32(100_000)
	if testing.Short() {
		rounds = 20_000
	}
	const batch = 64
	tasks := make([]*Task, batch)
	var far farLines
	var owner, other atomic.Uint32
	var all sync.WaitGroup
	all.Go(func() {
		for n := uint32(1); n <= rounds; n++ {
			meetAt(&other, &owner, n)
			task := tasks[n%batch]
			far.store()
			spend(&other, n%61)
			task.sched().RemoteJoin()
		}
		other.Store(rounds + 1)
	})
	lost := 0
	run(t, func() {
		h := sched.Here()
		look := func(task *Task) {
			if task != nil && !task.Extra.Load().Remote.Load().Closed {
				lost++
			}
		}
		for n := uint32(1); n <= rounds; n++ {
			at := &tasks[n%batch]
			if n > batch {
				look(*at)
			}
			*at = &Task{Hub: h}
			(*at).sched().More()
			h.Tasks.Live++
			meetAt(&owner, &other, n)
			spend(&owner, n%37)
			far.publish()
			(*at).sched().End(sched.Returned)
		}
		meetAt(&owner, &other, rounds+1)
		for _, task := range tasks {
			look(task)
		}
	})
	all.Wait()
	if lost != 0 {
		t.Errorf("in %d of %d rounds nobody closed the channel", lost, rounds)
	}
}
