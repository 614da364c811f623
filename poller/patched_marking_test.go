//go:build linux && !poller_std

package poller

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What only the stack of a task refers to is kept if the task is parked while the collector marks, after the
// carrier that it is left on was scanned, and before its goroutine is. So the goroutine is made late, as
// they are scanned in that order, and the task runs when a phase begins.
func TestPatched_keptWhileMarking(t *testing.T) {
	needPatched(t)
	mustEnd(t)
	d := time.Second
	if testing.Short() {
		d = 300 * time.Millisecond
	}
	run(t, func() { // makes carriers
		for range 10 {
			Go(func() { time.Sleep(time.Microsecond) })
		}
		time.Sleep(time.Millisecond)
	})
	stop := make(chan bool)
	var beside sync.WaitGroup
	for range 2000 {
		beside.Go(func() { <-stop })
	}
	end := time.Now().Add(d)
	beside.Go(func() {
		for time.Now().Before(end) {
			runtime.GC()
		}
	})
	type object struct {
		next     *object
		released atomic.Bool
	}
	var early, waits atomic.Int64
	hub := make(chan bool)
	go func() {
		defer close(hub)
		run(t, func() {
			c := make(chan bool)
			use := func(wait func() bool) func() {
				return func() {
					for more := true; more; {
						o := &object{next: new(object)}
						runtime.SetFinalizer(o, func(o *object) {
							if !o.released.Load() {
								early.Add(1)
							}
						})
						for began := time.Now(); time.Since(began) < 50*time.Microsecond; {
						}
						more = wait()
						o.released.Store(true)
						waits.Add(1)
					}
				}
			}
			other := Go(use(func() bool { return <-c }))
			use(func() bool { c <- true; return time.Now().Before(end) })()
			close(c)
			other.Join()
		})
	}()
	<-hub
	close(stop)
	beside.Wait()
	runtime.GC()
	if n := early.Load(); n != 0 {
		t.Errorf("%d objects of %d were taken for garbage while a task used them", n, waits.Load())
	}
}
