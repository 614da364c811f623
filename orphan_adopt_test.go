package stackful

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// orphanCount, as a stack's data, looks for a second goroutine in the place of the one
// that has ended.
type orphanCount struct{ told, lost atomic.Int32 }

func (c *orphanCount) Orphaned(s *Stack) {
	for range 50 {
		runtime.Gosched()
		if !s.Owned() || Current() != s.Root() {
			c.lost.Add(1)
			return
		}
	}
	c.told.Add(1)
	s.Switch(nil)
}

// One goroutine takes the place of an ended one, however often it is looked for before that
// has run.
func TestOrphan_adoptedOnce(t *testing.T) {
	const stacks = 20
	c := new(orphanCount)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		root := Current()
		for range stacks {
			s := New(func(any) (*Stack, any) { root.Switch(nil); return nil, nil })
			s.SetData(c)
			s.Switch(nil)
		}
	}()
	<-ended
	const patience = time.Minute
	for start := time.Now(); c.told.Load() < stacks && c.lost.Load() == 0; {
		if native {
			var looks sync.WaitGroup
			for range 4 { // as the tick may, too
				looks.Go(func() {
					for range 10 {
						adoptOrphans()
					}
				})
			}
			looks.Wait()
		}
		runtime.GC()
		if time.Since(start) > patience {
			t.Fatalf("%d of %d orphans were told", c.told.Load(), stacks)
		}
	}
	if c.lost.Load() > 0 {
		t.Error("two goroutines took the place of one")
	}
}
