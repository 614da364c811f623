package poller

import (
	"fmt"
	"strings"
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

func init() { sched.QuitReport = quitReport }

// quitReport lists the tasks of all hubs, as Dump does, each with its stack. Of a hub that does not answer
// within a second it has the report of the task that runs, or else the stack of its goroutine.
func quitReport() string {
	type question struct {
		hub   *sched.Hub
		turns uint64
		asked *sched.Asked[[]sched.ListedTask]
	}
	var all []question
	for _, h := range sched.LiveHubs() {
		all = append(all, question{h, h.Turns.Load(), sched.Ask(h, (*sched.Hub).List)})
	}
	var b strings.Builder
	b.WriteString("\npoller: SIGQUIT: the tasks of the program; the stacks of all goroutines follow\n")
	begun := time.Now()
	for _, q := range all {
		tasks, err := q.asked.Answer(statsTimeout - time.Since(begun))
		fmt.Fprintf(&b, "\nhub %d, goroutine %d: ", q.hub.ID, q.hub.Goid)
		switch err {
		case nil:
			fmt.Fprintf(&b, "%d tasks\n", len(tasks))
			listTasks(&b, tasks)
		case sched.ErrEnded:
			b.WriteString("it has ended\n")
		default:
			waited := time.Since(begun)
			fmt.Fprintf(&b, "it has not answered for %v\n", waited.Round(time.Millisecond))
			if s, ok := q.hub.StalledFor(q.turns, waited); ok {
				b.WriteString(Stall{(*Task)(s.Task), s.For, s.Stack}.String())
			} else {
				b.Write(sched.GoroutineStack(q.hub.Goid))
				b.WriteString("\n")
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// listTasks writes the tasks with their stacks, without the calls of this module's library at the
// two ends.
func listTasks(b *strings.Builder, tasks []sched.ListedTask) {
	stackOf := sched.TaskStacks()
	for _, t := range tasks {
		b.WriteString(t.Line)
		if stackOf != nil {
			b.WriteString(sched.FramesText(stackOf(t.Task), "    "))
		}
	}
}
