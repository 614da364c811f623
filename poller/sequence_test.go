package poller

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

// What the package's text says of sequences that are pulled.
func TestSequences_pulled(t *testing.T) {
	mustEnd(t)
	pull := func(seq iter.Seq[int]) (got []int) {
		next, stop := coro.Pull(seq)
		defer stop()
		for v, ok := next(); ok; v, ok = next() {
			got = append(got, v)
		}
		return got
	}
	run(t, func() {
		c, q := NewChan[int](0), NewQueue[int](1)
		Go(func() {
			for i := range 3 {
				c.Send(i)
				q.Put(i)
			}
			c.Close()
			q.Close()
		})
		both := Async(func() ([]int, error) { return pull(q.All()), nil })
		if got := pull(c.All()); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("from a channel: %v", got)
		}
		if got, _ := both.Get(); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("from a queue: %v", got)
		}

		// By iter.Pull the sequence has no hub, unless package runtime is patched.
		next, stop := iter.Pull2(Map(1, slices.Values([]int{1}), func(i int) (int, error) { return i, nil }))
		defer stop()
		if sched.RuntimePatched() { // then it is a coroutine of the task
			if v, err, ok := next(); v != 1 || err != nil || !ok {
				t.Errorf("Map by iter.Pull: %d, %v, %v", v, err, ok)
			}
			return
		}
		defer func() {
			if err, _ := recover().(*UsageError); err == nil || !strings.Contains(err.Error(), "outside of Run") {
				t.Errorf("Map by iter.Pull: %v", err)
			}
		}()
		next()
	})
}

// A consumer that gives up on the next result of a sequence ends it.
func TestMap_pulledAndGivenUp(t *testing.T) {
	mustEnd(t)
	run(t, func() {
		next, stop := coro.Pull2(Map(2, slices.Values([]int{1, 2, 3}), func(i int) (int, error) {
			if i == 2 {
				Sleep(time.Hour)
			}
			return i, nil
		}))
		defer stop()
		if v, err, ok := next(); v != 1 || err != nil || !ok {
			t.Error(v, err, ok)
		}
		if err := WithTimeout(time.Millisecond, func() error { next(); return nil }); err == nil {
			t.Error("the second result came")
		}
		if v, _, ok := next(); ok {
			t.Errorf("after that: %d", v)
		}
	})
}
