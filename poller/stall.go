package poller

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// A Stall reports a task that has run for so long without a switch that the other tasks of
// its hub wait for it: it computes, or is in a call that blocks the goroutine. See
// Options.MonitorAfter.
//
// The stack is taken while the task runs, so it shows the task's calls. The runtime can
// only print all stacks, so the world stops that long, in proportion to the number of tasks
// and goroutines: where there are more than 10,000 goroutines, Stack is nil.
type Stall struct {
	Task  *Task         // the running task; its Name may be called on any goroutine
	For   time.Duration // it has run for at least this long without a switch
	Stack []byte        // of the hub's goroutine, as runtime.Stack prints it
}

// String names the task, and says what it does and what to do about that, as far as its stack
// tells, and has the stack, without the calls of this module's library at its two ends.
func (s Stall) String() string {
	frames := sched.Frames(s.Stack)
	text := fmt.Sprintf("poller: %s has not switched for %v, and the tasks beside it wait", s.title(frames), s.For.Round(time.Millisecond))
	if s.Stack == nil {
		return text + " (there are too many goroutines to print its stack)\n"
	}
	head, _, _ := bytes.Cut(s.Stack, []byte("\n"))
	return fmt.Sprintf("%s\n%s\n%s\n%s", text, s.remedy(), head, sched.FramesText(frames, ""))
}

// title returns the name of the task, and of the function with which it was started.
func (s Stall) title(frames []sched.Frame) string {
	if len(frames) == 0 {
		return s.Task.Name()
	}
	return sched.TitleOf(s.Task.Name(), sched.Place{Function: frames[len(frames)-1].Function})
}

// orPatched is the remedy that goes for all of the standard library.
const orPatched = ", or build with `stackful build`; see docs/patch.md"

// remedies are what a stalled goroutine may be in: a call that is on its stack, or the state in
// its first line, with what to do. The first that fits is the cause: a WaitGroup waits for a
// semaphore, too, and much else in a system call.
var remedies = []struct{ sign, remedy string }{
	{"sync.(*RWMutex).", "a sync.RWMutex: use poller.RWMutex" + orPatched}, // it has a Mutex
	{"sync.(*Mutex).", "a sync.Mutex, which has no owner to be named: use poller.Mutex, whose holder Dump names" + orPatched},
	{"sync.(*WaitGroup).", "a sync.WaitGroup: use poller.WaitGroup" + orPatched},
	{"sync.(*Cond).", "a sync.Cond: use poller.Cond" + orPatched},
	{"time.Sleep(", "time.Sleep: use poller.Sleep" + orPatched},
	{"[chan receive", "a channel: use poller.Chan, or poller.RecvFrom" + orPatched},
	{"[chan send", "a channel: use poller.Chan, or poller.SendTo" + orPatched},
	{"[select", "a select: use poller.Select, or poller.Await" + orPatched},
	{"[coroutine", "iter.Pull: use coro.Pull" + orPatched},
	{"runtime.cgocall(", "C code: call it in poller.Await"},
	{"net.(*Resolver).", "a look-up of a name: use poller.Dial, or poller.Await" + orPatched},
	{"internal/poll.(*FD).", "a call of package net or os: use package poller's, or poller.Await" + orPatched},
	{"[syscall", "a system call: make it in poller.Await"},
	{"syscall.Syscall", "a system call: make it in poller.Await"},
	{"[runnable", computes}, {"[running", computes},
}

const computes = "it computes: call poller.Checkpoint now and then, compute in poller.Await, or see Options.Preempt and docs/preemption.md"

// remedyFrames is how many frames of a stack are looked at, from the innermost one.
const remedyFrames = 12

// remedy returns what to do about the stall.
func (s Stall) remedy() string {
	lines := bytes.SplitN(s.Stack, []byte("\n"), 2*remedyFrames+2) // a frame has two lines
	top := string(bytes.Join(lines[:min(len(lines), 2*remedyFrames+1)], []byte("\n")))
	for _, r := range remedies {
		if strings.Contains(top, r.sign) {
			return r.remedy
		}
	}
	return "what blocks a goroutine is to be called in poller.Await"
}
