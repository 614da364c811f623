package poller

import (
	"fmt"
	"strings"
)

// dump lists the tasks of h.
func (h *hub) dump() string {
	var b strings.Builder
	for t := h.all.head; t != nil; t = t.next {
		fmt.Fprintf(&b, "%s: %s\n", t.Name(), t.doing())
	}
	return b.String()
}

// doing says what t is up to.
func (t *Task) doing() string {
	switch {
	case t == t.hub.current:
		return "running"
	case t.w.state.Load() == waiterWaiting:
		return "waiting for " + t.w.why.String()
	case !t.started:
		return "not started"
	}
	return "ready"
}

// Dump returns a list of the tasks of the calling task's hub, a line for each:
// its name, and what it waits for. It panics outside of Run.
func Dump() string { return Here().h.dump() }
