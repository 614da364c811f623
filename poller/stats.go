package poller

// hubStats counts, on the hub's goroutine only.
type hubStats struct {
	switches uint64
	parks    [parkReasons]uint64
	polls    uint64 // calls to the selector that did not wait
	waits    uint64 // calls that could
	events   uint64
	maxBatch int
	budgets  uint64 // times a task had to give way after ioBudget calls
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
