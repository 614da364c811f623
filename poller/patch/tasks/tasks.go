// Package tasks has the program that imports it run as tasks: its main function is the first task of a
// poller.Run that adopts go statements (see poller.Options.AdoptGo), so that all of the program runs on one
// goroutine. A task that computes for 10 ms is preempted (see poller.Options.Preempt). The race detector reports no race
// between two tasks.
//
//	stackful run -tasks ./cmd/prog
//
// links it to a program that knows nothing of it. To import it in package main does the same, if the
// program is built by `stackful build`; in others it ends the program, before main, with a text that says so.
//
// Go statements that functions of init execute start goroutines, as main does not run yet. When main returns
// the program ends, and the other tasks with it: their deferred calls do not run, as those of goroutines do
// not. A program all of whose tasks wait for each other ends as Go ends it, a second later. SIGQUIT lists the
// tasks before it ends the program, see debug.HandleQuit. The repository's docs/patch.md says more.
package tasks

import (
	"fmt"
	"os"

	_ "github.com/stackful-go/stackful/poller" // sets what package sched needs of it
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/patch"
)

func init() {
	if err := patch.Require(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	sched.RunPrograms()
	sched.HandleQuit()
}
