// Stress is a torture program for the engine: goroutines that each drive a
// changing set of stacks through random switches, and give stacks to each other,
// while the garbage collector, the profilers and the tracer work beside them;
// and goroutines that do the same with packages coro and poller, and repeat what has shown
// faults once (once.go: each was found again when its fault was put back). Everything on
// every stack verifies itself; a wrong byte ends the program with status 1.
//
//	go run ./tests/stress -d 10m
//	go run ./tests/stress -d 10m -crowd              stacks and goroutines by the thousand, and the collector
//	go run -tags stresscgo ./tests/stress -d 10m     with calls of C between switches
//
// Useful beside it: GODEBUG=clobberfree=1, gccheckmark=1, gcstoptheworld=1,
// asyncpreemptoff=1; GOGC=1; GOMAXPROCS=1, 2, 4; -race. The script matrix.sh
// goes through all of them; RESULTS.md has what it found.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var c config
	flag.DurationVar(&c.duration, "d", 10*time.Second, "how long to run")
	flag.Int64Var(&c.switches, "switches", 0, "stop after about this many switches (0: run for -d)")
	flag.IntVar(&c.goroutines, "goroutines", 3, "goroutines with stacks of their own")
	flag.IntVar(&c.stacks, "stacks", 60, "stacks of each goroutine")
	flag.BoolVar(&c.gc, "gc", true, "collect garbage back to back")
	flag.BoolVar(&c.profile, "profile", true, "take goroutine and CPU profiles, and dump all stacks")
	flag.BoolVar(&c.trace, "trace", true, "start and stop the execution tracer")
	flag.BoolVar(&c.trim, "trim", true, "keep few free carriers at times, so that they end and are made all the time")
	flag.BoolVar(&c.churn, "churn", true, "start and end ordinary goroutines, which leave stacks behind")
	flag.BoolVar(&c.move, "move", true, "move stacks between goroutines")
	flag.BoolVar(&c.coro, "coro", true, "use package coro, on a goroutine of its own")
	flag.BoolVar(&c.poller, "poller", true, "use package poller, on a goroutine of its own")
	flag.IntVar(&c.hubs, "hubs", 2, "goroutines with tasks that wait in package runtime, if `stackful build` has built the program")
	flag.BoolVar(&c.preempt, "preempt", true, "have the tasks of half of these hubs preempted")
	flag.BoolVar(&c.once, "once", true, "repeat what has shown faults once, on a goroutine of its own")
	flag.BoolVar(&c.crowd, "crowd", false, "only collect garbage beside a crowd of 4,000 stacks and 2,000 goroutines")
	flag.Uint64Var(&c.seed, "seed", uint64(time.Now().UnixNano()), "seed of the random choices")
	flag.BoolVar(&c.row, "row", false, "print the report as a row of a table")
	flag.Parse()
	if c.crowd {
		c.goroutines, c.coro, c.poller, c.once, c.hubs = 0, false, false, false, 0
		c.profile, c.trace, c.trim, c.churn = false, false, false, false
	}
	report, err := start(c)
	fmt.Print(report)
	if err != nil {
		if c.row {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}
