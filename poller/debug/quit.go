package debug

import "github.com/stackful-go/stackful/poller/internal/sched"

// HandleQuit has SIGQUIT tell what the tasks of the program do, before it ends the program as Go does, with
// the stacks of all goroutines and the exit status 2. There the stack of a task stands on a goroutine
// without a name; HandleQuit prints, on standard error, the list of poller.Dump for each hub, and
// each task's stack without the calls of this library's engine. A hub that does not answer within a second is named,
// with the task that keeps it from answering, its stack, and what to do about that.
//
// A second signal ends the program at once. A program that has SIGQUIT ignored goes on to ignore
// it; one that handles it, by signal.Notify, must not call HandleQuit. Like signal.Notify, HandleQuit keeps the
// Go runtime, and Run, from finding that all goroutines, or tasks, wait for each other, but not in a
// program that `stackful build` has built: there it costs a thread that sleeps until the signal comes, and a
// handler of the program's own has precedence. `stackful run -tasks` calls it for every program.
//
// A second call does nothing; nor does any on Windows, Plan 9, and in WebAssembly, which lack the signal.
func HandleQuit() { sched.HandleQuit() }
