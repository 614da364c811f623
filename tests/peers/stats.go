package main

import (
	"math/bits"
	"slices"
	"time"
)

// A histogram counts durations in buckets that are 1/32 of their value wide.
type histogram struct {
	counts [64 * 32]int64
	n      int64
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(uint64(d))]++
	h.n++
}

func bucketOf(v uint64) int {
	if v < 32 {
		return int(v)
	}
	shift := bits.Len64(v) - 6 // v>>shift has 6 bits: a one and the step
	return (shift+1)*32 + int(v>>shift)%32
}

// quantile returns the start of the bucket that the fraction q of all is below.
func (h *histogram) quantile(q float64) time.Duration {
	left := int64(q * float64(h.n))
	for i, c := range h.counts {
		if left -= c; left < 0 {
			if i < 32 {
				return time.Duration(i)
			}
			return time.Duration(uint64(32+i%32) << (i/32 - 1))
		}
	}
	return 0
}

// median returns the middle of xs; 0 if there are none.
func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	xs = slices.Sorted(slices.Values(xs))
	return (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2
}
