package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/mailbox"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A sleepySelector is the selector of a hub that falls asleep again and again. It
// knows when nothing will ever wake it.
type sleepySelector struct {
	selector.Selector
	woken  atomic.Bool   // by wake; ends the wait that comes
	posted atomic.Uint32 // number of the last call of post that has returned
	due    uint32        // number of the call that is to end the wait
	lost   bool
}

func (s *sleepySelector) Wake() { s.woken.Store(true) }

func (s *sleepySelector) Wait(_ []selector.Event, timeout int64) (int, error) {
	for i := 1; timeout < 0 && !s.woken.Swap(false); i++ {
		// When post returns, it has seen the hub wait and woken it, or it never will.
		if s.posted.Load() == s.due && !s.woken.Load() {
			s.lost = true
			break
		}
		if i%64 == 0 {
			runtime.Gosched()
		}
	}
	return 0, nil
}

// The hub sets Waiting and then loads the mailbox; a poster puts the mail and then loads
// Waiting: however the processor reorders these, one of them sees the other.
func TestHammerPost_toOneFallingAsleep(t *testing.T) {
	rounds := uint32(300_000)
	if testing.Short() {
		rounds = 50_000
	}
	s := &sleepySelector{}
	h := &sched.Hub{IO: sched.HubIO{Sel: s}}
	h.IO.Slots.Init()
	var turn atomic.Uint32
	var all sync.WaitGroup
	all.Go(func() {
		var m mailbox.Mail
		m.Owner = deliver(func() {})
		for i := uint32(1); i <= rounds; i++ {
			for k := 0; turn.Load() != i; k++ {
				if k%64 == 63 {
					runtime.Gosched()
				}
			}
			for range i % 64 { // as long as the hub needs, more or less
				turn.Load()
			}
			h.PostMail(&m)
			s.posted.Store(i)
		}
	})
	lost := 0
	for i := uint32(1); i <= rounds; i++ {
		s.due, s.lost = i, false
		s.woken.Store(false)
		turn.Store(i)
		h.Poll(-1)
		if s.lost {
			lost++
		}
		for s.posted.Load() != i || !h.Wake.Mail.Empty() {
			h.ReadMail()
			runtime.Gosched()
		}
	}
	all.Wait()
	if lost != 0 {
		t.Errorf("%d of %d wake-ups were lost", lost, rounds)
	}
}

// A hub goes into a lock that is its own at the moment when another goroutine takes
// the lock away from it: each says what it does, then looks at the other.
func TestHammerBiasedLock_takenAway(t *testing.T) {
	ownable(t)
	rounds := uint32(100_000)
	if testing.Short() {
		rounds = 20_000
	}
	const batch = 512 // the two are at most one round apart
	locks := make([]biased.Lock, batch)
	in := make([]int, batch)
	var owner, other atomic.Uint32
	meet := func(me, you *atomic.Uint32, n uint32) {
		me.Store(n)
		for k := 1; you.Load() < n; k++ {
			if k%64 == 0 {
				runtime.Gosched()
			}
		}
	}
	broken := [2]int{}
	meetInside := func(h *sched.Hub, me, you *atomic.Uint32, n uint32, broken *int) {
		meet(me, you, n)
		l, in := &locks[n%batch], &in[n%batch]
		l.Lock(h.LockID())
		if *in++; *in != 1 {
			*broken++
		}
		for range 4 {
			me.Load()
		}
		*in--
		l.Unlock(h.LockID())
	}
	var all sync.WaitGroup
	all.Go(func() {
		for n := uint32(1); n <= rounds; n++ {
			meetInside(nil, &other, &owner, n, &broken[0])
		}
	})
	run(t, func() {
		h := sched.Here()
		for n := uint32(1); n <= rounds; n++ {
			l := &locks[n%batch]
			*l = biased.Lock{}
			l.Lock(h.LockID()) // whose it is is decided now
			l.Unlock(h.LockID())
			meetInside(h, &owner, &other, n, &broken[1])
		}
		all.Wait()
		if broken != [2]int{} {
			t.Errorf("%v of %d times both were inside", broken, rounds)
		}
	})
}
