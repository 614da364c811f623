package poller

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Values come in the order in which they were sent, though some are in the buffer and
// others still with their senders; by the fast path, the try and the limited one. The ring
// goes round several times.
func TestChan_order(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		for capacity := range 4 {
			c := NewChan[int](capacity)
			prepare(&c.mu)
			next := 0
			send := func() {
				v := next
				next++
				Go(func() { c.Send(v) })
				Yield()
			}
			for range capacity + 3 {
				send()
			}
			if c.Len() != capacity || c.Cap() != capacity {
				t.Fatalf("Len %d, Cap %d, want %d", c.Len(), c.Cap(), capacity)
			}
			for want := range 40 {
				var v int
				ok, done := true, true
				var err error
				switch want % 4 {
				case 0:
					v, ok = c.Recv()
				case 1:
					v, ok, done = c.TryRecv()
				case 2:
					v, ok, err = c.RecvTimeout(5 * time.Second)
				case 3:
					Select(c.OnRecv(&v, &ok))
				}
				if v != want || !ok || !done || err != nil {
					t.Fatalf("capacity %d: got %d, want %d; %v %v %v", capacity, v, want, ok, done, err)
				}
				if next < 40 {
					send()
				}
			}
			if c.senders.Head != nil || c.n != 0 {
				t.Error("something is left")
			}
		}
	})
}

// Close wakes all: receivers with nothing, senders with a panic; the values in the buffer
// can still be received, once.
func TestChan_close(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		c := NewChan[int](1)
		prepare(&c.mu)
		c.Send(1)
		panics := 0
		var tasks []*Task
		for _, send := range []func(){
			func() { c.Send(2) },
			func() { c.SendTimeout(3, time.Hour) },
			func() { Select(c.OnSend(4)) },
		} {
			tasks = append(tasks, Go(func() {
				defer func() {
					if recover() != nil {
						panics++
					}
				}()
				send()
			}))
		}
		Yield()
		c.Close()
		join(t, tasks...)
		if panics != 3 {
			t.Errorf("%d panics, want 3", panics)
		}
		mustPanic(t, "Send on a closed Chan", func() { c.Send(5) })
		mustPanic(t, "Send on a closed Chan", func() { c.TrySend(5) })
		mustPanic(t, "Send on a closed Chan", func() { c.SendTimeout(5, 0) })
		mustPanic(t, "Close of a closed Chan", c.Close)
		if v, ok := c.Recv(); v != 1 || !ok {
			t.Error(v, ok)
		}
		if v, ok := c.Recv(); v != 0 || ok {
			t.Error(v, ok)
		}
		if _, ok, done := c.TryRecv(); ok || !done {
			t.Error(ok, done)
		}

		c = NewChan[int](0)
		prepare(&c.mu)
		tasks = nil
		for range 3 {
			tasks = append(tasks, Go(func() {
				if v, ok := c.Recv(); v != 0 || ok {
					t.Error(v, ok)
				}
			}))
		}
		Yield()
		c.Close()
		join(t, tasks...)
	})
}

// What a cell held is not kept in it, nor more cells than there may be; and a value in
// the ring is let go of when it is taken out.
func TestChan_keepsNothing(t *testing.T) {
	run(t, func() {
		c := NewChan[*int](1)
		var tasks []*Task
		for range 3 * maxSpares {
			tasks = append(tasks, Go(func() { c.Send(new(int)) }))
		}
		Yield()
		for range tasks {
			c.Recv()
		}
		join(t, tasks...)
		n := 0
		for e := c.spare; e != nil; e = e.next {
			n++
			if e.v != nil {
				t.Error("a spare cell holds a value")
			}
		}
		if n != maxSpares || c.spares != n {
			t.Errorf("%d spare cells, counted %d", n, c.spares)
		}
		if c.buf[0] != nil {
			t.Error("the ring holds a value that was taken")
		}
		// Cells are used again.
		task := Go(func() { c.Recv() })
		Yield()
		if c.spares != maxSpares-1 {
			t.Error("no spare cell was taken")
		}
		c.Send(nil)
		join(t, task)
		if c.spares != maxSpares {
			t.Error("the cell was not given back")
		}
	})
}

// All the ways of a queue, whose putters wait: the values come in its order, as if there
// were room for all.
func TestQueue_waitingPutters(t *testing.T) {
	kinds(t, func(t *testing.T, prepare func(l *biased.Lock)) {
		less := func(a, b int) bool { return a < b }
		for name, c := range map[string]struct {
			q    *Queue[int]
			want []int
		}{
			"queue":    {NewQueue[int](2), []int{5, 1, 4, 2, 3, 0}},
			"stack":    {NewStack[int](2), []int{1, 4, 2, 3, 0, 5}},
			"priority": {NewPriorityQueue(2, less), []int{1, 4, 2, 3, 0, 5}},
		} {
			prepare(&c.q.mu)
			var tasks []*Task
			for _, v := range []int{5, 1, 4, 2, 3, 0} {
				tasks = append(tasks, Go(func() { needNil(t, c.q.Put(v)) }))
			}
			Yield()
			if c.q.Len() != 2 {
				t.Fatalf("%s: %d values", name, c.q.Len())
			}
			var got []int
			for range tasks {
				v, err := c.q.GetTimeout(5 * time.Second)
				needNil(t, err)
				got = append(got, v)
			}
			join(t, tasks...)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", name, got, c.want)
			}
			if _, err := c.q.GetTimeout(time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) || c.q.getters.Head != nil {
				t.Error(name, err)
			}
			getter := Go(func() {
				if v, ok := c.q.Get(); v != 9 || !ok {
					t.Error(name, v, ok)
				}
			})
			Yield()
			needNil(t, c.q.Put(9))
			if c.q.Len() != 0 {
				t.Error("the value was passed on, and put into the queue too")
			}
			join(t, getter)
			getter = Go(func() {
				if v, ok := c.q.Get(); v != 0 || ok {
					t.Error(name, v, ok)
				}
			})
			Yield()
			c.q.Close()
			c.q.Close()
			join(t, getter)
			if _, err := c.q.GetTimeout(0); err != ErrQueueClosed {
				t.Error(err)
			}
			for _, v := range c.q.items.all[:cap(c.q.items.all)] {
				if v != 0 {
					t.Errorf("%s: the queue holds a value that was taken", name)
				}
			}
		}
	})
}

// A queue does not grow with what goes through it.
func TestQueue_staysSmall(t *testing.T) {
	q := NewQueue[int](0)
	for i := range 10_000 {
		q.Put(i)
		q.Put(i)
		q.Get()
		if i >= 50 {
			q.Get()
			q.Put(i)
			q.Get()
		}
		if q.Len() > 60 || len(q.items.all) > 2*q.Len()+2 {
			t.Fatalf("%d values in %d places", q.Len(), len(q.items.all))
		}
	}
}

func TestQueue_keepsNothing(t *testing.T) {
	run(t, func() {
		q := NewQueue[*int](0)
		for range 4 {
			q.Put(new(int))
		}
		q.Get()
		if kept := q.items.all[:cap(q.items.all)]; kept[0] != nil || kept[1] == nil {
			t.Error("a queue holds a value that was taken")
		}
		for range 3 {
			q.Get()
		}
		for _, v := range q.items.all[:cap(q.items.all)] {
			if v != nil {
				t.Error("an empty queue holds a value")
			}
		}
	})
}
