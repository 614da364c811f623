package poller

// hubStats counts, on the hub's goroutine only.
type hubStats struct {
	switches uint64
	parks    [parkReasons]uint64
	polls    uint64
	waits    uint64
	events   uint64
	maxBatch int
	budgets  uint64
}

func (s *hubStats) polled(n int, blocked bool) {
	if blocked {
		s.waits++
	} else {
		s.polls++
	}
	s.events += uint64(n)
	s.maxBatch = max(s.maxBatch, n)
}

// Stats is what a hub has done since its Run began, and what it has to do now.
type Stats struct {
	Tasks    int               // tasks that have not ended
	Ready    int               // of them, those that could run
	Timers   int               // armed timers
	Switches uint64            // times that a task gave way, ended ones included
	Parks    map[string]uint64 // the same by what was waited for
	Polls    uint64            // looks at the descriptors that did not wait
	Waits    uint64            // looks that could
	Events   uint64            // events that they brought
	MaxBatch int               // most events of one look
	Budgets  uint64            // times a task had to give way since its I/O never waited
}

// ReadStats returns the figures of the calling task's hub. It panics outside of Run.
func ReadStats() Stats {
	h := Here().h
	s := &h.stats
	parks := make(map[string]uint64)
	for why, n := range s.parks {
		if n > 0 {
			parks[parkReason(why).String()] = n
		}
	}
	return Stats{
		Tasks: h.live, Ready: h.ready.n, Timers: len(h.timers.heap), Switches: s.switches, Parks: parks,
		Polls: s.polls, Waits: s.waits, Events: s.events, MaxBatch: s.maxBatch, Budgets: s.budgets,
	}
}
