package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
)

type config struct {
	duration   time.Duration
	switches   int64
	goroutines int
	stacks     int
	gc         bool
	profile    bool
	trace      bool
	trim       bool
	churn      bool
	seed       uint64
}

// counts is what a run did, for the report.
type counts struct {
	switches, created, finished, killed, panics, recursions, grown, adopted atomic.Int64
	gcs, profiles, dumps, traces                                            atomic.Int64
}

type report struct {
	config
	backend stackful.BackendInfo
	took    time.Duration
	counts  *counts
	errors  []string
}

func (r report) failed() bool { return len(r.errors) > 0 }

func (r report) String() string {
	var b strings.Builder
	n := r.counts
	fmt.Fprintf(&b, "backend: %+v\nseed %d, %v, %d goroutines of %d stacks, GOMAXPROCS %d\n",
		r.backend, r.seed, r.took.Round(time.Millisecond), r.goroutines, r.stacks, runtime.GOMAXPROCS(0))
	fmt.Fprintf(&b, "switches %d, created %d, finished %d, killed %d, panics %d, recursions %d (deep %d), orphans %d\n",
		n.switches.Load(), n.created.Load(), n.finished.Load(), n.killed.Load(), n.panics.Load(), n.recursions.Load(), n.grown.Load(), n.adopted.Load())
	fmt.Fprintf(&b, "gcs %d, profiles %d, dumps %d, traces %d\n",
		n.gcs.Load(), n.profiles.Load(), n.dumps.Load(), n.traces.Load())
	for _, e := range r.errors {
		fmt.Fprintln(&b, "FAILED:", e)
	}
	if !r.failed() {
		b.WriteString("all data verified\n")
	}
	return b.String()
}

// run drives the workers and the disturbers, until the time is up or enough
// switches were made.
func run(c config) report {
	r := report{config: c, backend: stackful.Backend(), counts: new(counts)}
	var stop atomic.Bool
	var disturbers, workers sync.WaitGroup
	disturb := func(on bool, f func(rng *rand.Rand)) {
		if !on {
			return
		}
		disturbers.Add(1)
		rng := rand.New(rand.NewPCG(c.seed, uint64(disturbersSeed.Add(1))))
		go func() {
			defer disturbers.Done()
			for !stop.Load() {
				f(rng)
				runtime.Gosched()
			}
		}()
	}
	n := r.counts
	disturb(c.gc, func(*rand.Rand) { runtime.GC(); n.gcs.Add(1) })
	disturb(c.profile, func(*rand.Rand) { goroutineProfile(); n.profiles.Add(1) })
	disturb(c.profile, func(*rand.Rand) { dumpAll(); n.dumps.Add(1) })
	disturb(c.profile, func(rng *rand.Rand) { cpuProfile(rng) })
	disturb(c.trace, func(rng *rand.Rand) { traceAWhile(rng); n.traces.Add(1) })
	left := new(orphans)
	disturb(c.churn, func(rng *rand.Rand) { churn(rng, left) })
	disturb(c.trim, trim)

	start := time.Now()
	var mu sync.Mutex
	for i := range c.goroutines {
		w := &worker{
			config: c, counts: n, stop: &stop, deadline: start.Add(c.duration),
			rng: rand.New(rand.NewPCG(c.seed, uint64(i))),
		}
		workers.Add(1)
		go func() {
			defer workers.Done()
			if i%2 == 1 {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			if err := w.drive(); err != nil {
				mu.Lock()
				r.errors = append(r.errors, err.Error())
				mu.Unlock()
				stop.Store(true)
			}
		}()
	}
	workers.Wait()
	stop.Store(true)
	disturbers.Wait()
	r.errors = append(r.errors, left.settle()...)
	n.adopted.Store(left.ended.Load())
	r.took = time.Since(start)
	return r
}

var disturbersSeed atomic.Int64

func goroutineProfile() { pprof.Lookup("goroutine").WriteTo(io.Discard, 0) }

func dumpAll() {
	buf := make([]byte, 1<<16)
	runtime.Stack(buf, true)
}

func cpuProfile(rng *rand.Rand) {
	if pprof.StartCPUProfile(io.Discard) != nil {
		return
	}
	time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
	pprof.StopCPUProfile()
}

func traceAWhile(rng *rand.Rand) {
	if trace.Start(io.Discard) != nil {
		return
	}
	time.Sleep(time.Duration(rng.IntN(5)) * time.Millisecond)
	trace.Stop()
	time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond) // most switches go without a tracer
}

// churn makes goroutines that end at once, so that dead g's are taken again. Some
// leave stacks behind.
func churn(rng *rand.Rand, left *orphans) {
	var wg sync.WaitGroup
	for range rng.IntN(50) {
		wg.Add(1)
		seed, abandoned := rng.Uint64(), max(0, rng.IntN(12)-8)
		go func() {
			defer wg.Done()
			left.leave(seed, abandoned)
			// Uses the package, so that owners come and go too.
			s := stackful.New(func(v any) (*stackful.Stack, any) { return nil, v })
			s.Switch(1)
		}()
	}
	wg.Wait()
	time.Sleep(time.Millisecond)
}

// trim changes the bound on free carriers, down to none.
func trim(rng *rand.Rand) {
	stackful.SetIdleLimit(rng.IntN(3) * 20)
	time.Sleep(time.Duration(rng.IntN(10)) * time.Millisecond)
}
