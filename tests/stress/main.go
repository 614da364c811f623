// Stress is a torture program for the engine: goroutines that each drive a
// changing set of stacks through random switches, while the garbage collector,
// the profilers and the tracer work beside them. Everything on every stack
// verifies itself; a wrong byte ends the program.
//
//	go run ./tests/stress -d 10m -gc -profile -trace
//
// Useful beside it: GODEBUG=clobberfree=1, gccheckmark=1, gcstoptheworld=1,
// asyncpreemptoff=1; GOGC=1; GOMAXPROCS=1, 2, 4; -race.
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
	flag.BoolVar(&c.churn, "churn", true, "start and end ordinary goroutines")
	flag.Uint64Var(&c.seed, "seed", uint64(time.Now().UnixNano()), "seed of the random choices")
	flag.Parse()
	r := run(c)
	fmt.Print(r)
	if r.failed() {
		os.Exit(1)
	}
}
