//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/poller"
	"github.com/stackful-go/stackful/poller/patch"
)

// printPreemptions prints how long it takes until a task of high priority runs that another goroutine
// wakes while a task of low priority computes.
func printPreemptions() {
	check(patch.Require())
	const times = 3000
	took := make([]time.Duration, 0, times)
	check(poller.Options{Preempt: true, TimeSlice: -1, MonitorAfter: -1}.Run(func() {
		var stop atomic.Bool
		woken := make(chan time.Time)
		poller.Go(func() {
			for range times {
				at := <-woken
				took = append(took, time.Since(at))
			}
			stop.Store(true)
		}).SetPriority(poller.PriorityHighest)
		go func() {
			for range times {
				for start := time.Now(); time.Since(start) < 300*time.Microsecond; {
					runtime.Gosched() // a sleep would make the other goroutines' processor idle
				}
				woken <- time.Now()
			}
		}()
		for !stop.Load() {
		}
	}))
	slices.Sort(took)
	fmt.Print("µs from a wake-up to the task of high priority, while one of low priority computes:")
	for _, p := range []float64{50, 90, 99, 99.9} {
		fmt.Printf("  p%v %.1f", p, float64(took[int(p/100*float64(len(took)))].Nanoseconds())/1000)
	}
	fmt.Printf("  longest %.1f\n", float64(took[len(took)-1].Nanoseconds())/1000)
}

// comparePreemptions has the patched program print them.
func comparePreemptions(patched string) {
	cmd := exec.Command(patched, "-child", "preempt")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	fmt.Println()
	check(cmd.Run())
}
