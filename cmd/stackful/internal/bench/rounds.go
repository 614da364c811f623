package bench

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
)

// A contender is one of the things that a benchmark compares.
type contender struct {
	name string

	// start prepares, and returns run, which does about n operations and returns
	// how many it did, and stop, which may be nil.
	start func() (run func(n int) int, stop func())
}

// A pairing is two contenders whose ratio is of interest.
type pairing struct{ ours, theirs string }

// casName is the contender that is not a row: it becomes the unit of the CAS column.
const casName = "compare-and-swap"

// cas is the contender that other costs are expressed in.
var cas = contender{casName, func() (func(int) int, func()) { return asm.LockCmpxchg, nil }}

// compare measures the contenders in turn, round by round, on one processor, and
// fills in the rows and the ratios of r. In turn, since the clock of a machine changes: it is
// then the same for all contenders of a round, and the median is of rounds.
func (b *settings) compare(ctx context.Context, r *Result, contenders []contender, pairs []pairing) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if asm.LockCmpxchg(1) == 1 { // not in builds without assembly
		contenders = append(slices.Clone(contenders), cas)
	}
	type lane struct {
		run   func(int) int
		n     int
		costs []float64 // ns for one operation, of each round
	}
	lanes := make([]lane, len(contenders))
	for i, c := range contenders {
		run, stop := c.start()
		if stop != nil {
			defer stop()
		}
		lanes[i] = lane{run: run, n: b.calibrate(run)}
	}
	for round := range b.rounds {
		b.t.Status(fmt.Sprintf("%s: round %d of %d", r.Name, round+1, b.rounds))
		for i := range lanes {
			l := &lanes[i]
			runtime.GC() // nobody pays for the garbage of the one before
			start := time.Now()
			n := l.run(l.n)
			l.costs = append(l.costs, float64(time.Since(start))/float64(n))
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	for i, c := range contenders {
		costs := slices.Clone(lanes[i].costs)
		row := Row{Name: c.name, Value: measure.Median(costs)} // costs are sorted now
		row.Low, row.High = costs[len(costs)/4], costs[len(costs)*3/4]
		row.Rounds = lanes[i].costs
		if c.name == casName {
			r.CAS = row.Value
			continue
		}
		r.Rows = append(r.Rows, row)
	}
	for i := range r.Rows {
		if r.CAS > 0 {
			r.Rows[i].CAS = r.Rows[i].Value / r.CAS
		}
	}
	for _, p := range pairs {
		r.Ratios = append(r.Ratios, Ratio{Name: p.ours + ", beside " + p.theirs, Ours: p.ours, Theirs: p.theirs,
			Value: r.row(p.theirs).Value / r.row(p.ours).Value, Faster: true})
	}
	return nil
}

// calibrate returns how many operations take about a slice. What is slow the
// first time, it tries again.
func (b *settings) calibrate(run func(n int) int) int {
	for n := 1; ; n *= 2 {
		start := time.Now()
		did := run(n)
		took := time.Since(start)
		if took < b.slice/4 && n < 1<<30 {
			n = max(n, did)
			continue
		}
		start = time.Now()
		did = run(n)
		took = time.Since(start)
		if took >= b.slice/8 || n >= 1<<30 {
			return max(1, int(float64(did)*float64(b.slice)/float64(max(took, 1))))
		}
	}
}

// row returns the row of that name.
func (r *Result) row(name string) *Row {
	for i := range r.Rows {
		if r.Rows[i].Name == name {
			return &r.Rows[i]
		}
	}
	panic("BUG: no contender named " + name)
}
