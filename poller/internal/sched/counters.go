package sched

import "math/bits"

// hubStats is a hub's counters, written and read on its goroutine only; another goroutine
// posts a function that reads them. See Stats for their meaning.
type hubStats struct {
	parks    [reasons]uint64
	polls    uint64 // of the selector, without blocking
	Waits    uint64 // of the selector, that could block
	events   uint64
	maxBatch int
	batches  [batchClasses]uint64 // by the binary logarithm of their size
	maxLag   int64                // nanoseconds
	budgets  uint64
	slices   uint64
}

// batchClasses is the number of classes of batch sizes: 0, 1, 2-3, 4-7, up to
// selector.Batch.
const batchClasses = 10

// polled counts a call of the selector that has returned n events.
func (s *hubStats) polled(n int, blocked bool) {
	if blocked {
		s.Waits++
	} else {
		s.polls++
	}
	s.events += uint64(n)
	s.maxBatch = max(s.maxBatch, n)
	s.batches[bits.Len(uint(n))]++
}

// late records that the earliest timer fired lag nanoseconds after its instant.
func (s *hubStats) late(lag int64) { s.maxLag = max(s.maxLag, lag) }
