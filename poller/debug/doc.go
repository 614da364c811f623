// Package debug shows what the tasks of a running program do: as a page, as text, as JSON, and as a
// timeline that Perfetto and Chrome open.
//
//	go http.ListenAndServe("localhost:6060", debug.Handler())
//
// Handler's page lists the hubs of the process (each Run is one) and their tasks: the name, where it
// was started, what it waits for and how long, and its stack. It is for people; with
// ?format=text it is text, and with ?format=json a Report. Record writes a timeline. HandleQuit has
// SIGQUIT list the tasks.
//
// None of this costs a hub anything while nobody asks. A question costs it a walk over its tasks
// between two of them; and stacks stop the world for some 15 µs a goroutine and task, so that
// ?stacks=0 leaves them out, as does a process with more than 10,000 of them.
//
// The pages show stacks and names of the program: like those of net/http/pprof they belong on an
// address that strangers do not reach.
//
// Hubs of poller.Simulate are not listed, since a question would disturb what the seed determines.
package debug
