package poller

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
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
	defer func() {
		if recover() == nil {
			t.Error("Unlock of an unlocked one")
		}
	}()
	m.Unlock()
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
	if !s.TryAcquire() || !s.TryAcquire() || !s.AcquireTimeout(time.Second) || s.TryAcquire() || s.AcquireTimeout(time.Millisecond) {
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

func TestChan(t *testing.T) {
	for _, capacity := range []int{0, 1, 7} {
		c := NewChan[int](capacity)
		var mu sync.Mutex
		got := map[int]int{}
		var readers sync.WaitGroup
		read := func() {
			for v := range c.All() {
				mu.Lock()
				got[v]++
				mu.Unlock()
			}
		}
		readers.Go(read)
		readers.Go(func() { run(t, func() { JoinAll(Go(read), Go(read)) }) })
		next := 0
		fromEverywhere(t, 100, func() {
			mu.Lock()
			v := next
			next++
			mu.Unlock()
			c.Send(v)
		})
		c.Close()
		readers.Wait()
		for v := range next {
			if got[v] != 1 {
				t.Errorf("capacity %d: value %d came %d times", capacity, v, got[v])
			}
		}
		if v, ok := c.Recv(); v != 0 || ok {
			t.Error("received from a closed channel")
		}
	}
}

func TestChan_waitersThatLeave(t *testing.T) {
	run(t, func() {
		c := NewChan[string](0)
		if _, _, err := c.RecvTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		if err := c.SendTimeout("lost", time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		killed := Go(func() { c.Recv() })
		got := Go(func() {
			if v, ok := c.Recv(); v != "x" || !ok {
				t.Error(v, ok)
			}
		})
		Yield()
		killed.KillNoWait() // it is still in the queue, first
		if !c.TrySend("x") || c.TrySend("y") {
			t.Error("TrySend")
		}
		got.Join()
		sender := Go(func() { c.Send("z") })
		Yield()
		if v, ok, done := c.TryRecv(); v != "z" || !ok || !done {
			t.Error(v, ok, done)
		}
		sender.Join()
		sender = Go(func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic in Send when the channel was closed")
				}
			}()
			c.Send("z")
		})
		Yield()
		c.Close()
		sender.Join()
		if _, ok, done := c.TryRecv(); ok || !done {
			t.Error("TryRecv of a closed one")
		}
	})
}

func TestSelect(t *testing.T) {
	run(t, func() {
		a, b := NewChan[int](0), NewChan[string](1)
		if TrySelect(a.OnRecv(nil, nil), a.OnSend(1)) != -1 || SelectTimeout(time.Millisecond, a.OnSend(1), a.OnRecv(nil, nil)) != -1 {
			t.Error("selected, with itself")
		}
		var v int
		var ok bool
		Go(func() { a.Send(7) })
		if i := Select(b.OnRecv(nil, nil), a.OnRecv(&v, &ok)); i != 1 || v != 7 || !ok {
			t.Error(i, v, ok)
		}
		Go(func() { v, _ = a.Recv() })
		if i := Select(a.OnSend(8)); i != 0 {
			t.Error(i)
		}
		Yield()
		if v != 8 {
			t.Error(v)
		}
		if i := Select(a.OnRecv(nil, nil), b.OnSend("x")); i != 1 || b.Len() != 1 {
			t.Error(i)
		}
		Go(func() { a.Close() })
		if i := Select(a.OnRecv(&v, &ok)); i != 0 || ok || v != 0 {
			t.Error(i, ok)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Select(a.OnSend(1))
		}()
		b.Recv()
		full := NewChan[int](0)
		closing := Go(func() { Select(full.OnSend(1), b.OnRecv(nil, nil)) })
		Yield()
		full.Close()
		var p *PanicError
		if err := closing.Join(); !errors.As(err, &p) {
			t.Error(err)
		}
		if b.receivers.head != nil {
			t.Error("left in a queue")
		}
	})
}

