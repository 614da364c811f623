//go:build linux

// Mutation breaks the module in the ways that its lists (*.txt) say, one at a time in a
// copy, and checks that the test named beside each notices. A mutant that survives is a
// missing test. From the module's root:
//
//	go run ./tests/mutation            # all mutants: an hour
//	go run ./tests/mutation guard      # those with "guard" in their names
//	go run ./tests/mutation -list poller,coro
//	go run ./tests/mutation -apply     # only see that all can be applied: a second
//
// It prints a line for each mutant as it is done, with the time it took, then the
// survivors; the exit status is 1 if there are any, or if a mutant cannot be applied
// or built, or its test fails without it. The whole list needs linux/amd64, two processors, cgo, and
// qemu-aarch64-static for the mutants of arch_arm64.s. A test gets three tries, as some
// mutants do harm only at times.
//
// # The lists
//
// One mutant a line, empty lines and comments (#) aside:
//
//	name|test|file|old|new[|file|old|new]...
//
// Every occurrence of old in the file is replaced by new; there must be one. In both \n
// and \t are as in Go, \p is a vertical bar and \\ a backslash. The last bar may be left
// out if an empty text follows it. The test is one of
//
//	root TESTS        tests of the root package
//	short TESTS       the same with -short
//	race TESTS        the same with -short and the race detector
//	env VAR=VALUE TESTS    tests of the root package with that in the environment
//	portable TESTS    tests of the root package, portable backend
//	in PACKAGE TESTS  tests of another package
//	in-race PACKAGE TESTS    the same with the race detector
//	in-portable PACKAGE TESTS    the same as in, with the portable backend
//	arm64 TESTS       tests of the root package on arm64, by qemu
//	patched PACKAGE TESTS    tests of another package, built by `stackful test`
//	stress ARGUMENTS  tests/stress for 15 seconds
//	patched-stress ARGUMENTS    what waits in package runtime in tests/stress, built by `stackful build`
//
// where TESTS is a regular expression that matches whole names of tests, and must match
// one that exists.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

func main() {
	apply := flag.Bool("apply", false, "only see that every mutant can be applied")
	workers := flag.Int("p", 2, "how many mutants are tried at a time")
	lists := flag.String("list", "", "the lists to read, separated by commas: names of tests/mutation/*.txt or paths; all if empty")
	flag.Parse()
	if _, err := os.Stat(folder); err != nil {
		fail("run it in the module's root: " + err.Error())
	}
	mutants, err := readLists(*lists)
	if err != nil {
		fail(err)
	}
	mutants = named(mutants, flag.Arg(0))
	if len(mutants) == 0 {
		fail("no such mutant")
	}
	bad := 0
	for _, m := range mutants {
		if err := m.check("."); err != nil {
			fmt.Printf("%s: %s: NOT APPLIED: %v\n", m.list, m.name, err)
			bad++
		}
	}
	if *apply || bad > 0 {
		fmt.Printf("%d mutants, %d cannot be applied\n", len(mutants), bad)
	} else {
		bad = runAll(mutants, *workers)
	}
	if bad > 0 {
		os.Exit(1)
	}
}

// folder holds the lists.
const folder = "tests/mutation"

// readLists reads some lists, or all.
func readLists(names string) (all []mutant, err error) {
	files, err := filepath.Glob(folder + "/*.txt")
	if err != nil {
		return nil, err
	}
	if names != "" {
		files = strings.Split(names, ",")
	}
	for _, file := range files {
		if !strings.HasSuffix(file, ".txt") {
			file = filepath.Join(folder, file+".txt")
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list, err := parse(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, list...)
	}
	return all, nil
}

func named(all []mutant, pattern string) (some []mutant) {
	for _, m := range all {
		if strings.Contains(m.name, pattern) {
			some = append(some, m)
		}
	}
	return some
}

// runAll tries all mutants and returns how many were not caught.
func runAll(mutants []mutant, workers int) (notCaught int) {
	work, err := os.MkdirTemp("", "mutation")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(work)
	started := time.Now()
	next := make(chan mutant)
	var mu sync.Mutex
	var wg sync.WaitGroup
	done, caught := 0, 0
	var left []string
	for i := range workers {
		wg.Go(func() {
			w, err := newWorker(filepath.Join(work, fmt.Sprint(i)))
			if err != nil {
				fail(err)
			}
			for m := range next {
				begun := time.Now()
				r := w.try(m)
				mu.Lock()
				done++
				line := fmt.Sprintf("%s: %s: %s", m.list, m.name, r)
				if r.caught {
					caught++
				} else {
					left = append(left, line)
				}
				fmt.Printf("[%3d/%d %5.1fs] %s\n", done, len(mutants), time.Since(begun).Seconds(), line)
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		next <- m
	}
	close(next)
	wg.Wait()
	fmt.Printf("\n%d mutants in %v: %d caught, %d not\n", done, time.Since(started).Round(time.Second), caught, len(left))
	for _, line := range left {
		fmt.Println(line)
	}
	return len(left)
}

func fail(what any) {
	fmt.Fprintln(os.Stderr, "mutation:", what)
	os.Exit(2)
}
