package poller

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"time"
)

// A Stall says that a task has run for so long without a switch that the other
// tasks of its hub wait for it: it computes, or is in a call that blocks the
// goroutine. See Options.MonitorAfter.
//
// The stack is taken while the task goes on, so it shows what the task does. The
// runtime can only print all stacks, so the world stops that long, in proportion
// to the number of tasks and goroutines; this is done once for each stall.
type Stall struct {
	Task  *Task         // who runs; its Name may be asked for on any goroutine
	For   time.Duration // it has run at least that long without a switch
	Stack []byte        // of the hub's goroutine, as runtime.Stack prints it
}

func (s Stall) String() string {
	return fmt.Sprintf("poller: %s has not switched for %v\n%s", s.Task.Name(), s.For, s.Stack)
}

func printStall(s Stall) { fmt.Fprintln(os.Stderr, s) }

func (w *watcher) reportStall(d time.Duration) {
	t := w.hub.shown.Load()
	if t == nil {
		return
	}
	goid := w.hub.goid
	if w.hub.isPortable {
		if x := t.extra.Load(); x != nil {
			goid = x.goid.Load()
		}
	}
	stack := goroutineStack(goid)
	if w.hub.turns.Load() != w.turn || w.hub.wake.waiting.Load() {
		return // it is over, and who is in the stack is somebody else
	}
	w.report(Stall{Task: t, For: d, Stack: stack})
}

// goroutineStack returns the stack of a goroutine, as runtime.Stack prints it; nil
// if there is no such goroutine.
func goroutineStack(goid uint64) []byte {
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
