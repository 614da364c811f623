//go:build linux

package main

import (
	"fmt"
	"iter"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// hops are what passes from one waiter to another and back. Each starts its other side by start, and returns
// how many times it has changed sides.
var hops = []struct {
	name string
	run  func(start func(func()), n int) int
}{
	{"channel, unbuffered", func(start func(func()), n int) int {
		there, back := make(chan int), make(chan int)
		start(func() {
			for range n {
				<-there
				back <- 1
			}
		})
		for range n {
			there <- 1
			<-back
		}
		return 2 * n
	}},
	{"sync.Cond", func(start func(func()), n int) int {
		var mu sync.Mutex
		cond, turn, done := sync.NewCond(&mu), 0, make(chan bool)
		side := func(me int) {
			for range n {
				mu.Lock()
				for turn != me {
					cond.Wait()
				}
				turn = 1 - me
				mu.Unlock()
				cond.Signal()
			}
		}
		start(func() { side(1); done <- true })
		side(0)
		<-done
		return 2 * n
	}},
	{"sync.Mutex, contended", func(start func(func()), n int) int {
		const sides = 4
		var mu sync.Mutex
		done := make(chan bool)
		side := func() {
			for range n / sides {
				mu.Lock()
				runtime.Gosched()
				mu.Unlock()
			}
			done <- true
		}
		for range sides {
			start(side)
		}
		for range sides {
			<-done
		}
		return n / sides * sides
	}},
	{"next of iter.Pull", func(_ func(func()), n int) int {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		defer stop()
		for range n {
			next()
		}
		return n
	}},
}

// printHops prints the processor time of each hop.
func printHops(start func(func())) {
	const n = 300_000
	for _, h := range hops {
		before := cpuTime()
		changes := h.run(start, n)
		fmt.Printf("%s\t%.2f\n", h.name, float64(cpuTime()-before)/float64(changes))
	}
}

// compareHops prints what hops take in each kind of program, with one processor, and returns the
// figures by "kind: hop".
func compareHops(self, patched string, rounds int) figures {
	kinds := []struct{ name, file, role string }{
		{"unpatched, goroutines", self, "hops"},
		{"patched, goroutines", patched, "hops"},
		{"patched, tasks", patched, "hops-tasks"},
	}
	var took figures
	for range rounds {
		for _, k := range kinds {
			cmd := exec.Command(k.file, "-child", k.role)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
			out, err := cmd.Output()
			check(err)
			for line := range strings.Lines(string(out)) {
				name, ns, _ := strings.Cut(strings.TrimSpace(line), "\t")
				v, err := strconv.ParseFloat(ns, 64)
				check(err)
				took.add(k.name+": "+name, v)
			}
		}
	}
	fmt.Printf("\n%-22s", "ns of CPU a hop")
	for _, k := range kinds {
		fmt.Printf(" %22s", k.name)
	}
	fmt.Println()
	for _, h := range hops {
		base := kinds[0].name + ": " + h.name
		fmt.Printf("%-22s %22.1f", h.name, took.median(base))
		for _, k := range kinds[1:] {
			name := k.name + ": " + h.name
			fmt.Printf(" %14.1f (%5.2f)", took.median(name), took.ratio(name, base))
		}
		fmt.Println()
	}
	return took
}
