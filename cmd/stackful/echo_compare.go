package main

import (
	"context"
	"time"
)

// A rival is one of the servers that compareEcho measures.
type rival struct {
	name       string
	std        bool
	server     *serverChild
	throughput []float64 // requests/s of each round
	cpu        []float64 // ns a request
	p99        []float64 // ns
}

// compareEcho measures the two servers, each in a process of its own, in turn.
func compareEcho(ctx context.Context, t *terminal, o echoOptions) error {
	rivals := []*rival{{name: "poller"}, {name: "net", std: true}}
	for _, r := range rivals {
		s, err := startServer(ctx, t, r.std, o)
		if err != nil {
			return err
		}
		defer s.wait()
		r.server = s
	}
	perRound := o
	perRound.duration = max(o.duration/time.Duration(o.rounds), time.Millisecond)
	t.printf("upper-casing TCP servers: package poller on one goroutine, package net with a goroutine for each connection\n")
	t.printf("each in a process of its own with GOMAXPROCS=%d; %s in another one, %d bytes a request, %d rounds of %v\n\n",
		o.procs, plural(o.clients, "client", "clients"), o.payload, o.rounds, perRound.duration)
	if o.garbage > 0 {
		t.printf("the servers' heaps hold %s of small objects, and each request allocates %s of them\n\n", bytesText(liveBytes), bytesText(float64(o.garbage)))
	}
	failures := 0
	for round := range o.rounds {
		for i := range rivals {
			r := rivals[(i+round)%len(rivals)] // who begins changes
			report, err := driveClients(ctx, t, perRound, r.server.addr, r.server.usage)
			if err != nil {
				return err
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.add(report)
			failures += report.result.Failures
			t.printf("round %d  %-6s  %9s requests/s  server CPU %s  p99 %s\n", round+1, r.name, digits(report.perSecond()),
				cpuText(report.cpuPerRequest()), duration(float64(report.result.P99)))
			for _, text := range report.result.Examples {
				t.printf("FAILURE: %s\n", text)
			}
		}
	}
	printComparison(t, rivals[0], rivals[1])
	if failures > 0 {
		t.printf("FAILED: not every request was answered as it should be\n")
		return errReported
	}
	return nil
}

func (r *rival) add(report *echoReport) {
	r.throughput = append(r.throughput, report.perSecond())
	r.cpu = append(r.cpu, report.cpuPerRequest())
	r.p99 = append(r.p99, float64(report.result.P99))
}

func cpuText(ns float64) string {
	if ns == 0 {
		return "?"
	}
	return duration(ns) + " a request"
}

// echoTarget is the least ratio of throughputs that this module is meant to have.
const echoTarget = 1.0

func printComparison(t *terminal, ours, theirs *rival) {
	ratio, cpuRatio := medianRatio(ours.throughput, theirs.throughput), medianRatio(theirs.cpu, ours.cpu)
	lines := sheet{left: "l"}
	lines.row("medians", "requests/s", "server CPU", "p99", "connections", "goroutines")
	for _, r := range []*rival{ours, theirs} {
		u := r.server.usage(false)
		lines.row(r.name, digits(median(r.throughput)), cpuText(median(r.cpu)), duration(median(r.p99)),
			thousands(int64(u.Served)), thousands(int64(len(u.Goroutines))))
	}
	t.printf("\n")
	lines.write(t.out, "")
	t.printf("\nthroughput  poller/net  %.2f, the median of the rounds' ratios  (target: at least %.2f; %s in this run)\n", ratio, echoTarget, metText(ratio >= echoTarget))
	if median(ours.cpu) > 0 {
		t.printf("server CPU  net/poller  %.2f\n", cpuRatio)
	}
	t.printf("backend     %s\n", backendText())
}

// medianRatio returns the median of a[i] / b[i]: the two of a round were measured one right
// after the other, while the clock of the machine may change from one round to the next. It
// must be called before median, which sorts.
func medianRatio(a, b []float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = a[i] / b[i]
	}
	return median(ratios)
}

func metText(met bool) string {
	if met {
		return "met"
	}
	return "NOT met"
}
