//go:build linux

// Command measure compares programs whose standard library is patched with those
// where it is not, in one run. measure.sh in the folder above builds and runs it.
//
//	measure -patched FILE [-clients 500] [-rounds 7] [-d 1s] [-json FILE]
//
// It is itself the unpatched program, and FILE is the same one built by `stackful
// build`. It starts both as children, in turn.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

func main() {
	patched := flag.String("patched", "", "`file` of this program, built by stackful build")
	clients := flag.Int("clients", 500, "`connections` of the echo server")
	rounds := flag.Int("rounds", 7, "`number` of turns")
	d := flag.Duration("d", time.Second, "`time` of each measurement of the echo server")
	record := flag.String("json", "", "write the figures of each round to this `file`, too")
	only := flag.String("only", "", "measure one `part` of these: costs, echo, hops, parks, preempt")
	role := flag.String("child", "", "")
	flag.Parse()
	switch *role {
	case "":
		took := compare(*patched, *only, *clients, *rounds, *d)
		if *record != "" {
			text, err := json.MarshalIndent(took, "", "\t")
			check(err)
			check(os.WriteFile(*record, append(text, '\n'), 0o644))
		}
	case "costs":
		printCosts()
	case "hops":
		printHops(func(f func()) { go f() })
	case "hops-tasks":
		if err := patch.Require(); err != nil {
			fail(err)
		}
		check(poller.Run(func() { printHops(func(f func()) { poller.Go(f) }) }))
	case "parks":
		printParks(func(f func()) { go f() })
	case "parks-tasks":
		if err := patch.Require(); err != nil {
			fail(err)
		}
		check(poller.Run(func() { printParks(func(f func()) { poller.Go(f) }) }))
	case "preempt":
		printPreemptions()
	case "busy":
		for start := time.Now(); time.Since(start) < time.Minute; { // it is killed before
		}
	case "tasks":
		if err := patch.Require(); err != nil {
			fail(err)
		}
		check(poller.Run(func() { serve(net.Listen, func(f func()) { poller.Go(f) }) }))
	case "poller":
		check(poller.Run(func() { serve(poller.Listen, func(f func()) { poller.Go(f) }) }))
	case "goroutines":
		serve(net.Listen, func(f func()) { go f() })
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "measure:", err)
	os.Exit(1)
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

// printCosts prints what calls cost that need not wait, by goroutines and by tasks.
func printCosts() {
	printCost := func(where string) {
		r, w, err := os.Pipe()
		check(err)
		defer r.Close()
		defer w.Close()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		defer l.Close()
		c1, err := net.Dial("tcp", l.Addr().String())
		check(err)
		defer c1.Close()
		c2, err := l.Accept()
		check(err)
		defer c2.Close()
		costOf(where, "Sleep(0)", func(int) {}, func() { time.Sleep(0) })
		ready := func(w io.Writer) func(n int) {
			return func(n int) {
				if _, err := w.Write(make([]byte, n)); err != nil {
					fail(err)
				}
			}
		}
		one := make([]byte, 1)
		costOf(where, "pipe Read", ready(w), func() { r.Read(one) })
		costOf(where, "TCP Read", ready(c1), func() { c2.Read(one) })
		soon := time.Now().Add(time.Hour)
		costOf(where, "SetReadDeadline", func(int) {}, func() { c2.SetReadDeadline(soon) })
		c2.SetReadDeadline(time.Now().Add(time.Hour))
		costOf(where, "TCP Read, deadline", ready(c1), func() { c2.Read(one) })
	}
	check(poller.Run(func() {
		printCost("task")
		poller.Await(func() (int, error) { printCost("goroutine"); return 0, nil }) // beside a hub
	}))
}

// costOf prints the least of many means, each of so few calls that the process is
// seldom interrupted in them.
func costOf(where, what string, prepare func(n int), call func()) {
	const calls, batches = 128, 1500
	least := time.Duration(1 << 62)
	for range batches {
		prepare(calls)
		start := time.Now()
		for range calls {
			call()
		}
		least = min(least, time.Since(start))
	}
	fmt.Printf("%s\t%s\t%.2f\n", where, what, float64(least)/calls)
}

// figures are named lists of measurements.
type figures struct {
	names  []string
	values map[string][]float64
}

func (f *figures) add(name string, v float64) {
	if f.values == nil {
		f.values = make(map[string][]float64)
	}
	if _, seen := f.values[name]; !seen {
		f.names = append(f.names, name)
	}
	f.values[name] = append(f.values[name], v)
}

func (f *figures) median(name string) float64 { return median(f.values[name]) }

// ratio returns the median of what name took of base in the same round: the machine is not the same in all.
func (f *figures) ratio(name, base string) float64 {
	var r []float64
	for i, v := range f.values[name] {
		r = append(r, v/f.values[base][i])
	}
	return median(r)
}

func median(of []float64) float64 {
	v := slices.Sorted(slices.Values(of))
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

func (f *figures) least(name string) float64 { return slices.Min(f.values[name]) }

// A record is the figures of each round, by program and by what was measured.
type record struct {
	EchoCPU  map[string][]float64 `json:"echo_cpu_ns"`
	EchoRate map[string][]float64 `json:"echo_requests_per_second"`
	Hops     map[string][]float64 `json:"hop_cpu_ns"` // "program: what passes"
}

// compare measures all parts, or only one, and prints the figures.
func compare(patched, only string, clients, rounds int, d time.Duration) (got record) {
	self, err := os.Executable()
	check(err)
	fmt.Printf("%s %s/%s, %d rounds: the least of the calls, medians of all else, ratios in one round\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds)
	measured := false
	for _, part := range []struct {
		name    string
		measure func()
	}{
		{"costs", func() { compareCosts(self, patched, rounds) }},
		{"echo", func() {
			echo := compareEcho(self, patched, clients, rounds, d)
			got.EchoCPU, got.EchoRate = echo.cpu.values, echo.rate.values
		}},
		{"hops", func() {
			hops := compareHops(self, patched, rounds)
			got.Hops = hops.values
		}},
		{"parks", func() { compareParks(self, patched, rounds) }},
		{"preempt", func() { comparePreemptions(patched) }},
	} {
		if only == "" || only == part.name {
			part.measure()
			measured = true
		}
	}
	if !measured {
		fail(fmt.Errorf("-only %s: there is no such part", only))
	}
	return got
}

// compareCosts prints what printCosts finds.
func compareCosts(self, patched string, rounds int) {
	var costs figures
	for range rounds {
		for i, file := range []string{self, patched} {
			out, err := exec.Command(file, "-child", "costs").Output()
			check(err)
			for line := range strings.Lines(string(out)) {
				f := strings.Split(strings.TrimSpace(line), "\t")
				v, err := strconv.ParseFloat(f[2], 64)
				check(err)
				costs.add([]string{"unpatched ", "patched "}[i]+f[0]+" "+f[1], v)
			}
		}
	}
	fmt.Printf("\n%-20s %22s %22s %22s\n", "ns a call", "unpatched, goroutine", "patched, goroutine", "patched, task")
	for _, what := range []string{"Sleep(0)", "pipe Read", "TCP Read", "TCP Read, deadline", "SetReadDeadline"} {
		base := costs.least("unpatched goroutine " + what)
		fmt.Printf("%-20s %22.1f", what, base)
		for _, where := range []string{"goroutine", "task"} {
			v := costs.least("patched " + where + " " + what)
			fmt.Printf(" %13.1f (%+6.1f)", v, v-base)
		}
		fmt.Println()
	}
}
