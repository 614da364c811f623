package sched

import (
	"time"
)

// Stats is poller.Stats.
type Stats struct {
	Tasks    int               // tasks that have not ended
	Ready    int               // ready tasks, without the running one
	Timers   int               // armed timers
	Switches uint64            // times that a task was switched to, or went on since no other was ready
	Parks    map[string]uint64 // times that a task parked, by Reason
	Polls    uint64            // polls of the selector that did not block
	Waits    uint64            // polls that could
	Events   uint64            // events of all polls
	MaxBatch int               // most events of one poll
	Batches  []uint64          // polls by their number of events: 0, 1, 2 to 3, 4 to 7, and so on
	TimerLag time.Duration     // by how much the latest timer was late
	Budgets  uint64            // times that a task yielded since IoBudget was used up
	Slices   uint64            // times that a task yielded since its time slice was over
}

// ReadStats returns a copy of h's counters. It must be called on h's goroutine.
func (h *Hub) ReadStats() Stats {
	s := &h.Stats
	parks := make(map[string]uint64)
	for why, n := range s.parks {
		if n > 0 {
			parks[Reason(why).String()] = n
		}
	}
	return Stats{
		Tasks: h.Tasks.Live, Ready: h.Ready.Len(), Timers: len(h.Timers.Entries), Switches: h.Turns.Load(), Parks: parks,
		Polls: s.polls, Waits: s.Waits, Events: s.events, MaxBatch: s.maxBatch, Batches: append([]uint64(nil), s.batches[:]...),
		TimerLag: time.Duration(s.maxLag), Budgets: s.budgets, Slices: s.slices,
	}
}

// A Snapshot is what a hub tells package debug of itself.
type Snapshot struct {
	Tasks []TaskInfo // that have not ended, in the order in which they were made
	Stats Stats
	Age   time.Duration // since Run began
}

// Snapshot returns the state of h and of its tasks. It must be called on h's goroutine. It makes no
// strings, which the caller of Ask makes on its own goroutine.
func (h *Hub) Snapshot() Snapshot {
	now := InstantNow()
	tasks := h.AllTasks()
	s := Snapshot{Tasks: make([]TaskInfo, len(tasks)), Stats: h.ReadStats(), Age: time.Duration(Nanotime() - h.started)}
	for i, t := range tasks {
		s.Tasks[i] = t.info(now)
	}
	return s
}
