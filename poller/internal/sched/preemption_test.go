package sched

import (
	"testing"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A switch drops a request to preempt that was meant for the task before; but not one that may tell of a task
// of higher priority, which the hub may not have seen yet.
func TestPreemption_requestAtSwitch(t *testing.T) {
	if runtimepatch.Runtime == nil {
		t.Skip("this program's runtime is not patched")
	}
	const byAsk, byTime = 1, runtimepatch.PreemptedByTime
	for _, c := range []struct{ preempts, asked, want uint32 }{
		{runtimepatch.PreemptWakers, byAsk, byAsk},
		{runtimepatch.PreemptWakers, byTime, 0},
		{runtimepatch.PreemptSlices, byAsk, 0},
		{runtimepatch.PreemptSlices, byTime, 0},
	} {
		h := new(Hub)
		h.rt.Preempts, h.rt.Asked = c.preempts, c.asked
		h.beginSlice()
		if h.rt.Asked != c.want {
			t.Errorf("preempts %d, asked %d: %d after the switch, want %d", c.preempts, c.asked, h.rt.Asked, c.want)
		}
	}
}
