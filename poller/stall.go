package poller

import (
	"fmt"
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
