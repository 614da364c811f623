package poller

import (
	"testing"
	"time"
)

// asIf runs f with ownLocks set to state. No other hub may use a new lock meanwhile.
func asIf(state uint32, f func()) {
	was := ownLocks.Swap(state)
	defer ownLocks.Store(was)
	f()
}

// mayOwn skips the test if hubs own no locks here.
func mayOwn(t *testing.T) {
	t.Helper()
	ownable(t)
	if ownLocks.Load() != ownLocksNow {
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

// look fails the test if the lock is in another state.
func (l *hubLock) look(t *testing.T, when string, home uint64, shared uint32) {
	t.Helper()
	if h, s := l.home.Load(), l.shared.Load(); h != home || s != shared {
		t.Errorf("%s: home %#x shared %d, want %#x and %d", when, h, s, home, shared)
	}
	if l.inside.Load() != 0 {
		t.Errorf("%s: somebody is inside", when)
	}
	if !l.mu.TryLock() {
		t.Errorf("%s: the mutex is locked", when)
		return
	}
	l.mu.Unlock()
}

// Each change of state of the table in hublock.go, by a hub, another hub, and a goroutine
// that has none.
func TestHubLock_transitions(t *testing.T) {
	mayOwn(t)
	run(t, func() {
		me, other := currentHub(), &hub{id: newHubID()}
		use := func(l *hubLock, state uint32, here *hub) {
			asIf(state, func() { l.lock(here); l.unlock(here) })
		}
		reservedID := me.id | reserved
		for _, c := range []struct {
			name   string
			before func(l *hubLock)
			state  uint32
			by     *hub
			home   uint64
			shared uint32
		}{
			{"unused, later", nil, ownLocksLater, me, reservedID, 0},
			{"unused, now", nil, ownLocksNow, me, me.id, 0},
			{"unused, never", nil, ownLocksNever, me, homeless, 1},
			{"unused, by a goroutine", nil, ownLocksNow, nil, homeless, 1},
			{"unused, by a goroutine, later", nil, ownLocksLater, nil, homeless, 1},
			{"reserved, later", func(l *hubLock) { use(l, ownLocksLater, me) }, ownLocksLater, me, reservedID, 0},
			{"reserved, now", func(l *hubLock) { use(l, ownLocksLater, me) }, ownLocksNow, me, me.id, 0},
			{"reserved, never", func(l *hubLock) { use(l, ownLocksLater, me) }, ownLocksNever, me, homeless, 1},
			{"reserved, by another hub, later", func(l *hubLock) { use(l, ownLocksLater, other) }, ownLocksLater, me, homeless, 1},
			{"reserved, by another hub, now", func(l *hubLock) { use(l, ownLocksLater, other) }, ownLocksNow, me, homeless, 1},
			{"reserved, by a goroutine", func(l *hubLock) { use(l, ownLocksLater, me) }, ownLocksLater, nil, homeless, 1},
			{"owned, by the owner", func(l *hubLock) { use(l, ownLocksNow, me) }, ownLocksNow, me, me.id, 0},
			{"owned, by another hub", func(l *hubLock) { use(l, ownLocksNow, other) }, ownLocksNow, me, other.id, 1},
			{"owned, by a goroutine", func(l *hubLock) { use(l, ownLocksNow, me) }, ownLocksNow, nil, me.id, 1},
			{"taken, by the former owner", func(l *hubLock) { use(l, ownLocksNow, me); use(l, ownLocksNow, nil) }, ownLocksNow, me, me.id, 1},
			{"homeless, by a hub", func(l *hubLock) { use(l, ownLocksNow, nil) }, ownLocksNow, me, homeless, 1},
		} {
			var l hubLock
			if c.before != nil {
				c.before(&l)
			}
			use(&l, c.state, c.by)
			l.look(t, c.name, c.home, c.shared)
		}
	})
}

// Who takes a lock away from the hub that owns it and is inside has it when the hub has
// left, not before.
func TestHubLock_takenWhileInside(t *testing.T) {
	mayOwn(t)
	run(t, func() {
		h := currentHub()
		for range 20 {
			l := new(hubLock)
			l.lock(h) // whose it is is decided now
			l.unlock(h)
			l.lock(h)
			entered := make(chan bool, 1)
			go func() {
				l.lock(nil)
				entered <- l.inside.Load() == 0
				l.unlock(nil)
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
			l.unlock(h)
			if !<-entered {
				t.Fatal("a goroutine has the lock while the owner is inside")
			}
		}
	})
}

// The owner has said that it goes in, and finds the lock taken: it takes its word back,
// and uses the mutex.
func TestHubLock_foundOutTooLate(t *testing.T) {
	mayOwn(t)
	run(t, func() {
		h := currentHub()
		var l hubLock
		l.lock(h)
		l.unlock(h)
		l.shared.Store(1) // as one does that now waits for the owner to come out
		if l.own(h) {
			t.Fatal("own has not looked whether the lock is shared")
		}
		l.lockSlow(h)
		if l.inside.Load() != 0 || l.mu.TryLock() {
			t.Error("lockSlow has not changed to the mutex")
		}
		l.unlock(h)
		l.look(t, "after that", h.id, 1)
	})
}

// Tasks of one hub wait, in a channel that was first used while hubs could own no locks
// yet; then another hub sends. Each value must come, on the hub where its receiver is.
func TestHubLock_strangersWaitInChan(t *testing.T) {
	mayOwn(t)
	const n = 4
	c := NewChan[int](0)
	got := make(chan int, n)
	besideHub(t, func(step func()) {
		ownLocks.Store(ownLocksLater)
		defer ownLocks.Store(ownLocksNow)
		step() // they wait
		ownLocks.Store(ownLocksNow)
		for i := range n {
			c.Send(i) // not SendTimeout, which takes nothing for granted
		}
		if h := currentHub(); h.ready.len() != 0 {
			t.Errorf("%d tasks of another hub are in the ready queue", h.ready.len())
			h.ready = readyQueue{} // so that the test ends
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
func TestHubLock_strangersWaitInMutex(t *testing.T) {
	mayOwn(t)
	const n = 4
	var m Mutex
	got := make(chan int, n)
	besideHub(t, func(step func()) {
		ownLocks.Store(ownLocksLater)
		defer ownLocks.Store(ownLocksNow)
		m.Lock()
		step() // they wait
		ownLocks.Store(ownLocksNow)
		m.TryLock()
		m.Unlock()
		if h := currentHub(); h.ready.len() != 0 {
			t.Errorf("%d tasks of another hub are in the ready queue", h.ready.len())
			h.ready = readyQueue{} // so that the test ends
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
func TestHubLock_reservedBecomesOwned(t *testing.T) {
	mayOwn(t)
	run(t, func() {
		c := NewChan[int](0)
		ownLocks.Store(ownLocksLater)
		defer ownLocks.Store(ownLocksNow)
		var got []int
		var tasks []*Task
		for range 3 {
			tasks = append(tasks, Go(func() {
				v, _ := c.Recv()
				got = append(got, v)
			}))
		}
		Yield()
		ownLocks.Store(ownLocksNow)
		for i := range 3 {
			c.Send(i)
			if c.mu.home.Load() != currentHub().id {
				t.Fatal("the lock is not the hub's own")
			}
		}
		JoinAll(tasks...)
		if len(got) != 3 {
			t.Errorf("got %v", got)
		}
	})
}
