package poller

import (
	"slices"
	"testing"
	"time"
)

// The order of a priority queue panics: the queue must not stay locked, whether its lock is
// biased to the hub or shared, no value is lost, and a task that waits in Put goes on.
func TestPriorityQueue_orderPanics(t *testing.T) {
	for _, shared := range []bool{false, true} {
		run(t, func() {
			panics := false
			q := NewPriorityQueue(3, func(a, b int) bool {
				if panics {
					panic("order")
				}
				return a < b
			})
			if shared {
				Await(func() (int, error) { return q.Len(), nil })
			}
			q.Put(3)
			panics = true
			mustPanic(t, "order", func() { q.Put(1) })
			panics = false
			if n := q.Len(); n != 2 {
				t.Fatalf("shared %v: %d values, want 2", shared, n)
			}
			q.Put(2)
			putter := Go(func() { q.Put(4) })
			Yield()
			panics = true
			mustPanic(t, "order", func() { q.Get() })
			panics = false
			if n := q.Len(); n != 3 {
				t.Fatalf("shared %v: %d values, want 3", shared, n)
			}
			got := []int{}
			for range 4 {
				v, err := q.GetTimeout(5 * time.Second)
				needNil(t, err)
				got = append(got, v)
			}
			needNil(t, putter.Join())
			slices.Sort(got)
			if !slices.Equal(got, []int{1, 2, 3, 4}) {
				t.Errorf("shared %v: got %v", shared, got)
			}
		})
	}
}

// The order panics when the value of one that waits to put is added.
func TestPriorityQueue_orderPanicsForPutter(t *testing.T) {
	run(t, func() {
		q := NewPriorityQueue(2, func(a, b int) bool { return a < b })
		q.Put(1)
		q.Put(2)
		putter := Go(func() { q.Put(3) })
		Yield()
		q.items.less = func(a, b int) bool {
			if a == 3 || b == 3 {
				panic("order")
			}
			return a < b
		}
		mustPanic(t, "order", func() { q.Get() })
		needNil(t, putter.JoinTimeout(5*time.Second))
		q.items.less = func(a, b int) bool { return a < b }
		if q.Len() != 2 || q.putters.Head != nil {
			t.Errorf("%d values are left", q.Len())
		}
	})
}