// Select against Select, over hubs and goroutines: each value comes once.
func TestHammerSelect(t *testing.T) {
	a, b := NewChan[int](0), NewChan[int](2)
	var mu sync.Mutex
	sent, received := map[int]int{}, map[int]int{}
	next := 0
	fromEverywhere(t, 150, func() {
		mu.Lock()
		v := next
		next++
		mu.Unlock()
		var got int
		switch SelectTimeout(time.Duration(v%3)*time.Millisecond, a.OnSend(v), b.OnRecv(&got, nil), b.OnSend(v), a.OnRecv(&got, nil)) {
		case 0, 2:
			mu.Lock()
			sent[v]++
			mu.Unlock()
		case 1, 3:
			mu.Lock()
			received[got]++
			mu.Unlock()
		}
	})
	for v, _, done := b.TryRecv(); done; v, _, done = b.TryRecv() {
		received[v]++
	}
	for v := range next {
		if sent[v] != received[v] {
			t.Errorf("value %d was sent %d and received %d times", v, sent[v], received[v])
		}
	}
	if a.senders.head != nil || a.receivers.head != nil || b.senders.head != nil || b.receivers.head != nil {
		t.Error("left in a queue")
	}
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

func TestFuture(t *testing.T) {
	run(t, func() {
		f := Async(func() (int, error) { Yield(); return 5, os.ErrExist })
		if f.Ready() || f.Err() != nil {
			t.Error("ready")
		}
		if v, err := f.Get(); v != 5 || err != os.ErrExist || !f.Ready() || f.Err() != os.ErrExist {
			t.Error(v, err)
		}
		p := Async(func() (int, error) { panic("x") })
		var pe *PanicError
		if _, err := p.Get(); !errors.As(err, &pe) {
			t.Error(err)
		}
		never := Async(func() (int, error) { Sleep(time.Hour); return 0, nil })
		if _, err := never.GetTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		never.Task().Kill()
		if _, err := never.Get(); err != ErrKilled {
			t.Error(err)
		}
	})
}

func TestGroupAndPool(t *testing.T) {
	run(t, func() {
		p := NewPool(3)
		var c counted
		for range 20 {
			p.Go(func() error { c.enter(); Yield(); c.leave(); return nil })
		}
		if err := p.Join(); err != nil || c.top != 3 || p.Len() != 0 {
			t.Error(err, c.top)
		}
		var g Group
		g.Go(func() error { return os.ErrExist })
		g.Go(func() error { panic("later") })
		if err := g.Join(); err != os.ErrExist {
			t.Error(err)
		}
		killed := 0
		for range 3 {
			g.Go(func() error { defer func() { killed++ }(); Sleep(time.Hour); return nil })
		}
		Yield()
		g.Kill()
		if err := g.Join(); err != nil || killed != 3 {
			t.Error(err, killed)
		}
	})
}

func TestMap(t *testing.T) {
	square := func(n int) (int, error) {
		Sleep(time.Duration(10-n) * time.Millisecond / 2)
		if n == 3 {
			panic("three")
		}
		return n * n, nil
	}
	run(t, func() {
		var got []int
		failed := 0
		for v, err := range Map(4, slices.Values([]int{1, 2, 3, 4, 5}), square) {
			if err != nil {
				failed++
				continue
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []int{1, 4, 16, 25}) || failed != 1 {
			t.Error(got, failed)
		}
		got = nil
		for v, err := range MapUnordered(4, slices.Values([]int{1, 2, 4, 9}), square) {
			if err != nil {
				t.Error(err)
			}
			got = append(got, v)
			if len(got) == 3 {
				break
			}
		}
		if got[0] != 81 || len(got) != 3 || currentHub().live != 1 {
			t.Error(got, currentHub().live)
		}
	})
}

func TestBridge(t *testing.T) {
	run(t, func() {
		c := make(chan int)
		go func() { c <- 1; close(c) }()
		if v, ok := RecvFrom(c); v != 1 || !ok {
			t.Error(v, ok)
		}
		if v, ok := RecvFrom(c); v != 0 || ok {
			t.Error(v, ok)
		}
		d := make(chan int)
		got := make(chan int, 1)
		go func() { got <- <-d }()
		SendTo(d, 2)
		if v, _ := RecvFrom(got); v != 2 {
			t.Error(v)
		}
		waiting := Go(func() { RecvFrom(make(chan int)) })
		Yield()
		waiting.Kill()

		task := Go(func() { Sleep(time.Hour) })
		Yield()
		ctx := task.Context()
		go func() { task.Kill() }()
		if err := WaitContext(ctx); err != ErrKilled {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := WaitContext(ctx); err != context.DeadlineExceeded {
			t.Error(err)
		}
	})
}

func TestLocal(t *testing.T) {
	l := NewLocal[string]()
	run(t, func() {
		l.Set("a")
		child := Go(func() {
			if l.Get() != "a" {
				t.Error("not inherited")
			}
			l.Set("b")
		})
		child.Join()
		if l.Get() != "a" {
			t.Error("changed by a child")
		}
	})
	if l.Get() != "" {
		t.Error("outside")
	}
}

func TestRunAll(t *testing.T) {
	hubs := make(chan Hub, 3)
	var ready sync.WaitGroup
	ready.Add(3)
	got := make([]bool, 3)
	err := RunAll(3, func(i int) {
		hubs <- Here()
		ready.Done()
		Await(func() (int, error) { ready.Wait(); return 0, nil })
		to := <-hubs
		done := NewChan[bool](1)
		if err := to.Go(func() { done.Send(true) }); err != nil {
			t.Error(err)
		}
		got[i], _ = done.Recv()
		Sleep(20 * time.Millisecond) // the others may still want something of this hub
	})
	if err != nil || slices.Contains(got, false) {
		t.Error(err, got)
	}
	var over Hub
	run(t, func() { over = Here() })
	if err := over.Go(func() {}); err != ErrEnded {
		t.Error(err)
	}
}

func TestDumpAndStats(t *testing.T) {
	run(t, func() {
		Go(func() { Sleep(time.Hour) }).SetName("sleeper")
		Go(func() { new(Event).Wait() }).SetName("waiter")
		Yield()
		for _, line := range []string{"main: running", "sleeper: waiting for sleep", "waiter: waiting for event"} {
			if !strings.Contains(Dump(), line) {
				t.Errorf("%q is not in\n%s", line, Dump())
			}
		}
		s := ReadStats()
		if s.Tasks != 3 || s.Timers != 1 || s.Parks["sleep"] != 1 || s.Switches == 0 {
			t.Errorf("%+v", s)
		}
	})
}
