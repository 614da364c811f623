package poller

import (
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// counted checks that never more than most callers are inside.
type counted struct {
	mu          sync.Mutex
	inside, top int
}

func (c *counted) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	c.top = max(c.top, c.inside)
}

func (c *counted) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
}

// fromEverywhere calls f n times each from tasks of two hubs and from goroutines.
func fromEverywhere(t *testing.T, n int, f func()) {
	t.Helper()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := Run(func() {
				var g Group
				for range 4 {
					g.Go(func() error {
						for range n {
							f()
						}
						return nil
					})
				}
				if err := g.Join(); err != nil {
					t.Error(err)
				}
			}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			for range n {
				f()
			}
		})
	}
	wg.Wait()
}

func TestMutex(t *testing.T) {
	var m Mutex
	var c counted
	fromEverywhere(t, 200, func() {
		m.Lock()
		c.enter()
		Yield()
		c.leave()
		m.Unlock()
	})
	if c.top != 1 {
		t.Errorf("%d held the lock", c.top)
	}
	if !m.TryLock() || m.TryLock() {
		t.Error("TryLock")
	}
	if m.LockTimeout(time.Millisecond) {
		t.Error("LockTimeout of a locked one")
	}
	m.Unlock()
	if panicOf(m.Unlock) == nil {
		t.Error("Unlock of an unlocked one")
	}
}

