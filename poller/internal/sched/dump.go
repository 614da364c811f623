package sched

import (
	"fmt"
	"strings"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// Dump lists the tasks of h that have not ended, one a line, in the order in which they were
// made. It must be called on h's goroutine.
func (h *Hub) Dump() string {
	var b strings.Builder
	now := InstantNow()
	for _, t := range h.AllTasks() {
		fmt.Fprintf(&b, "%s: %s", t.Name(), t.doing())
		if k := t.Fiber; k != nil && t != h.Current {
			fmt.Fprintf(&b, ", for %v", time.Duration(now-k.since).Round(time.Microsecond))
		}
		if t.prio != PriorityNormal {
			fmt.Fprintf(&b, ", priority %+d", t.prio)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// doing returns the state of t in words.
func (t *Task) doing() string {
	x := t.Extra.Load()
	switch {
	case t == t.Hub.Current:
		return "running"
	case x != nil && x.delay != nil:
		return "waiting for its start time"
	case !t.started:
		return "not started"
	case t.Fiber.isWaiting():
		return "waiting for " + t.Fiber.waitingFor()
	}
	return "ready, after waiting for " + t.Fiber.waitingFor()
}

// isWaiting reports whether the task on k, which is parked, is not ready.
func (k *Fiber) isWaiting() bool {
	if k.carrier != 0 {
		return runtimepatch.Runtime.Waits(k.carrier)
	}
	return k.W.State.Load() == WaiterWaiting
}
