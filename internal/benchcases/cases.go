// Package benchcases has the loops that `stackful bench` compares. Benchmarks of the root
// package and of coro run those that measure the same, so that a figure of one is about the
// same code as a figure of the other.
//
// A case is a loop that calls what it measures directly, with everything concrete. What the
// compiler inlines into it, and that calls in it have fixed targets, is part of what is
// measured: therefore cases that look alike are written out, and not made one by a type
// parameter, a function value or an interface.
//
// It imports the root package and coro, and not testing, which would come into the command.
// Package gobench has the other half, for benchmarks of go test. Read on in switch.go.
package benchcases

// A Case prepares, and returns run, which does about n operations and returns how many it
// did, and stop, which ends what was prepared and may be nil. All three are called on one
// goroutine. The number of processors, which matters where goroutines are concerned, is the
// caller's to set.
type Case = func() (run func(n int) int, stop func())

// always is the case that needs no preparation.
func always(run func(n int) int) Case {
	return func() (func(int) int, func()) { return run, nil }
}

// sink keeps what is computed from being optimized away; it is read, so that
// it counts as used.
var sink int

func init() { _ = sink }
