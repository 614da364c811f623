package echo

import (
	"context"
	"time"

	"github.com/stackful-go/stackful/cmd/stackful/internal/cli"
	"github.com/stackful-go/stackful/cmd/stackful/internal/garbage"
	"github.com/stackful-go/stackful/cmd/stackful/internal/machine"
	"github.com/stackful-go/stackful/cmd/stackful/internal/measure"
	"github.com/stackful-go/stackful/cmd/stackful/internal/term"
	"github.com/stackful-go/stackful/internal/units"
)

// A rival is one of the servers that compare measures.
type rival struct {
	name       string
	std        bool
	server     *serverChild
	throughput []float64 // requests/s of each round
	cpu        []float64 // ns a request
	p99        []float64 // ns
}

// compare measures the two servers, each in a process of its own, in turn.
func compare(ctx context.Context, t *term.Terminal, o options) error {
	rivals := []*rival{{name: "poller"}, {name: "net", std: true}}
	for _, r := range rivals {
		s, err := startServer(ctx, t, r.std, o)
		if err != nil {
			return err
		}
		defer s.Wait()
		r.server = s
	}
	perRound := o
	perRound.duration = max(o.duration/time.Duration(o.rounds), time.Millisecond)
	t.Printf("upper-casing TCP servers: package poller on one goroutine, package net with a goroutine for each connection\n")
	t.Printf("each in a process of its own with GOMAXPROCS=%d; %s in another one, %d bytes a request, %d rounds of %v\n\n",
		o.procs, units.Plural(o.clients, "client", "clients"), o.payload, o.rounds, perRound.duration)
	if o.garbage > 0 {
		t.Printf("the servers' heaps hold %s of small objects, and each request allocates %s of them\n\n", units.Bytes(garbage.LiveBytes), units.Bytes(float64(o.garbage)))
	}
	failures := 0
	for round := range o.rounds {
		for i := range rivals {
			r := rivals[(i+round)%len(rivals)] // the first one changes
			report, err := driveClients(ctx, t, perRound, r.server.addr, r.server.Usage)
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.add(report)
			failures += report.result.Failures
			t.Printf("round %d  %-6s  %9s requests/s  server CPU %s  p99 %s\n", round+1, r.name, units.Digits(report.perSecond()),
				cpuText(report.cpuPerRequest()), units.Duration(float64(report.result.P99)))
			for _, text := range report.result.Examples {
				t.Printf("FAILURE: %s\n", text)
			}
		}
	}
	printComparison(t, rivals[0], rivals[1])
	if failures > 0 {
		t.Printf("FAILED: not every request was answered as it should be\n")
		return cli.ErrReported
	}
	return nil
}

// add adds the figures of a round.
func (r *rival) add(report *clientRun) {
	r.throughput = append(r.throughput, report.perSecond())
	r.cpu = append(r.cpu, report.cpuPerRequest())
	r.p99 = append(r.p99, float64(report.result.P99))
}

// cpuText writes the processor time of a request; 0 is not known.
func cpuText(ns float64) string {
	if ns == 0 {
		return "?"
	}
	return units.Duration(ns) + " a request"
}

// printComparison prints medians, and then ratios, which are more certain than the
// figures (see medianRatio).
func printComparison(t *term.Terminal, ours, theirs *rival) {
	ratio, cpuRatio := medianRatio(ours.throughput, theirs.throughput), medianRatio(theirs.cpu, ours.cpu)
	lines := term.Sheet{Left: "l"}
	lines.Row("medians", "requests/s", "server CPU", "p99", "connections", "goroutines")
	for _, r := range []*rival{ours, theirs} {
		u := r.server.Usage(false)
		lines.Row(r.name, units.Digits(measure.Median(r.throughput)), cpuText(measure.Median(r.cpu)), units.Duration(measure.Median(r.p99)),
			units.Thousands(int64(u.Served)), units.Thousands(int64(len(u.Goroutines))))
	}
	t.Printf("\n")
	lines.Write(t.Out, "")
	t.Printf("\nthroughput  poller/net  %.2f, the median of the rounds' ratios\n", ratio)
	if measure.Median(ours.cpu) > 0 {
		t.Printf("server CPU  net/poller  %.2f\n", cpuRatio)
	}
	t.Printf("backend     %s\n", machine.Backend())
}

// medianRatio returns the median of a[i] / b[i]: the two of a round were measured one right
// after the other, while the clock of the machine may change from one round to the next. It
// must be called before median, which sorts.
func medianRatio(a, b []float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return measure.Median(ratios)
}
