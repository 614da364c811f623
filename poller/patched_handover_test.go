//go:build linux && !poller_std

package poller

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
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

// Tasks that wait in selects, and wake each other, hand over to each other; each gets what was sent to it, and the root
// loop has its turns.
func TestPatched_handOverSelects(t *testing.T) {
	progress := mustEnd(t)
	inPatched(t, func() {
		const tasks, rounds = 5, 2000
		never, foreign := make(chan int), make(chan int)
		defer close(foreign)
		go func() {
			for range foreign {
			}
		}()
		var ring [tasks]chan int
		for i := range ring {
			ring[i] = make(chan int)
		}
		g := new(Group)
		for i := range ring {
			g.GoFunc(func() {
				for r := range rounds {
					var got int
					if (r+i)%3 == 0 { // it waits where a select has been won, or the other way around
						got = <-ring[i]
					} else {
						select {
						case got = <-ring[i]:
						case <-never:
						}
					}
					if got != r*tasks+i {
						t.Errorf("task %d got %d in round %d", i, got, r)
					}
					if r == rounds-1 && i == tasks-1 {
						return
					}
					switch { // now and then the task has to wait for others
					case r%100 == 50:
						time.Sleep(time.Microsecond)
					case r%100 == 75:
						foreign <- 1
					}
					if r%2 == 0 {
						ring[(i+1)%tasks] <- r*tasks + i + 1
						continue
					}
					select {
					case ring[(i+1)%tasks] <- r*tasks + i + 1:
					case <-never:
					}
				}
			})
		}
		Yield()
		ring[0] <- 0
		progress()
		needNil(t, g.Join())
	})
}

// A task that waits where a select has been won knows nothing of that: the goroutine's next select, outside of tasks, waits
// as ever.
func TestPatched_handOverLeavesNothing(t *testing.T) {
	mustEnd(t)
	c, d, never := make(chan bool), make(chan bool), make(chan bool)
	inPatched(t, func() {
		Go(func() {
			select {
			case <-c:
			case <-never:
			}
			d <- true
		})
		Yield()
		c <- true // ends the select, whose carrier this task then waits on
		<-d
	})
	go func() { c <- true }()
	select {
	case <-c:
	case <-never:
	}
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

// Tasks that hand over to each other have each its own labels, whoever has had them set: the user, the task's name,
// also one that it gets while it waits, or nobody.
func TestPatched_handOverLabels(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	const tasks, rounds = 4, 100
	runLabelled(t, func() {
		var ring [tasks]chan bool
		for i := range ring {
			ring[i] = make(chan bool)
		}
		renamed := make(chan bool, 1)
		side := func(i int) func() {
			return func() {
				labels := asm.GoroutineLabels()
				for range rounds {
					<-ring[i]
					now := asm.GoroutineLabels()
					if len(renamed) > 0 && i == 2 {
						<-renamed
						wantLabels(t, "renamed", "task:other")
						labels, now = now, asm.GoroutineLabels()
					}
					if now != labels {
						t.Errorf("task %d has other labels", i)
						labels = now
					}
					ring[(i+1)%tasks] <- true
				}
			}
		}
		g := new(Group)
		g.Go(func() error { side(0)(); return nil })
		as("one", func() { g.Go(func() error { side(1)(); return nil }) })
		named := Go(side(2)).SetName("named")
		g.Go(func() error {
			as("three", func() {
				for i := range rounds {
					<-ring[3]
					if i == rounds/2 {
						named.SetName("other")
						renamed <- true
					}
					wantLabels(t, "three", "who:three")
					if i < rounds-1 {
						ring[0] <- true
					}
				}
			})
			wantLabels(t, "three after all", "")
			return nil
		})
		ring[0] <- true
		needNil(t, g.Join())
		needNil(t, named.Join())
		wantLabels(t, "main", "task:main")
	})
}

// In a Run that adopts go statements, the task that was woken last runs next; and two that wake each other do not keep
// the others waiting.
func TestPatched_wokenRunsNext(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	needNil(t, Options{AdoptGo: true}.Run(func() {
		var order []string
		var all sync.WaitGroup
		start := make(map[string]chan bool)
		for _, name := range []string{"a", "b", "c"} {
			c := make(chan bool)
			start[name] = c
			all.Go(func() { <-c; order = append(order, name) })
		}
		Yield()
		all.Go(func() { order = append(order, "new") })
		for _, name := range []string{"a", "b", "c"} {
			close(start[name])
		}
		all.Wait()
		if want := []string{"c", "new", "a", "b"}; !slices.Equal(order, want) {
			t.Errorf("%q, want %q", order, want)
		}

		there, back, enough := make(chan bool), make(chan bool), false
		go func() {
			defer close(back)
			for range there {
				back <- true
			}
		}()
		go func() {
			for range 20 {
				Yield()
			}
			enough = true
		}()
		for !enough {
			there <- true
			<-back
		}
		close(there)
		<-back
	}))
}
