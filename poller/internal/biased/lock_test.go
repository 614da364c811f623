package biased

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mayOwn skips the test if locks have no owners here.
func mayOwn(t *testing.T) {
	t.Helper()
	Prepare()
	for Mode.Load() == ModeUnknown {
		runtime.Gosched()
	}
	if Mode.Load() != ModeOn {
		t.Skip("the kernel refuses membarrier: locks have no owners here")
	}
}

// asIf runs f with Mode set to state. No other hub may use a new lock meanwhile.
func asIf(state uint32, f func()) {
	was := Mode.Swap(state)
	defer Mode.Store(was)
	f()
}

// look fails the test if the lock is in another state.
func (l *Lock) look(t *testing.T, when string, bias uint64, shared uint32) {
	t.Helper()
	if h, s := l.bias.Load(), l.shared.Load(); h != bias || s != shared {
		t.Errorf("%s: bias %#x shared %d, want %#x and %d", when, h, s, bias, shared)
	}
	if l.held.Load() != 0 {
		t.Errorf("%s: somebody is inside", when)
	}
	if !l.mu.TryLock() {
		t.Errorf("%s: the mutex is locked", when)
		return
	}
	l.mu.Unlock()
}

func TestLock_states(t *testing.T) {
	mayOwn(t)
	id := NewID()
	var l Lock
	l.Lock(id) // whose it is is decided now
	if !l.IsOwnedBy(id) {
		t.Fatal("the first hub does not own the lock")
	}
	l.Unlock(id)
	l.Lock(id)
	if l.held.Load() != 1 {
		t.Error("the owner has used the mutex")
	}
	l.Unlock(id)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Lock(NoOwner)
		if l.shared.Load() != 1 {
			t.Error("not shared after another goroutine has come")
		}
		l.Unlock(NoOwner)
	}()
	<-done
	l.Lock(id)
	if l.held.Load() != 0 || l.mu.TryLock() {
		t.Error("the former owner has not used the mutex")
	}
	l.Unlock(id)
	var other Lock
	other.Lock(NoOwner)
	other.Unlock(NoOwner)
	other.Lock(id)
	if other.held.Load() != 0 || other.bias.Load() != noBias {
		t.Error("a hub has taken a lock that was used outside of any")
	}
	other.Unlock(id)
}

// Locks that are owned are taken away at the very moment when the owner goes in
// and out, by several at once.
func TestHammerLock(t *testing.T) {
	mayOwn(t)
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	id := NewID()
	for round := range rounds {
		var l Lock
		n, in := 0, 0
		var start atomic.Bool
		var others sync.WaitGroup
		work := func(id uint64, times int) {
			for range times {
				l.Lock(id)
				if in++; in != 1 {
					t.Errorf("round %d: %d inside", round, in)
				}
				n++
				in--
				l.Unlock(id)
			}
		}
		for range 2 {
			others.Go(func() {
				for !start.Load() {
				}
				work(NoOwner, 20)
			})
		}
		work(id, 2)
		start.Store(true)
		work(id, 200)
		others.Wait()
		l.Lock(id)
		if n != 2+200+2*20 {
			t.Fatalf("round %d: counted %d", round, n)
		}
		l.Unlock(id)
	}
}

// Each change of state of the table in lock.go, by a hub, another hub, and a goroutine
// that has none.
func TestLock_transitions(t *testing.T) {
	mayOwn(t)
	me, other := NewID(), NewID()
	use := func(l *Lock, state uint32, here uint64) {
		asIf(state, func() { l.Lock(here); l.Unlock(here) })
	}
	reservedID := me | reserving
	for _, c := range []struct {
		name   string
		before func(l *Lock)
		state  uint32
		by     uint64
		bias   uint64
		shared uint32
	}{
		{"unused, later", nil, ModeUnknown, me, reservedID, 0},
		{"unused, now", nil, ModeOn, me, me, 0},
		{"unused, never", nil, ModeOff, me, noBias, 1},
		{"unused, by a goroutine", nil, ModeOn, NoOwner, noBias, 1},
		{"unused, by a goroutine, later", nil, ModeUnknown, NoOwner, noBias, 1},
		{"reserved, later", func(l *Lock) { use(l, ModeUnknown, me) }, ModeUnknown, me, reservedID, 0},
		{"reserved, now", func(l *Lock) { use(l, ModeUnknown, me) }, ModeOn, me, me, 0},
		{"reserved, never", func(l *Lock) { use(l, ModeUnknown, me) }, ModeOff, me, noBias, 1},
		{"reserved, by another hub, later", func(l *Lock) { use(l, ModeUnknown, other) }, ModeUnknown, me, noBias, 1},
		{"reserved, by another hub, now", func(l *Lock) { use(l, ModeUnknown, other) }, ModeOn, me, noBias, 1},
		{"reserved, by a goroutine", func(l *Lock) { use(l, ModeUnknown, me) }, ModeUnknown, NoOwner, noBias, 1},
		{"owned, by the owner", func(l *Lock) { use(l, ModeOn, me) }, ModeOn, me, me, 0},
		{"owned, by another hub", func(l *Lock) { use(l, ModeOn, other) }, ModeOn, me, other, 1},
		{"owned, by a goroutine", func(l *Lock) { use(l, ModeOn, me) }, ModeOn, NoOwner, me, 1},
		{"taken, by the former owner", func(l *Lock) { use(l, ModeOn, me); use(l, ModeOn, NoOwner) }, ModeOn, me, me, 1},
		{"no bias, by a hub", func(l *Lock) { use(l, ModeOn, NoOwner) }, ModeOn, me, noBias, 1},
	} {
		var l Lock
		if c.before != nil {
			c.before(&l)
		}
		use(&l, c.state, c.by)
		l.look(t, c.name, c.bias, c.shared)
	}
}

// A contender that revokes a lock whose owner is in its critical section has it when the
// owner has left, not before.
func TestLock_takenWhileInside(t *testing.T) {
	mayOwn(t)
	h := NewID()
	for range 20 {
		l := new(Lock)
		l.Lock(h) // whose it is is decided now
		l.Unlock(h)
		l.Lock(h)
		entered := make(chan bool, 1)
		go func() {
			l.Lock(NoOwner)
			entered <- l.held.Load() == 0
			l.Unlock(NoOwner)
		}()
		for l.shared.Load() == 0 {
			time.Sleep(0) // gives way to the goroutine only
		}
		for range 100 {
			if len(entered) != 0 {
				t.Fatal("a goroutine has the lock while the owner is inside")
			}
			time.Sleep(0)
		}
		l.Unlock(h)
		if !<-entered {
			t.Fatal("a goroutine has the lock while the owner is inside")
		}
	}
}

// The owner has said that it goes in, and finds the lock taken: it takes its word back,
// and uses the mutex.
func TestLock_foundOutTooLate(t *testing.T) {
	mayOwn(t)
	h := NewID()
	var l Lock
	l.Lock(h)
	l.Unlock(h)
	l.shared.Store(1) // as one does that now waits for the owner to come out
	if l.TryOwn(h) {
		t.Fatal("own has not looked whether the lock is shared")
	}
	l.LockSlow(h)
	if l.held.Load() != 0 || l.mu.TryLock() {
		t.Error("lockSlow has not changed to the mutex")
	}
	l.Unlock(h)
	l.look(t, "after that", h, 1)
}
