//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	parks = 1_000_000
	sides = 64
)

// parkTimes returns how long each of 1,000,000 parks took, sorted: from a send to the return of the receive that has
// waited for it. So it is what a park and a wake-up cost, without the wait. The sides, which start starts, stand in a
// ring, and each parks until its turn, at a depth of calls of its own, while another goroutine has the collector run back
// to back. undisturbed leaves those out in which the system may have taken the processor from a thread.
func parkTimes(start func(func())) (all, undisturbed []time.Duration) {
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				close(stopped)
				return
			default:
				runtime.GC()
			}
		}
	}()
	ring, done := make([]chan time.Time, sides), make(chan bool)
	for i := range ring {
		ring[i] = make(chan time.Time)
	}
	all, undisturbed = make([]time.Duration, 0, parks), make([]time.Duration, 0, parks)
	switches := threadSwitches()
	note := func(took time.Duration) {
		all = append(all, took)
		if long := took > 100*time.Microsecond; long || len(all)%1024 == 0 {
			before := switches
			if switches = threadSwitches(); long && switches != before {
				return
			}
		}
		undisturbed = append(undisturbed, took)
	}
	for i := range ring {
		start(func() {
			deep(i, func() {
				for sent := range ring[i] {
					if note(time.Since(sent)); len(all) == parks {
						done <- true
						return
					}
					ring[(i+1)%sides] <- time.Now()
				}
			})
		})
	}
	ring[0] <- time.Now()
	<-done
	for _, c := range ring {
		close(c)
	}
	close(stop)
	<-stopped
	slices.Sort(all)
	slices.Sort(undisturbed)
	return all, undisturbed
}

// threadSwitches is how often the system has taken the processor from a thread of this process.
func threadSwitches() int64 {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return int64(u.Nivcsw)
}

// deep calls f below depth frames with pointers in them.
//
//go:noinline
func deep(depth int, f func()) {
	var frame [16]*int
	frame[depth%len(frame)] = &depth
	if depth == 0 {
		f()
	} else {
		deep(depth-1, f)
	}
	runtime.KeepAlive(&frame)
}

// parkFigures are of which parks the times are compared.
var parkFigures = []struct {
	name string
	of   func(all, undisturbed []time.Duration) time.Duration
}{
	{"half of them, at most", func(all, _ []time.Duration) time.Duration { return all[len(all)/2] }},
	{"all but 1,000", func(all, _ []time.Duration) time.Duration { return all[len(all)-1001] }},
	{"the longest", func(all, _ []time.Duration) time.Duration { return all[len(all)-1] }},
	{"  undisturbed", func(_, undisturbed []time.Duration) time.Duration { return undisturbed[len(undisturbed)-1] }},
}

func printParks(start func(func())) {
	all, undisturbed := parkTimes(start)
	for _, f := range parkFigures {
		fmt.Printf("%s\t%d\n", f.name, f.of(all, undisturbed).Nanoseconds())
	}
}

// compareParks prints how long parks take in each kind of program, with two processors, one of which the collector has.
func compareParks(self, patched string, rounds int) {
	kinds := []struct{ name, file, role string }{
		{"unpatched, goroutines", self, "parks"},
		{"patched, goroutines", patched, "parks"},
		{"patched, tasks", patched, "parks-tasks"},
	}
	var took figures
	for round := range rounds {
		for i := range kinds {
			k := kinds[(i+round)%len(kinds)]
			cmd := exec.Command(k.file, "-child", k.role)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
			out, err := cmd.Output()
			check(err)
			for line := range strings.Lines(string(out)) {
				name, ns, _ := strings.Cut(strings.TrimRight(line, "\n"), "\t")
				v, err := strconv.ParseFloat(ns, 64)
				check(err)
				took.add(k.name+": "+name, v/1e3)
			}
		}
	}
	fmt.Printf("\n%-22s", "us a park, with GCs")
	for _, k := range kinds {
		fmt.Printf(" %22s", k.name)
	}
	fmt.Println()
	for _, f := range parkFigures {
		fmt.Printf("%-22s", f.name)
		for _, k := range kinds {
			fmt.Printf(" %22.2f", took.median(k.name+": "+f.name))
		}
		fmt.Println()
	}
}
