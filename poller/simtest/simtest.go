// Package simtest runs simulations in tests: the same test with many seeds.
//
//	func TestTransfer(t *testing.T) {
//		simtest.Run(t, 1000, func(t *testing.T, s *poller.Sim) {
//			s.Go("bank", serveAccounts)
//			...
//		})
//	}
//
// A seed that fails is a subtest that fails, and says how to see it again:
//
//	go test -run '^TestTransfer$' -simtest.first=731 -simtest.seeds=1 -simtest.trace
package simtest

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"testing"

	"github.com/stackful-go/stackful/poller"
)

var (
	seeds = flag.Int("simtest.seeds", 0, "how many seeds a simulated test is run with; 0: as many as it says")
	first = flag.Uint64("simtest.first", 0, "the first of the seeds")
	trace = flag.Bool("simtest.trace", false, "print what happens in simulated tests")
)

// Run runs f in simulations with n seeds, from 0, each as a subtest of t named for its
// seed. One fails if f says so, by t, or panics, or if Simulate returns an error, such as
// of tasks that wait for ever.
//
// The first seed is run twice, to find out whether the seed determines what f does: if
// not, its subtest fails, with the first line in which the traces differ. What f uses, it
// should make itself: what it leaves behind, the next run finds.
//
// f runs on the goroutine of the subtest, as the simulation's first task. There it, and
// the tasks that it starts, may call t.FailNow and the like.
//
// The flag -simtest.seeds=N of the test binary runs N seeds in place of n,
// -simtest.first=S begins with S, and -simtest.trace prints all events.
func Run(t *testing.T, n int, f func(t *testing.T, s *poller.Sim)) {
	t.Helper()
	if n < 1 {
		t.Fatal("simtest: no seeds")
	}
	if *seeds > 0 {
		n = *seeds
	}
	name := t.Name()
	for i := range uint64(n) {
		seed := *first + i
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() && !*trace {
					t.Logf("to see it again: go test -run '^%s$' -simtest.first=%d -simtest.seeds=1 -simtest.trace", name, seed)
				}
			})
			w := io.Discard
			if *trace {
				w = t.Output()
			}
			if i == 0 {
				checkTwice(t, seed, f, w)
			} else {
				simulate(t, seed, f, w)
			}
		})
	}
}

// simulate runs f once, and returns the hash of what happened.
func simulate(t *testing.T, seed uint64, f func(t *testing.T, s *poller.Sim), w io.Writer) (hash uint64) {
	var sim *poller.Sim
	err := poller.Simulate(seed, func(s *poller.Sim) {
		sim = s
		if w != io.Discard {
			s.SetTrace(w)
		}
		f(t, s)
	})
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
	}
	return sim.Hash()
}

// checkTwice is simulate, and if that was a success another time, which must be the same.
func checkTwice(t *testing.T, seed uint64, f func(t *testing.T, s *poller.Sim), w io.Writer) {
	var runs [2]bytes.Buffer
	var hashes [2]uint64
	for i := range runs {
		if hashes[i] = simulate(t, seed, f, io.MultiWriter(&runs[i], w)); t.Failed() {
			return
		}
		w = io.Discard
	}
	a, b := bytes.Split(runs[0].Bytes(), []byte("\n")), bytes.Split(runs[1].Bytes(), []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("seed %d does not determine what happens. Two runs differ in line %d:\n%s\n%s", seed, i+1, a[i], b[i])
		}
	}
	if hashes[0] != hashes[1] {
		t.Fatalf("seed %d does not determine what is sent", seed)
	}
}
