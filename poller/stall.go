package poller

import (
	"fmt"
	"time"
)

// A Stall reports a task that has run for so long without a switch that the other tasks of
// its hub wait for it: it computes, or is in a call that blocks the goroutine. See
// Options.MonitorAfter.
//
// The stack is taken while the task runs, so it shows the task's calls. The runtime can
// only print all stacks, so the world stops that long, in proportion to the number of tasks
// and goroutines; this is done once for each stall.
type Stall struct {
	Task  *Task         // the running task; its Name may be called on any goroutine
	For   time.Duration // it has run for at least this long without a switch
	Stack []byte        // of the hub's goroutine, as runtime.Stack prints it
}

func (s Stall) String() string {
	return fmt.Sprintf("poller: %s has not switched for %v\n%s", s.Task.Name(), s.For, s.Stack)
}
