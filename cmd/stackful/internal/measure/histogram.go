package measure

import "math/bits"

// A Histogram counts durations in buckets that are 1/32 of their value wide, and
// remembers the smallest and the largest exactly. The unit is the caller's: nanoseconds, or
// cycles. The zero Histogram is empty. It must be used by one goroutine at a time.
//
// Add is called between two readings of the clock, so it neither allocates nor divides.
type Histogram struct {
	counts   [64 * steps]uint64
	n        uint64
	min, max uint64
}

// steps is the number of buckets for each power of two.
const steps = 32

// Add counts v.
func (h *Histogram) Add(v uint64) {
	h.counts[bucketOf(v)]++
	if h.n == 0 || v < h.min {
		h.min = v
	}
	h.n++
	h.max = max(h.max, v)
}

// Merge adds all values of o.
func (h *Histogram) Merge(o *Histogram) {
	if o.n == 0 {
		return
	}
	for i, c := range o.counts {
		h.counts[i] += c
	}
	if h.n == 0 || o.min < h.min {
		h.min = o.min
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// N returns how many values were added.
func (h *Histogram) N() uint64 { return h.n }

// Max returns the largest value, 0 if there are none.
func (h *Histogram) Max() uint64 { return h.max }

// bucketOf returns the bucket of v: one for each value below steps, then steps for each
// power of two, by the bits that follow the highest one.
func bucketOf(v uint64) int {
	if v < steps {
		return int(v)
	}
	shift := bits.Len64(v) - 6 // v>>shift has 6 bits: a one and the step
	return (shift+1)*steps + int(v>>shift)%steps
}

// bucketStart is the smallest value of a bucket.
func bucketStart(i int) uint64 {
	if i < steps {
		return uint64(i)
	}
	shift := i/steps - 1
	return uint64(steps+i%steps) << shift
}

// Quantile returns a value that the fraction q of all values do not exceed,
// rounded up by no more than 1/32 of it; 0 if the histogram is empty.
func (h *Histogram) Quantile(q float64) uint64 {
	left := uint64(q * float64(h.n))
	for i, c := range h.counts {
		if c > left {
			return max(h.min, min(bucketStart(i+1)-1, h.max))
		}
		left -= c
	}
	return h.max
}
