package sched

import (
	"math/bits"
	"time"
)

// hubStats counts, on the hub's goroutine only.
type hubStats struct {
	parks    [reasons]uint64
	polls    uint64
	Waits    uint64
	events   uint64
	maxBatch int
	batches  [batchClasses]uint64
	maxLag   int64
	budgets  uint64
	slices   uint64
}

// batchClasses is how many sizes of batches are told apart: 0, 1, 2-3, 4-7, up to
// selector.Batch.
const batchClasses = 10

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

func (s *hubStats) late(lag int64) { s.maxLag = max(s.maxLag, lag) }

// Stats is poller.Stats.
type Stats struct {
	Tasks    int               // tasks that have not ended
	Ready    int               // of them, those that could run
	Timers   int               // armed timers
	Switches uint64            // times that a task was switched to, or went on since no other was ready
	Parks    map[string]uint64 // times that a task gave way, by what it waited for
	Polls    uint64            // looks at the descriptors that did not wait
	Waits    uint64            // looks that could
	Events   uint64            // events that they brought
	MaxBatch int               // most events of one look
	Batches  []uint64          // looks by their number of events: 0, 1, 2 to 3, 4 to 7, and so on
	TimerLag time.Duration     // by how much the latest timer was late
	Budgets  uint64            // times a task had to give way since its I/O never waited
	Slices   uint64            // times a task was told that its time slice was over
}

func (h *Hub) ReadStats() Stats {
	s := &h.Stats
	parks := make(map[string]uint64)
	for why, n := range s.parks {
		if n > 0 {
			parks[Reason(why).String()] = n
		}
	}
	return Stats{
		Tasks: h.Tasks.Live, Ready: h.Ready.Len(), Timers: len(h.Timers.Heap), Switches: h.Turns.Load(), Parks: parks,
		Polls: s.polls, Waits: s.Waits, Events: s.events, MaxBatch: s.maxBatch, Batches: append([]uint64(nil), s.batches[:]...),
		TimerLag: time.Duration(s.maxLag), Budgets: s.budgets, Slices: s.slices,
	}
}
