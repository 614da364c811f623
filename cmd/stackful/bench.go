package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

const benchAbout = `
Costs of coroutines beside those of goroutines, channels and iter.Pull. All that
is compared is measured in this run, in turn, in rounds; a figure is the median
of its rounds, and the range beside it holds the middle half of them. CAS is the
same cost in units of one compare-and-swap of a word in the first-level cache, so
that figures can be compared between machines.

Everything but gc and memory runs with GOMAXPROCS=1. For steady figures give it a
processor of its own:

	taskset -c 1 stackful bench switch create

A target is what this module is meant to reach; whether it did is only said: it
does not change the exit status.
`

// A bench is one subject: what can be named on the command line.
type bench struct {
	name, about string
	run         func(ctx context.Context, b *benchRun) ([]benchResult, error)
}

var benches = []bench{
	{"switch", "from one to another, one way", benchSwitch},
	{"create", "make, run and end, on a warm pool", benchCreate},
	{"pull", "next value of a sequence", benchPull},
	{"throw", "end a suspended coroutine by an exception", benchThrow},
	{"memory", "bytes of a suspended coroutine", benchMemory},
	{"many", "switch among many live coroutines", benchMany},
	{"gc", "longest switch while garbage is collected", benchGC},
}

// A benchRun is how to measure.
type benchRun struct {
	t       *terminal
	rounds  int
	slice   time.Duration // time of one contender in one round
	million bool
	count   int // coroutines of bench memory
	live    int // coroutines of bench gc, and the larger number of bench many
}

func runBench(ctx context.Context, t *terminal, args []string) error {
	b := &benchRun{t: t}
	about := benchAbout + "\nNames, all of them if none is given:\n\n"
	for _, s := range benches {
		about += fmt.Sprintf("  %-8s %s\n", s.name, s.about)
	}
	fs := newFlags(t, "bench", "[flags] [names]", about)
	asJSON := fs.Bool("json", false, "write JSON, for programs")
	plot := fs.String("plot", "", "also draw the figures to `file`, as SVG")
	fs.IntVar(&b.rounds, "rounds", 11, "`times` that everything is measured")
	fs.DurationVar(&b.slice, "slice", 20*time.Millisecond, "`time` of one measurement")
	fs.BoolVar(&b.million, "million", false, "memory: of 1,000,000 coroutines too; takes some 4 GB")
	fs.IntVar(&b.count, "count", 100_000, "")
	fs.IntVar(&b.live, "live", 10_000, "")
	if err := parse(fs, args, true); err != nil {
		return err
	}
	chosen, err := chooseBenches(fs.Args())
	if err != nil {
		return err
	}
	if b.rounds < 1 || b.slice <= 0 || b.count < 1 || b.live < 3 {
		return usagef("-rounds and -slice must be positive")
	}
	report := newBenchReport()
	if !*asJSON {
		report.printHead(t)
	}
	for _, s := range chosen {
		results, err := s.run(ctx, b)
		t.status("")
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		report.Results = append(report.Results, results...)
		if !*asJSON {
			for _, r := range results {
				r.print(t)
			}
		}
	}
	if *asJSON {
		if err := report.writeJSON(t.out); err != nil {
			return err
		}
	}
	if *plot != "" {
		return writePlot(*plot, report)
	}
	return nil
}

func chooseBenches(names []string) (chosen []bench, err error) {
	if len(names) == 0 {
		return benches, nil
	}
next:
	for _, name := range names {
		for _, s := range benches {
			if s.name == name {
				chosen = append(chosen, s)
				continue next
			}
		}
		return nil, usagef("no such benchmark: %q", name)
	}
	return chosen, nil
}

func writePlot(path string, report *benchReport) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := plotSVG(f, report); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// newBenchReport describes where the figures come from.
func newBenchReport() *benchReport {
	backend := stackful.Backend()
	r := &benchReport{
		CPU: cpuName(), Go: backend.Go, Platform: backend.Arch,
		Native: backend.Native, Reason: backend.Reason,
		Processors: runtime.GOMAXPROCS(0), Race: raceBuild,
	}
	if ns, ok := casCost(10 * time.Millisecond); ok {
		r.CAS = ns
	}
	return r
}

func cpuName() string {
	c := asm.Identify()
	name := strings.TrimSpace(c.Brand)
	if name == "" {
		name = strings.TrimSpace(c.Vendor + " " + runtime.GOARCH)
	}
	return fmt.Sprintf("%s, family %d model %d stepping %d", name, c.Family, c.Model, c.Stepping)
}

// casCost measures one compare-and-swap, in nanoseconds: the least of several
// tries that together take d.
func casCost(d time.Duration) (ns float64, ok bool) {
	for end := time.Now().Add(d); !ok || time.Now().Before(end); {
		const n = 1 << 14
		start := time.Now()
		if asm.LockCmpxchg(n) == 0 {
			return 0, false
		}
		if one := float64(time.Since(start)) / n; !ok || one < ns {
			ns, ok = one, true
		}
	}
	return ns, ok
}
