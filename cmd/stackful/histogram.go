package main

import (
	"math/bits"
	"slices"
)

// A histogram counts durations in buckets that are 1/32 of their value wide, and
// remembers the largest exactly. The zero histogram is empty. It must be used by
// one goroutine at a time.
type histogram struct {
	counts   [64 * histogramSteps]uint64
	n        uint64
	min, max uint64
}

const histogramSteps = 32 // buckets for each power of two

func (h *histogram) add(v uint64) {
	h.counts[bucketOf(v)]++
	if h.n == 0 || v < h.min {
		h.min = v
	}
	h.n++
	h.max = max(h.max, v)
}

func bucketOf(v uint64) int {
	if v < histogramSteps {
		return int(v)
	}
	shift := bits.Len64(v) - 6 // v>>shift has 6 bits: a one and the step
	return (shift+1)*histogramSteps + int(v>>shift)%histogramSteps
}

// bucketStart is the smallest value of a bucket.
func bucketStart(i int) uint64 {
	if i < histogramSteps {
		return uint64(i)
	}
	shift := i/histogramSteps - 1
	return uint64(histogramSteps+i%histogramSteps) << shift
}

// quantile returns a value that the fraction q of all values do not exceed,
// rounded up by no more than 1/32 of it; 0 if the histogram is empty.
func (h *histogram) quantile(q float64) uint64 {
	left := uint64(q * float64(h.n))
	for i, c := range h.counts {
		if c > left {
			return max(h.min, min(bucketStart(i+1)-1, h.max))
		}
		left -= c
	}
	return h.max
}

// median returns the middle of xs, which it sorts; 0 if there are none.
func median(xs []float64) float64 {
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
