package sched

import (
	"bytes"
	"fmt"
	"runtime"
	"time"
)

// A Stall is poller.Stall.
type Stall struct {
	Task  *Task         // the running task; its Name may be called on any goroutine
	For   time.Duration // it has run at least that long without a switch
	Stack []byte        // of the hub's goroutine, as runtime.Stack prints it
}

// reportStall calls report if the task of the turn has run for d. It is called by the watcher, on
// its timer's goroutine.
func (h *Hub) reportStall(report func(Stall), turn uint64, d time.Duration) {
	t := h.shown.Load()
	if t == nil {
		return
	}
	goid := h.Goid
	if h.IsPortable {
		if x := t.Extra.Load(); x != nil {
			goid = x.goid.Load()
		}
	}
	stack := GoroutineStack(goid)
	if h.Turns.Load() != turn || h.Wake.Waiting.Load() {
		return // the task has switched meanwhile, and the stack may be another's
	}
	report(Stall{Task: t, For: d, Stack: stack})
}

// GoroutineStack returns the stack of a goroutine, as runtime.Stack prints it; nil
// if there is no such goroutine.
func GoroutineStack(goid uint64) []byte {
	buf := make([]byte, 256<<10)
	n := runtime.Stack(buf, true)
	head := fmt.Appendf(nil, "goroutine %d ", goid)
	for ; ; n = runtime.Stack(buf, true) {
		at := 0
		if !bytes.HasPrefix(buf[:n], head) {
			if at = 2 + bytes.Index(buf[:n], append([]byte("\n\n"), head...)); at == 1 {
				at = n
			}
		}
		end := bytes.Index(buf[at:n], []byte("\n\n"))
		switch {
		case end >= 0:
			return bytes.Clone(buf[at : at+end])
		case n < len(buf):
			return bytes.Clone(buf[at:n])
		}
		buf = make([]byte, 4*len(buf)) // it was cut short
	}
}
