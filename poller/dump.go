package poller

import (
	"fmt"
	"strings"
	"time"
)

// dump lists the tasks of h.
func (h *hub) dump() string {
	var b strings.Builder
	now := instantNow()
	for _, t := range h.allTasks() {
		fmt.Fprintf(&b, "%s: %s", t.Name(), t.doing())
		if k := t.work; k != nil && t != h.current {
			fmt.Fprintf(&b, ", for %v", time.Duration(now-k.since).Round(time.Microsecond))
		}
		if t.priority != PriorityNormal {
			fmt.Fprintf(&b, ", priority %+d", t.priority)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// doing says what t is up to.
func (t *Task) doing() string {
	x := t.extra.Load()
	switch {
	case t == t.hub.current:
		return "running"
	case x != nil && x.delay != nil:
		return "waiting for its start time"
	case !t.started:
		return "not started"
	case t.work.w.state.Load() == waiterWaiting:
		return "waiting for " + t.work.w.why.String()
	}
	return "ready, after waiting for " + t.work.w.why.String()
}
