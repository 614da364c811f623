package sched

import (
	"runtime/debug"
	"testing"
)

// Tasks that are ready, and of which each parks in the runtime beside the next one, do not keep the hub from its polls.
func TestNextOfParking_polls(t *testing.T) {
	if !RuntimePatched() {
		t.Skip("this program's runtime is not patched")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // while it marks, the root loop chooses, and polls
	const tasks = 4000
	const polls = tasks / (PollInterval * pollSkips)
	err := Options{}.Run(func() {
		h := Here()
		looked := make(map[int64]bool)
		over := make(chan bool)
		for range tasks {
			Go(func() {
				h.Yield(ParkYield) // so that it has a stack, and stands in the ring
				looked[h.now] = true
				<-over
			})
		}
		h.Yield(ParkYield)
		h.Yield(ParkYield)
		if len(looked) < polls {
			t.Errorf("%d tasks have parked, with %d polls, want %d or more", tasks, len(looked), polls)
		}
		close(over)
	})
	if err != nil {
		t.Error(err)
	}
}
