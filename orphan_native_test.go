//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (amd64 || arm64) && (linux || darwin || freebsd)

package stackful

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
)

// Carriers that have ended and are used again are looked at, also when the list has been
// cleared of those that were not.
func TestCarrierSet(t *testing.T) {
	const n = endedKept + 10
	var c carrierSet
	for g := range uintptr(n) {
		c.add([]uintptr{g})
	}
	c.remove(1)
	c.add([]uintptr{1})
	c.front = 5
	for g := range uintptr(endedKept - 1) {
		c.remove(g + 2)
	}
	if got := len(c.snapshot()); got != n {
		t.Errorf("%d carriers after fewer ends than are kept, want %d", got, n)
	}
	c.remove(0)
	left := c.snapshot()
	if len(left) != n-endedKept || left[0] != 1 || c.front != 0 {
		t.Errorf("%d carriers, beginning with %d, front %d; want %d, 1, 0", len(left), left[0], c.front, n-endedKept)
	}
	c.add([]uintptr{0})
	if got := len(c.snapshot()); got != n-endedKept+1 {
		t.Errorf("%d carriers with a new one", got)
	}
}

// One goroutine takes the place of one that has ended, not two.
func TestOrphan_adoptedOnce(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	var told atomic.Int32
	var s *Stack
	ended := make(chan bool)
	go func() {
		defer close(ended)
		s = New(func(any) (*Stack, any) { return nil, passUp() })
		s.SetData(orphanFunc(func() { told.Add(1); s.Switch(nil) }))
		s.Switch(nil)
	}()
	<-ended
	o := s.loadOwner()
	for !func() bool { ownersMu.Lock(); defer ownersMu.Unlock(); return o.ended() }() {
		runtime.Gosched()
	}
	// With one processor the goroutine that is started does not run in between.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	tick := new(gcTick)
	for range fruitless + 1 {
		tick.collected()
		runtime.SetFinalizer(tick, nil)
	}
	for !s.Done() {
		runtime.Gosched()
	}
	for range 100 {
		runtime.Gosched()
	}
	if n := told.Load(); n != 1 {
		t.Errorf("told %d times", n)
	}
	if o.looks > 1 {
		t.Errorf("looked for %d times since it was adopted", o.looks)
	}
}

type orphanFunc func()

func (f orphanFunc) Orphaned(*Stack) { f() }
