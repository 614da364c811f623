package main

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
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
	move       bool
	coro       bool
	poller     bool
	once       bool
	hubs       int
	preempt    bool
	crowd      bool
	seed       uint64
	row        bool
}

// counts is what a run did, for the report.
type counts struct {
	switches, created, finished, killed, panics, recursions, grown, moved atomic.Int64
	gcs, profiles, dumps, traces, goroutines, orphans, abandoned, adopted atomic.Int64
	coroRounds, pollerRounds, onceRounds, runtimeRounds, tasks, calls     atomic.Int64
	preempted                                                             atomic.Int64
	times                                                                 [causes]spread
}

// A run is what its goroutines share.
type run struct {
	config
	counts
	exchange   exchange
	stop       atomic.Bool
	deadline   time.Time
	collecting sync.Mutex // held while garbage is collected, and by crowd while it makes and ends stacks
	mu         sync.Mutex
	failure    error // the first one
}

// fail ends the run; it may be called from any goroutine.
func (r *run) fail(format string, args ...any) {
	buf := make([]byte, 1<<14)
	buf = buf[:runtime.Stack(buf, false)]
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure == nil {
		r.failure = fmt.Errorf(format+"\n%s", append(args, buf)...)
	}
	r.stop.Store(true)
}

func (r *run) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure != nil
}

// random returns a source of random numbers that follows from the seed.
func (r *run) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, stream)) }

// start runs the workers and the disturbers, until the time is up or enough
// switches were made, and returns the report.
func start(c config) (report string, err error) {
	r := &run{config: c}
	began := time.Now()
	cyclesBefore, triesBefore := gcCycles(), lockedTries.Load()
	if c.once {
		r.firstLocks()
	}
	r.deadline = time.Now().Add(c.duration)
	var disturbers, workers sync.WaitGroup
	for i, d := range r.disturbers() {
		if d.on {
			rng := r.random(1<<32 + uint64(i))
			disturbers.Go(func() {
				for !r.stop.Load() {
					d.do(rng)
					runtime.Gosched()
				}
			})
		}
	}
	for i := range c.goroutines {
		w := &worker{run: r, deadline: r.deadline, rng: r.random(uint64(i)), clock: clock{times: &r.times}}
		workers.Go(func() {
			if i%2 == 1 && stackful.Backend().Native {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			w.drive()
		})
	}
	if c.coro {
		workers.Go(func() { r.party(1<<33, &r.coroRounds, coroActs) })
	}
	if c.poller {
		workers.Go(func() { r.party(1<<34, &r.pollerRounds, pollerActs) })
	}
	if c.once {
		workers.Go(func() { r.party(1<<35, &r.onceRounds, onceActs) })
	}
	endHubs := startHubs(r, &workers)
	if c.crowd {
		workers.Go(func() { r.party(1<<36, &r.onceRounds, []func(*guest){(*guest).crowd}) })
	}
	workers.Wait()
	endHubs()
	r.stop.Store(true)
	disturbers.Wait()
	r.buryOrphans()
	r.settle()
	took, cycles, tries := time.Since(began), gcCycles()-cyclesBefore, lockedTries.Load()-triesBefore
	if c.row {
		report = r.row(took, cycles, tries)
	} else {
		report = r.report(took, cycles, tries)
	}
	return report, r.failure
}

// startHubs has workers use tasks that wait in package runtime. The result is called when the workers
// are done.
var startHubs func(r *run, workers *sync.WaitGroup) (end func())

// party runs acts of a kind on a goroutine of their own.
func (r *run) party(stream uint64, rounds *atomic.Int64, acts []func(*guest)) {
	g := r.guest(stream)
	for !r.stop.Load() && time.Now().Before(r.deadline) {
		if r.config.switches > 0 && rounds.Load() > r.config.switches/1000 {
			return
		}
		acts[g.rng.IntN(len(acts))](g)
		rounds.Add(1)
	}
}

func (r *run) guest(stream uint64) *guest {
	g := &guest{run: r, rng: r.random(stream)}
	g.worker = &worker{run: r, rng: g.rng} // makes and verifies blobs
	return g
}

// A guest is who does the acts of package coro and poller.
type guest struct {
	*run
	worker *worker
	rng    *rand.Rand
}

func (g *guest) blob() *blob                 { return g.worker.blob() }
func (g *guest) verify(b *blob, what string) { g.worker.verify(b, what) }

// gcCycles returns how many mark phases the process has begun and ended.
func gcCycles() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func (r *run) report(took time.Duration, cycles, tries uint64) string {
	var b strings.Builder
	backend := stackful.Backend()
	fmt.Fprintf(&b, "%s %s, native %v (%s)\nseed %d, %v, %d goroutines of %d stacks, GOMAXPROCS %d\n",
		backend.Go, backend.Arch, backend.Native, backend.Reason,
		r.seed, took.Round(time.Millisecond), r.config.goroutines, r.config.stacks, runtime.GOMAXPROCS(0))
	fmt.Fprintf(&b, "switches %d, created %d, finished %d, killed %d, moved %d, panics %d, recursions %d (deep %d)\n",
		r.counts.switches.Load(), r.created.Load(), r.finished.Load(), r.killed.Load(), r.moved.Load(), r.panics.Load(),
		r.recursions.Load(), r.grown.Load())
	fmt.Fprintf(&b, "other goroutines %d (stacks left to others %d, abandoned %d, adopted %d), rounds of coro %d, of poller %d, of waits in the runtime %d (tasks %d, preempted %d times), of former faults %d, calls of C %d\n",
		r.counts.goroutines.Load(), r.orphans.Load(), r.abandoned.Load(), r.adopted.Load(), r.coroRounds.Load(), r.pollerRounds.Load(), r.runtimeRounds.Load(), r.tasks.Load(), r.preempted.Load(), r.onceRounds.Load(), r.calls.Load())
	fmt.Fprintf(&b, "mark phases %d (%d forced), profiles %d, dumps %d, traces %d\n",
		cycles, r.gcs.Load(), r.profiles.Load(), r.dumps.Load(), r.traces.Load())
	fmt.Fprintf(&b, "tries of the locked way %d; one-way switches by what held when they began:\n%s", tries, times(&r.times))
	if r.failure != nil {
		fmt.Fprintln(&b, "FAILED:", r.failure)
	} else {
		b.WriteString("all data verified\n")
	}
	return b.String()
}

// row is the report as a row of the table in RESULTS.md: result, seconds, mark
// phases, tries of the locked way, then for each cause switches and the longest
// one, rounds of coro and poller, of waits in the runtime, seed.
func (r *run) row(took time.Duration, cycles, tries uint64) string {
	result := "ok"
	if r.failure != nil {
		result = "FAILED"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s | %.0f | %d | %d", result, took.Seconds(), cycles, tries)
	for c := range causes {
		s := &r.times[c]
		fmt.Fprintf(&b, " | %d, %v", s.total(), time.Duration(s.longest.Load()).Round(10*time.Microsecond))
	}
	fmt.Fprintf(&b, " | %d | %d | %d | %d\n", r.coroRounds.Load(), r.pollerRounds.Load(), r.runtimeRounds.Load(), r.seed)
	return b.String()
}
