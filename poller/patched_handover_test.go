//go:build linux && !poller_std

package poller

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// Two tasks that wake each other go by the root loop now and then, so that timers, descriptors and wake-ups
// of other goroutines are served meanwhile.
func TestPatched_handOverPolls(t *testing.T) {
	mustEnd(t)
	inPatched(t, func() {
		there, back := make(chan bool), make(chan bool)
		over := make(chan bool)
		Go(func() {
			defer close(back)
			for range there {
				back <- true
			}
		})
		Go(func() {
			defer close(there)
			for {
				select {
				case <-over:
					return
				default:
				}
				there <- true
				<-back
			}
		})
		time.Sleep(time.Millisecond)
		r, w, err := os.Pipe()
		needNil(t, err)
		defer r.Close()
		go w.Close()
		if n, _ := r.Read(make([]byte, 1)); n != 0 {
			t.Error("read from an empty pipe")
		}
		foreign := make(chan bool)
		go close(foreign)
		<-foreign
		var e Event
		go e.Set()
		e.Wait()
		close(over)
	})
}

// Tasks that one call of package sync makes ready run in the order in which they waited, though they are more than
// the run queue has had room for.
func TestPatched_wokenInOrder(t *testing.T) {
	mustEnd(t)
	inPatched(t, func() {
		const tasks = 300
		var mu sync.Mutex
		start := sync.NewCond(&mu)
		var order []int
		g := new(Group)
		for i := range tasks {
			g.Go(func() error {
				mu.Lock()
				start.Wait()
				mu.Unlock()
				order = append(order, i)
				Yield()
				order = append(order, tasks+i)
				return nil
			})
		}
		Yield()
		start.Broadcast()
		needNil(t, g.Join())
		if !slices.IsSorted(order) || len(order) != 2*tasks {
			t.Error(order)
		}
	})
}

// A task that has never run, one that waits in this package and one that waits in the runtime are each
// resumed by one that parks in the runtime.
func TestPatched_handOverToEach(t *testing.T) {
	mustEnd(t)
	inPatched(t, func() {
		var trail []string
		note := func(s string) { trail = append(trail, s) }
		var e Event
		c := make(chan bool)
		inPackage := Go(func() { e.Wait(); note("Event"); c <- true })
		inRuntime := Go(func() { <-c; note("channel") })
		Yield()
		e.Set()
		fresh := Go(func() { note("fresh") })
		again := make(chan bool)
		Go(func() { close(again) })
		<-again
		note("main")
		for _, task := range []*Task{inPackage, inRuntime, fresh} {
			needNil(t, task.Join())
		}
		if want := []string{"Event", "fresh", "channel", "main"}; !slices.Equal(trail, want) {
			t.Errorf("%q, want %q", trail, want)
		}
	})
}
