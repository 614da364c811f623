package main

import (
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"

	"github.com/stackful-go/stackful"
)

// A disturber is something that goes on beside the workers, again and again.
type disturber struct {
	on bool
	do func(rng *rand.Rand)
}

func (r *run) disturbers() []disturber {
	return []disturber{
		{r.gc, r.collect},
		{r.profile, func(*rand.Rand) { pprof.Lookup("goroutine").WriteTo(io.Discard, 0); r.profiles.Add(1) }},
		{r.profile, func(*rand.Rand) { dumpAll(); r.dumps.Add(1) }},
		{r.profile, cpuProfile},
		{r.trace, func(rng *rand.Rand) { traceAWhile(rng); r.traces.Add(1) }},
		{r.churn, r.churnGoroutines},
		{r.trim, trim},
	}
}

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

// trim changes the bound on free carriers, down to none.
func trim(rng *rand.Rand) {
	stackful.SetIdleLimit(rng.IntN(3) * 20)
	time.Sleep(time.Duration(rng.IntN(10)) * time.Millisecond)
}

// churnGoroutines makes goroutines that end soon, so that dead g's are taken
// again. All use the package, so that owners come and go too.
func (r *run) churnGoroutines(rng *rand.Rand) {
	var wg sync.WaitGroup
	for i := range rng.IntN(50) {
		how := rng.IntN(8)
		w := &worker{run: r, rng: r.random(rng.Uint64())}
		wg.Go(func() { w.briefly(how, i) })
		r.counts.goroutines.Add(1)
	}
	wg.Wait()
	time.Sleep(time.Millisecond)
}

// mostAbandoned bounds the stacks that wait for somebody to take the place of their
// goroutine, which takes a collection or two.
const mostAbandoned = 200

// abandoned is the data of a stack whose goroutine has ended.
type abandoned struct{ w *worker }

// Orphaned implements stackful.Orphan.
func (a abandoned) Orphaned(s *stackful.Stack) {
	if s.Switch("end"); !s.Done() {
		a.w.fail("an abandoned stack has not ended")
	}
	a.w.adopted.Add(1)
}

func (r *run) collect(*rand.Rand) {
	r.collecting.Lock()
	defer r.collecting.Unlock()
	runtime.GC()
	r.gcs.Add(1)
}

// settle waits until all abandoned stacks have ended, where that is quick.
func (r *run) settle() {
	const patience = time.Minute
	for start := time.Now(); stackful.Backend().Native && !r.failed() && r.adopted.Load() < r.abandoned.Load(); runtime.GC() {
		if time.Since(start) > patience {
			r.fail("of %d abandoned stacks %d have ended", r.abandoned.Load(), r.adopted.Load())
		}
	}
}

// briefly is a goroutine that ends in one of several ways.
func (w *worker) briefly(how, i int) {
	mine := w.blob()
	defer func() { w.verify(mine, "data of a goroutine that ends") }()
	s := stackful.New(func(v any) (*stackful.Stack, any) {
		held := w.blob()
		got := stackful.Current().Root().Switch(v)
		w.verify(held, "data of a brief stack")
		if got == "exit" {
			defer w.verify(held, "data of a stack that exits")
			runtime.Goexit()
		}
		return nil, got
	})
	s.Switch(i)
	switch how {
	case 0: // by Goexit inside of the stack
		s.Switch("exit")
	case 1: // leaving the stack to a goroutine that may come later
		s.Detach()
		if !push(&w.exchange.mu, &w.exchange.orphans, s, 100) {
			s.Attach()
			s.Switch(i)
		}
	case 2: // and to nobody
		if w.abandoned.Add(1)-w.adopted.Load() > mostAbandoned {
			w.abandoned.Add(-1)
			s.Switch(i)
			return
		}
		s.SetData(abandoned{w})
	case 3:
		w.buryOrphan()
		s.Switch(i)
	default:
		if got := s.Switch(i); got != i {
			w.fail("a brief stack passed on %v, not %d", got, i)
		}
	}
}

// buryOrphan brings a stack of a goroutine that has ended to its end.
func (r *run) buryOrphan() bool {
	s, ok := pop(&r.exchange.mu, &r.exchange.orphans)
	if ok {
		s.Attach()
		r.orphans.Add(1)
		if s.Switch("end"); !s.Done() {
			r.fail("an orphan has not ended")
		}
	}
	return ok
}

func (r *run) buryOrphans() {
	for r.buryOrphan() {
	}
}