func TestMutex_fairAndCancelled(t *testing.T) {
	var m Mutex
	var order []int
	run(t, func() {
		m.Lock()
		var tasks []*Task
		for i := range 6 {
			tasks = append(tasks, Go(func() {
				if i == 3 {
					m.LockTimeout(time.Millisecond)
					return
				}
				m.Lock()
				order = append(order, i)
				m.Unlock()
			}))
		}
		Yield()
		tasks[1].Kill()
		tasks[3].Join()
		m.Unlock()
		m.Lock() // behind those who wait
		order = append(order, -1)
		m.Unlock()
		for _, task := range tasks {
			task.Join()
		}
	})
	if want := []int{0, 2, 4, 5, -1}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestRWMutex(t *testing.T) {
	var m RWMutex
	var readers, writers counted
	fromEverywhere(t, 100, func() {
		m.RLock()
		readers.enter()
		if writers.inside != 0 {
			t.Error("a reader beside a writer")
		}
		Yield()
		readers.leave()
		m.RUnlock()
		m.Lock()
		writers.enter()
		if readers.inside != 0 {
			t.Error("a writer beside a reader")
		}
		Yield()
		writers.leave()
		m.Unlock()
	})
	if writers.top != 1 {
		t.Errorf("%d writers at once", writers.top)
	}
}

func TestRWMutex_order(t *testing.T) {
	var m RWMutex
	var order []string
	run(t, func() {
		m.RLock()
		start := func(name string, lock, unlock func()) *Task {
			task := Go(func() { lock(); order = append(order, name); Yield(); unlock() })
			Yield()
			return task
		}
		tasks := []*Task{start("r1", m.RLock, m.RUnlock)}
		w := start("w1", m.Lock, m.Unlock)
		tasks = append(tasks, start("r2", m.RLock, m.RUnlock), start("r3", m.RLock, m.RUnlock), start("w2", m.Lock, m.Unlock))
		if m.TryRLock() {
			t.Error("overtook a waiting writer")
		}
		w.Kill() // those behind it need not wait any longer
		m.RUnlock()
		JoinAll(tasks...)
		if !m.TryLock() || m.TryRLock() || m.RLockTimeout(1) {
			t.Error("TryLock")
		}
		m.Unlock()
	})
	if want := []string{"r1", "r2", "r3", "w2"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestSemaphore(t *testing.T) {
	s := NewSemaphore(3)
	var c counted
	fromEverywhere(t, 100, func() {
		s.Acquire()
		c.enter()
		Yield()
		c.leave()
		s.Release()
	})
	if c.top > 3 || s.Free() != 3 {
		t.Errorf("%d inside, %d free", c.top, s.Free())
	}
	if a, b := s.TryAcquire(), s.TryAcquire(); !a || !b || !s.AcquireTimeout(time.Second) || s.TryAcquire() || s.AcquireTimeout(time.Millisecond) {
		t.Error("wrong count")
	}
}

func TestEvent(t *testing.T) {
	run(t, func() {
		var e Event
		var order []int
		var tasks []*Task
		for i := range 3 {
			tasks = append(tasks, Go(func() { e.Wait(); order = append(order, i) }))
		}
		Yield()
		if e.WaitTimeout(time.Millisecond) || len(order) != 0 {
			t.Error("woken early")
		}
		e.Set()
		e.Clear() // they are woken all the same
		JoinAll(tasks...)
		if !slices.Equal(order, []int{0, 1, 2}) || e.IsSet() {
			t.Errorf("order %v", order)
		}
		go e.Set()
		e.Wait()
		e.Wait()
	})
}

func TestWaitGroup(t *testing.T) {
	run(t, func() {
		var g WaitGroup
		n := 0
		for range 3 {
			g.Go(func() { Yield(); n++ })
		}
		g.Add(1)
		go g.Done()
		g.Wait()
		if n != 3 || !g.WaitTimeout(0) {
			t.Error(n)
		}
		g.Add(1)
		if g.WaitTimeout(time.Millisecond) {
			t.Error("not done, but no wait")
		}
	})
}

func TestCond(t *testing.T) {
	run(t, func() {
		var m Mutex
		c := NewCond(&m)
		ready, woken := 0, 0
		var tasks []*Task
		for range 4 {
			tasks = append(tasks, Go(func() {
				m.Lock()
				defer m.Unlock()
				for ready == 0 {
					c.Wait()
				}
				ready--
				woken++
			}))
		}
		killed := Go(func() {
			m.Lock()
			defer m.Unlock() // panics if Wait has not locked it again
			c.Wait()
		})
		Yield()
		killed.Kill()
		m.Lock()
		ready = 1
		c.Signal()
		m.Unlock()
		Yield()
		Yield()
		if woken != 1 {
			t.Errorf("%d were woken by Signal", woken)
		}
		m.Lock()
		ready = 3
		c.Broadcast()
		if c.WaitTimeout(time.Millisecond) {
			t.Error("nobody has signalled")
		}
		m.Unlock()
		JoinAll(tasks...)
	})
}

func TestQueue(t *testing.T) {
	drain := func(q *Queue[int]) (got []int) {
		q.Close()
		for v := range q.All() {
			got = append(got, v)
		}
		return got
	}
	in := []int{3, 1, 4, 1, 5, 9, 2, 6}
	for name, c := range map[string]struct {
		q    *Queue[int]
		want []int
	}{
		"queue":    {NewQueue[int](0), in},
		"stack":    {NewStack[int](0), []int{6, 2, 9, 5, 1, 4, 1, 3}},
		"priority": {NewPriorityQueue(0, func(a, b int) bool { return a < b }), []int{1, 1, 2, 3, 4, 5, 6, 9}},
	} {
		for _, v := range in {
			c.q.Put(v)
		}
		if got := drain(c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if err := c.q.Put(1); err != ErrQueueClosed {
			t.Error(err)
		}
	}
	run(t, func() {
		q := NewQueue[int](2)
		var got []int
		reader := Go(func() {
			for v := range q.All() {
				got = append(got, v)
			}
		})
		for i := range 50 {
			q.Put(i)
			if q.Len() > 2 {
				t.Error(q.Len())
			}
		}
		q.Close()
		reader.Join()
		for i := range 50 {
			if got[i] != i {
				t.Fatal(got)
			}
		}
		q = NewQueue[int](1)
		if _, err := q.GetTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		q.Put(1)
		if err := q.PutTimeout(2, time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) || q.Len() != 1 {
			t.Error(err)
		}
		putter := Go(func() {
			if err := q.Put(3); err != ErrQueueClosed {
				t.Error(err)
			}
		})
		Yield()
		q.Close()
		putter.Join()
	})
}
