package stackful_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful"
)

// afterGC waits for something that follows a collection.
func afterGC(t testing.TB, what string, ok func() bool) {
	t.Helper()
	const patience = 2 * time.Minute
	for start := time.Now(); !ok(); runtime.Gosched() {
		if time.Since(start) > patience {
			t.Fatalf("did not see that %s", what)
		}
		runtime.GC()
	}
}

var orphanLocal = stackful.NewOwnerLocal[int]()

// An orphanData is notified that its stack was adopted.
type orphanData func(s *stack)

func (f orphanData) Orphaned(s *stack) { f(s) }

func suspendedWith(depth int, data any) *stack {
	s := body(func(any) any {
		result := any("never resumed")
		deep(depth, func() { result = up(nil) })
		return result
	})
	s.SetData(data)
	s.Switch(nil)
	return s
}

func TestOrphan(t *testing.T) {
	const n = 200
	var told atomic.Int32
	ended := make(chan bool)
	go func() {
		defer close(ended)
		orphanLocal.Set(7)
		self := goid()
		for i := range n {
			suspendedWith(i%40, orphanData(func(s *stack) {
				told.Add(1)
				root := stackful.Current()
				if !s.Owned() || s.Root() != root || goid() == self {
					t.Error("told on another goroutine than the owner")
				}
				want(t, "what the ended goroutine had", orphanLocal.Get(), 7)
				want(t, "what was passed on", s.Switch("end"), "end")
				want(t, "done", s.Done(), true)
			}))
		}
		if !stackful.Backend().Native {
			return
		}
		runtime.Goexit()
	}()
	<-ended
	afterGC(t, "all orphans are told", func() bool { return told.Load() >= n })
	for range 3 {
		runtime.GC()
	}
	want(t, "calls", told.Load(), int32(n))
}

// An orphan that does not end is notified once, one without a method never, one that
// has not started neither; and none of them is usable.
func TestOrphan_left(t *testing.T) {
	var told atomic.Int32
	count := orphanData(func(*stack) { told.Add(1) })
	var refuses, raw, unstarted *stack
	onGoroutine(func() {
		refuses = suspendedWith(3, count)
		raw = suspendedWith(3, nil)
		unstarted = body(up)
		unstarted.SetData(count)
		suspendedWith(3, orphanData(func(s *stack) { s.Switch(nil); told.Add(1) }))
	})
	afterGC(t, "both were told", func() bool { return told.Load() == 2 })
	for range 5 {
		runtime.GC()
	}
	want(t, "calls", told.Load(), int32(2))
	for _, s := range []*stack{refuses, raw, unstarted} {
		want(t, "done", s.Done(), false)
		afterGC(t, "it is nobody's", func() bool { return !s.Owned() })
		wantUsage(t, "Switch", stackful.ErrWrongGoroutine, func() { s.Switch(nil) })
		wantUsage(t, "Attach", stackful.ErrWrongGoroutine, s.Attach)
	}
}

// A Goexit in one of them ends the adopter; the others get the next one.
func TestOrphan_goexit(t *testing.T) {
	const n = 20
	var told atomic.Int32
	onGoroutine(func() {
		for range n {
			suspendedWith(3, orphanData(func(s *stack) {
				s.Switch(nil)
				told.Add(1)
				runtime.Goexit()
			}))
		}
	})
	afterGC(t, "all orphans are told", func() bool { return told.Load() == n })
}

// Orphans may switch to each other, and leave orphans of their own.
func TestOrphan_leavesOrphans(t *testing.T) {
	var told atomic.Int32
	onGoroutine(func() {
		a := suspendedWith(1, nil)
		suspendedWith(1, orphanData(func(s *stack) {
			want(t, "the result of another one", a.Switch("through a"), "through a")
			s.Switch(nil)
			suspendedWith(1, orphanData(func(s *stack) { s.Switch(nil); told.Add(1) }))
		}))
	})
	afterGC(t, "the orphan's orphan is told", func() bool { return told.Load() == 1 })
}

// An orphan may go to a goroutine that lives.
func TestOrphan_detached(t *testing.T) {
	const n = 10
	moved := make(chan *stack, n)
	onGoroutine(func() {
		for range n {
			suspendedWith(3, orphanData(func(s *stack) { s.Detach(); moved <- s }))
		}
	})
	afterGC(t, "all were told", func() bool { return len(moved) == n })
	for range 5 {
		runtime.GC()
	}
	for range n {
		s := <-moved
		s.Attach()
		want(t, "passed on", s.Switch("end"), "end")
	}
}

// What is suspended on a goroutine that lives is left alone, and so is what was
// detached, beside many that are adopted.
func TestOrphan_notOfTheLiving(t *testing.T) {
	data := orphanData(func(*stack) { t.Error("an orphan while its goroutine lives") })
	var told atomic.Int32
	stop, ended := make(chan bool), make(chan bool)
	const goroutines, each = 4, 50
	for range goroutines {
		go func() {
			defer func() { ended <- true }()
			var mine []*stack
			for i := range each {
				mine = append(mine, suspendedWith(i, data))
			}
			busy := body(func(v any) any {
				for v != "end" {
					v = up(v)
				}
				return v
			})
			for {
				for i := range 1000 {
					want(t, "echo", busy.Switch(i), i)
				}
				want(t, "new", body(func(v any) any { return v }).Switch(1), 1)
				select {
				case <-stop:
					for i, s := range mine {
						want(t, "passed on", s.Switch(i), i)
					}
					want(t, "end", busy.Switch("end"), "end")
					return
				default:
				}
			}
		}()
	}
	var detached *stack
	onGoroutine(func() {
		detached = suspendedWith(5, data)
		detached.Detach()
	})
	rounds := scale(100, 10)
	for range rounds {
		go func() {
			for i := range each {
				suspendedWith(i, orphanData(func(s *stack) { s.Switch(nil); told.Add(1) }))
			}
		}()
	}
	afterGC(t, "orphans end", func() bool { return told.Load() == int32(rounds*each) })
	close(stop)
	for range goroutines {
		<-ended
	}
	detached.Attach()
	want(t, "passed on", detached.Switch("end"), "end")
}
