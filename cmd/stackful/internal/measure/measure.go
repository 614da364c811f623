// Package measure has the instruments of packages bench and echo: a histogram of
// durations, medians, and the memory and the processor time of this process.
//
// It imports nothing of this module. What is said of the machine beside a figure is in
// package machine; how a figure is written, in package term.
package measure

import "slices"

// Median returns the middle of xs, which it sorts; 0 if there are none.
func Median(xs []float64) float64 {
	slices.Sort(xs)
	switch n := len(xs); {
	case n == 0:
		return 0
	case n%2 == 0:
		return (xs[n/2-1] + xs[n/2]) / 2
	default:
		return xs[n/2]
	}
}
