package poller

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// kinds calls f in a task with a lock that is the hub's own, and with one that is a mutex,
// since the two go different ways. prepare, called with a lock, makes it so.
func kinds(t *testing.T, f func(t *testing.T, prepare func(l *biased.Lock))) {
	for name, prepare := range map[string]func(l *biased.Lock){
		"own": func(l *biased.Lock) {
			h := sched.Here()
			l.Lock(h.LockID())
			l.Unlock(h.LockID())
		},
		"shared": func(l *biased.Lock) {
			l.Lock(biased.NoOwner)
			l.Unlock(biased.NoOwner)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ownable(t)
			run(t, func() { f(t, prepare) })
		})
	}
}

// join fails the test if a task does not end.
func join(t *testing.T, tasks ...*Task) {
	t.Helper()
	for _, task := range tasks {
		if err := task.JoinTimeout(5 * time.Second); err != nil {
			t.Fatal("a task has not ended well: ", err)
		}
	}
}

// A reader that waits only because a writer waits before it goes in when that writer
// gives up, by its limit or killed.
func TestRWMutex_writerGivesUp(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		for _, kill := range []bool{false, true} {
			var m RWMutex
			prepare(&m.mu)
			m.RLock()
			limit := time.Millisecond
			if kill {
				limit = time.Hour
			}
			writer := Go(func() {
				if m.LockTimeout(limit) {
					t.Error("locked for writing beside a reader")
				}
			})
			Yield()
			reader := Go(func() { m.RLock(); defer m.RUnlock() })
			Yield()
			if reader.Ended() || m.TryRLock() {
				t.Fatal("a reader has overtaken a writer")
			}
			if kill {
				writer.Kill()
			}
			join(t, reader)
			m.RUnlock()
			join(t, Go(func() { m.Lock(); defer m.Unlock() }))
			if m.queue.Head != nil || m.readers != 0 || m.writing {
				t.Error("not as it was")
			}
		}
	})
}

// Admission: all readers up to the next writer at once, and a writer alone. None overtakes
// another.
func TestRWMutex_whoIsLetIn(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		var m RWMutex
		prepare(&m.mu)
		m.Lock()
		if m.TryLock() || m.TryRLock() {
			t.Error("locked beside a writer")
		}
		inside, let := "", NewChan[bool](0)
		start := func(name string, lock, unlock func()) {
			Go(func() {
				lock()
				inside += name
				let.Recv()
				unlock()
			})
			Yield()
		}
		start("r", m.RLock, m.RUnlock)
		start("s", m.RLock, m.RUnlock)
		start("W", m.Lock, m.Unlock)
		start("X", m.Lock, m.Unlock)
		start("t", m.RLock, m.RUnlock)
		expect := func(want string) {
			t.Helper()
			for range 4 {
				Yield()
			}
			if inside != want {
				t.Fatalf("let in %q, want %q", inside, want)
			}
		}
		expect("")
		m.Unlock()
		expect("rs")
		let.Send(true)
		expect("rs")
		let.Send(true)
		expect("rsW")
		let.Send(true)
		expect("rsWX")
		let.Send(true)
		expect("rsWXt")
		mustPanic(t, "not locked for writing", m.Unlock)
		let.Send(true)
		expect("rsWXt")
		mustPanic(t, "not locked for reading", m.RUnlock)
		if !m.TryLock() {
			t.Error("not free in the end")
		}
	})
}

// A waiter that was claimed by an interruption, and has not run since, is passed over.
func TestSync_passesOverTheInterrupted(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		var m Mutex
		prepare(&m.mu)
		m.Lock()
		first := Go(func() { m.Lock(); defer m.Unlock() })
		second := Go(func() { m.Lock(); defer m.Unlock() })
		Yield()
		first.KillNoWait()
		m.Unlock()
		join(t, second)
		if first.Join() != ErrKilled || m.locked || m.queue.Head != nil {
			t.Error("Mutex: not as it was")
		}

		c := NewChan[int](0)
		prepare(&c.mu)
		got := 0
		first = Go(func() { c.Recv() })
		second = Go(func() { got, _ = c.Recv() })
		Yield()
		first.KillNoWait()
		c.Send(7)
		join(t, second)
		if got != 7 {
			t.Error("Send has passed the value to nobody")
		}
		first = Go(func() { c.Send(1) })
		second = Go(func() { c.Send(2) })
		Yield()
		first.KillNoWait()
		if v, ok := c.Recv(); v != 2 || !ok {
			t.Error("received from one who sends no more: ", v, ok)
		}
		join(t, second)

		s := NewSemaphore(0)
		prepare(&s.mu)
		first, second = Go(s.Acquire), Go(s.Acquire)
		Yield()
		first.KillNoWait()
		s.Release()
		join(t, second)
		if s.Free() != 0 {
			t.Error("Semaphore: a permit too many")
		}
	})
}

