//go:build linux

package preempt

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stackful-go/stackful/poller"
)

// runOnOne runs main with the time slice d, on one processor.
func runOnOne(t *testing.T, d time.Duration, main func()) {
	t.Helper()
	needPatched(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	stop := time.AfterFunc(2*time.Minute, func() { panic("the test hangs") })
	defer stop.Stop()
	if err := (poller.Options{Preempt: true, TimeSlice: d, MonitorAfter: -1}).Run(main); err != nil {
		t.Error(err)
	}
}

// With one processor, which the tasks never leave, slices are as short as they were asked for: this many take a fraction
// of the processor time that they would take with the 10 ms after which the runtime's monitor preempts by itself. On
// a busy machine the monitor may come late, so the test has several tries.
func TestPreempt_oneProcessor(t *testing.T) {
	const changes, tries = 100, 10
	const most = changes * 10 * time.Millisecond / 2
	var took time.Duration
	for range tries {
		runOnOne(t, time.Millisecond, func() {
			var last, n int
			before := cpu()
			other := poller.Go(func() { alternate(&last, &n, 1, changes) })
			alternate(&last, &n, 2, changes)
			other.Join()
			took = cpu() - before
		})
		if took < most || t.Failed() {
			return
		}
	}
	t.Errorf("%d slices of 1 ms took %v of processor time", changes, took)
}

// alternate computes until *n turns have been begun, of which it counts those of me. (In the race detector's
// functions a task is not preempted.)
//
//go:norace
func alternate(last, n *int, me, turns int) {
	for *n < turns {
		if *last != me {
			*last = me
			*n++
		}
	}
}

// The slice of a task begins when it is resumed: of two that hand over to each other none is preempted in a turn that
// is shorter than a slice.
func TestPreempt_handOver(t *testing.T) {
	const slice = 5 * time.Millisecond
	runOnOne(t, slice, func() {
		var began time.Time // the turn, or a little earlier
		work := func() {
			before := poller.ReadStats().Slices
			for start := time.Now(); time.Since(start) < 200*time.Microsecond; {
			}
			if n := poller.ReadStats().Slices - before; n > 0 && time.Since(began) < slice {
				t.Errorf("preempted, in a turn of %v", time.Since(began))
			}
			began = time.Now()
		}
		there, back := make(chan bool), make(chan bool)
		poller.Go(func() {
			for range there {
				work()
				back <- true
			}
		})
		began = time.Now()
		for before := cpu(); cpu()-before < 100*time.Millisecond; {
			work()
			there <- true
			<-back
		}
		close(there)
	})
}

// A task that was preempted goes on as it was when those which run meanwhile hand over to each other, and may wait then.
func TestPreempt_besideHandOvers(t *testing.T) {
	run(t, func() {
		var stop bool
		var rounds atomic.Int64
		there, back := make(chan bool), make(chan bool)
		poller.Go(func() {
			defer close(back)
			for range there {
				back <- true
			}
		})
		other := poller.Go(func() {
			for !stop {
				rounds.Add(1)
				there <- true
				<-back
			}
			close(there)
		})
		for range 200 {
			for until := rounds.Load() + 3; rounds.Load() < until; { // until it has been preempted
			}
			woken := make(chan bool)
			poller.Go(func() { woken <- true })
			<-woken
		}
		stop = true
		other.Join()
	})
}

// cpu is the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
