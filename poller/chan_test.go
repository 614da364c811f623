package poller

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"
)

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
			if panicOf(func() { c.Send("z") }) == nil {
				t.Error("no panic in Send when the channel was closed")
			}
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
		if panicOf(func() { Select(a.OnSend(1)) }) == nil {
			t.Error("no panic")
		}
		b.Recv()
		full := NewChan[int](0)
		closing := Go(func() { Select(full.OnSend(1), b.OnRecv(nil, nil)) })
		Yield()
		full.Close()
		var p *PanicError
		if err := closing.Join(); !errors.As(err, &p) {
			t.Error(err)
		}
		if b.receivers.Head != nil {
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
	if a.senders.Head != nil || a.receivers.Head != nil || b.senders.Head != nil || b.receivers.Head != nil {
		t.Error("left in a queue")
	}
}
