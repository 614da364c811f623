package bench

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/garbage"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/units"
)

// benchGC times single switches while the garbage collector runs all the time.
//
// In turn, window by window: one goroutine goes round all live coroutines, each
// switch timed from before the call in one to its return in the other; then an
// ordinary goroutine calls Gosched, each call timed, while the coroutines stay
// suspended. A third goroutine allocates all the while.
func benchGC(ctx context.Context, b *settings) ([]Result, error) {
	const ours, theirs = "coro.Switch", "runtime.Gosched"
	window := 5 * b.slice
	r := Result{Name: "gc", Unit: "ns", Figure: "longest",
		About: fmt.Sprintf("a single switch among %s live coroutines, collections running back to back", units.Thousands(int64(b.live)))}
	stop := garbage.Begin()
	defer stop()
	g := &gcRing{}
	g.ring = newRing(b.live, g.body1, g.body2)
	defer g.kill()
	g.times = new(measure.Histogram)
	g.members[0].Switch(nil) // each has started
	var switches, turns rounds
	var cycles [2]uint32
	for i := range b.rounds {
		b.t.Status(fmt.Sprintf("%s: round %d of %d", r.Name, i+1, b.rounds))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cycles[0] += collections(func() { g.run(window, switches.next()) })
		cycles[1] += collections(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				timeGosched(window, turns.next())
			}()
			<-done
		})
	}
	r.Rows = []Row{switches.distribution(ours), turns.distribution(theirs)}
	ratio := r.Rows[0].Value / r.Rows[1].Value
	r.Ratios = []Ratio{{Name: "longest " + ours + " in longest round trips of " + theirs, Ours: ours, Theirs: theirs,
		Value: ratio}}
	spent := time.Duration(b.rounds) * window
	r.Notes = []string{
		fmt.Sprintf("In turn, %d windows of %v each: all coroutines switch round robin on one goroutine; an ordinary goroutine calls Gosched.", b.rounds, window),
		fmt.Sprintf("Beside both another goroutine allocates, with GOMAXPROCS=%d: %.0f and %.0f collections a second.", runtime.GOMAXPROCS(0),
			float64(cycles[0])/spent.Seconds(), float64(cycles[1])/spent.Seconds()),
		fmt.Sprintf("%s switches and %s round trips were timed. Times include reading the clock, %s.", units.Thousands(int64(switches.all().N())), units.Thousands(int64(turns.all().N())), units.Duration(clockCost())),
	}
	return []Result{r}, nil
}

// gcRing is a ring whose members time the switches: each reads the clock before
// it switches, and who it switched to adds the time that has passed.
type gcRing struct {
	*ring
	since uint64
	times *measure.Histogram // of this window
}

// run goes round the ring until the window is over. The time is asked for once a lap.
func (g *gcRing) run(window time.Duration, times *measure.Histogram) {
	g.times = times
	for end := time.Now().Add(window); time.Now().Before(end); {
		g.since = asm.Cycles()
		g.members[0].Switch(nil)
		g.arrive()
	}
}

// arrive adds the time since the last switch began, on the side that it led to.
func (g *gcRing) arrive() { g.times.Add(asm.Cycles() - g.since) }

// Two bodies, for the reason that ringBody1 has.

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

// timeGosched times calls of Gosched until the window is over. What it waits for is other
// goroutines: the one that allocates, and the collector's.
func timeGosched(window time.Duration, times *measure.Histogram) {
	for end := time.Now().Add(window); time.Now().Before(end); {
		for range 1000 {
			since := asm.Cycles()
			runtime.Gosched()
			times.Add(asm.Cycles() - since)
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

// collections returns how many collections have ended while f ran.
func collections(f func()) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}
