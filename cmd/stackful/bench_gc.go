package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
)

// gcTarget bounds the longest switch in longest Gosched round trips.
const gcTarget = 3

// benchGC times single switches while the garbage collector runs all the time.
//
// In turn, window by window: one goroutine goes round all live coroutines, each
// switch timed from before the call in one to its return in the other; then an
// ordinary goroutine calls Gosched, each call timed, while the coroutines stay
// suspended. A third goroutine allocates all the while.
func benchGC(ctx context.Context, b *benchRun) ([]benchResult, error) {
	const ours, chosen, theirs = "coro.Switch", "coro.Switch, MustWait asked", "runtime.Gosched"
	window := 5 * b.slice
	r := benchResult{Name: "gc", Unit: "ns", Figure: "longest",
		About: fmt.Sprintf("a single switch among %s live coroutines, collections running back to back", thousands(int64(b.live)))}
	stop := beginGarbage()
	defer stop()
	g := &gcRing{}
	g.ring = newRing(b.live, g.body1, g.body2)
	defer g.kill()
	g.members[0].Switch(nil) // each has started
	q := newGCQueue(b.live)
	defer q.kill()
	var turns histogram
	var cycles [3]uint32
	for i := range b.rounds {
		b.t.status(fmt.Sprintf("%s: round %d of %d", r.Name, i+1, b.rounds))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cycles[0] += collections(func() { g.run(window) })
		cycles[1] += collections(func() { q.run(window) })
		cycles[2] += collections(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				timeGosched(window, &turns)
			}()
			<-done
		})
	}
	r.Rows = []benchRow{distribution(ours, &g.times), distribution(chosen, &q.times), distribution(theirs, &turns)}
	for i, name := range []string{ours, chosen} {
		ratio := r.Rows[i].Value / r.Rows[2].Value
		r.Ratios = append(r.Ratios, benchRatio{Name: "longest " + name + " in longest round trips of " + theirs, Ours: name, Theirs: theirs,
			Value: ratio, Target: gcTarget, AtMost: true, Met: ratio <= gcTarget})
	}
	spent := time.Duration(b.rounds) * window
	r.Notes = []string{
		fmt.Sprintf("In turn, %d windows of %v each: all coroutines switch round robin on one goroutine; they do, but put off those to which a switch would wait now; an ordinary goroutine calls Gosched.", b.rounds, window),
		fmt.Sprintf("Beside these another goroutine allocates, with GOMAXPROCS=%d: %.0f, %.0f and %.0f collections a second.", runtime.GOMAXPROCS(0),
			float64(cycles[0])/spent.Seconds(), float64(cycles[1])/spent.Seconds(), float64(cycles[2])/spent.Seconds()),
		fmt.Sprintf("%s and %s switches and %s round trips were timed. Times include reading the clock, %s.", thousands(int64(g.times.n)), thousands(int64(q.times.n)), thousands(int64(turns.n)), duration(clockCost())),
	}
	return []benchResult{r}, nil
}

func distribution(name string, h *histogram) benchRow {
	ns := func(ticks uint64) float64 { return float64(ticks) / asm.CyclesPerSecond() * 1e9 }
	row := benchRow{Name: name, Value: ns(h.max)}
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}} {
		row.More = append(row.More, benchFigure{q.name, ns(h.quantile(q.q))})
	}
	return row
}

// gcRing is a ring whose members time the switches: each reads the clock before
// it switches, and who it switched to adds the time that has passed.
type gcRing struct {
	*ring
	since uint64
	times histogram
}

func (g *gcRing) run(window time.Duration) {
	for end := time.Now().Add(window); time.Now().Before(end); {
		g.since = asm.Cycles()
		g.members[0].Switch(nil)
		g.arrive()
	}
}

func (g *gcRing) arrive() { g.times.add(asm.Cycles() - g.since) }

func (g *gcRing) body1(next *coro.Coroutine) any {
	for {
		g.since = asm.Cycles()
		next.Switch(nil)
		g.arrive()
	}
}

func (g *gcRing) body2(next *coro.Coroutine) any {
	var last [8]any
	for i := 0; ; i++ {
		g.since = asm.Cycles()
		last[i%8] = next.Switch(nil)
		g.arrive()
	}
}

// gcQueue is a scheduler's queue, of coroutines that are always ready: each
// switches to the first, in turn, to which a switch need not wait, unless it
// finds none soon.
type gcQueue struct {
	root  *coro.Coroutine
	ready []*coro.Coroutine
	head  int
	left  int // switches until the clock is looked at
	end   time.Time
	since uint64
	times histogram
}

func newGCQueue(n int) *gcQueue {
	q := &gcQueue{root: coro.Current()}
	for range n {
		c := coro.New(q.body)
		c.Switch(nil) // to its first line
		q.ready = append(q.ready, c)
	}
	return q
}

func (q *gcQueue) body(any) any {
	q.root.Switch(nil)
	for {
		q.times.add(asm.Cycles() - q.since)
		if q.left--; q.left < 0 {
			if q.left = 1000; time.Now().After(q.end) {
				q.root.Switch(nil)
				continue
			}
		}
		q.since = asm.Cycles()
		q.next().Switch(nil)
	}
}

func (q *gcQueue) next() (c *coro.Coroutine) {
	for range 64 {
		c = q.ready[q.head]
		if q.head++; q.head == len(q.ready) {
			q.head = 0
		}
		if !c.Stack().MustWait() {
			break
		}
	}
	return c
}

func (q *gcQueue) run(window time.Duration) {
	q.end = time.Now().Add(window)
	q.since = asm.Cycles()
	q.next().Switch(nil)
}

func (q *gcQueue) kill() {
	for _, c := range q.ready {
		c.Kill()
	}
}

func timeGosched(window time.Duration, times *histogram) {
	for end := time.Now().Add(window); time.Now().Before(end); {
		for range 1000 {
			since := asm.Cycles()
			runtime.Gosched()
			times.add(asm.Cycles() - since)
		}
	}
}

// clockCost returns the time between two readings of the clock in nanoseconds.
func clockCost() float64 {
	const n = 1000
	start := asm.Cycles()
	for range n {
		asm.Cycles()
	}
	return float64(asm.Cycles()-start) / n / asm.CyclesPerSecond() * 1e9
}

func collections(f func()) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

// A leaf is what the garbage is made of: small objects that refer to each other.
type leaf struct {
	next *leaf
	_    [48]byte
}

// beginGarbage starts a goroutine that allocates, with the collector set to begin
// anew as soon as it has ended. stop ends it.
func beginGarbage() (stop func()) {
	percent := debug.SetGCPercent(5)
	var ended atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		var kept [64]*leaf // some live on for a while
		for i := 0; !ended.Load(); i++ {
			list := (*leaf)(nil)
			for range 256 {
				list = &leaf{next: list}
			}
			kept[i%len(kept)] = list
		}
	}()
	return func() {
		ended.Store(true)
		<-done
		debug.SetGCPercent(percent)
	}
}