// What was given to a waiter that had just been given up is not lost, and nothing is
// there twice: after each limit that passes, the next one gets it.
func TestSync_limits(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		s := NewSemaphore(0)
		prepare(&s.mu)
		if s.AcquireTimeout(time.Millisecond) || s.TryAcquire() {
			t.Error("acquired without a permit")
		}
		s.Release()
		s.Release()
		if s.Free() != 2 || !s.TryAcquire() || !s.AcquireTimeout(0) || s.Free() != 0 {
			t.Error("Semaphore: wrong number of permits")
		}
		waiting := Go(s.Acquire)
		Yield()
		s.Release()
		if s.Free() != 0 || s.TryAcquire() {
			t.Error("a permit has been given twice")
		}
		join(t, waiting)
		mustPanic(t, "NewSemaphore with a negative number", func() { NewSemaphore(-1) })

		c := NewChan[int](0)
		prepare(&c.mu)
		if err := c.SendTimeout(1, time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if v, _, done := c.TryRecv(); done {
			t.Error("received what could not be sent: ", v)
		}
		if v, ok, err := c.RecvTimeout(time.Millisecond); v != 0 || ok || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(v, ok, err)
		}
		if c.TrySend(1) {
			t.Error("sent to one who has given up")
		}
		d := NewChan[int](0)
		prepare(&d.mu)
		waiting = Go(func() {
			c.SendTimeout(1, time.Millisecond)
			if v, ok := d.Recv(); v != 2 || !ok {
				t.Error("received ", v, ok)
			}
		})
		for d.receivers.Head == nil {
			YieldIO()
		}
		if v, _, done := c.TryRecv(); done {
			t.Error("received what could not be sent: ", v)
		}
		d.Send(2)
		join(t, waiting)

		var e Event
		prepare(&e.mu)
		if e.WaitTimeout(time.Millisecond) || e.queue.Head != nil {
			t.Error("Event: left in the queue, or woken")
		}
		e.Set()
		if !e.IsSet() || !e.WaitTimeout(0) {
			t.Error("not set")
		}
		e.Clear()
		if e.IsSet() || e.WaitTimeout(0) {
			t.Error("not cleared")
		}

		var g WaitGroup
		prepare(&g.mu)
		g.Add(2)
		waiting = Go(g.Wait)
		Yield()
		g.Done()
		Yield()
		if waiting.Ended() || g.WaitTimeout(0) {
			t.Error("woken before all are done")
		}
		g.Done()
		join(t, waiting)
		mustPanic(t, "WaitGroup.Add: the counter is negative", g.Done)
	})
}

// A time limit that was not needed is not there any more in the next wait. The clock is
// a simulation's: so an hour is over at once, if something waits for it.
func TestSync_limitOfTheWaitBefore(t *testing.T) {
	err := Simulate(1, func(*Sim) {
		c := NewChan[int](0)
		waiting := Go(func() {
			if _, _, err := c.RecvTimeout(time.Second); err != nil {
				t.Error(err)
			}
			if _, _, err := c.RecvTimeout(time.Hour); err != nil {
				t.Error("the limit of the wait before has ended this one: ", err)
			}
			if v, ok := c.Recv(); v != 3 || !ok {
				t.Error("the limit of the wait before has ended this one, which has none: ", v, ok)
			}
		})
		Yield()
		for i := 1; i <= 3; i++ {
			c.Send(i)
			if Sleep(2 * time.Hour / 3); waiting.Ended() != (i == 3) {
				t.Error("it did not wait")
			}
		}
		waiting.Join()
	})
	needNil(t, err)
}

// A Mutex that is not locked, and one with a waiter, in the hub to which it is biased.
func TestMutex_misuse(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		var m Mutex
		prepare(&m.mu)
		mustPanic(t, "unlocked Mutex", m.Unlock)
		m.Lock()
		waiting := Go(m.Lock)
		Yield()
		m.Unlock()
		if m.TryLock() {
			t.Error("overtook one that the lock was handed over to")
		}
		join(t, waiting)
		m.Unlock()
		mustPanic(t, "unlocked Mutex", m.Unlock)
		if !m.TryLock() {
			t.Error("not free after all that")
		}
	})
}

// Two tasks wait for the end of one, another with others.
func TestJoin_several(t *testing.T) {
	run(t, func() {
		var e Event
		ends := Go(e.Wait)
		a, b := Go(func() { ends.Join() }), Go(func() { ends.Join() })
		c := Go(func() { JoinAny(a, ends) })
		Yield()
		e.Set()
		join(t, a, b, c, ends)
	})
}
