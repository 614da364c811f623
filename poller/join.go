package poller

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/sched"
)

// JoinAll waits until all tasks have ended, and returns the error of the first
// of them, in the order of the arguments, that has one.
func JoinAll(tasks ...*Task) error {
	var first error
	for _, t := range tasks {
		if err := t.Join(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// JoinAny waits until one of the tasks has ended, and returns it: of several, the
// first in the order of the arguments. Its Err tells how it ended. Without tasks
// it returns nil at once. Like Join, it may be called from any goroutine.
func JoinAny(tasks ...*Task) *Task { return joinAny(tasks, sched.Never) }

// JoinAnyTimeout is JoinAny with a limit. It returns nil if no task has ended when
// d has passed.
func JoinAnyTimeout(d time.Duration, tasks ...*Task) *Task { return joinAny(tasks, sched.After(d)) }

func joinAny(tasks []*Task, at int64) *Task {
	if t := firstEnded(tasks); t != nil || len(tasks) == 0 {
		return t
	}
	h := sched.Here()
	w := sched.BeginWait(h, sched.ParkJoinAny)
	nodes := make([]sched.Node, len(tasks))
	isOver := false
	for i, t := range tasks {
		nodes[i].W = w
		if !t.sched().EnqueueJoin(h, &nodes[i]) { // it has ended meanwhile, on another goroutine
			isOver = w.Claim(nil)
			break // if the Claim has failed, the claimant resumes w
		}
	}
	var err error
	if !isOver {
		err = w.Wait(h, at)
	}
	for i := range nodes {
		tasks[i].sched().DequeueJoin(h, &nodes[i])
	}
	sched.Raise(h, err)
	return firstEnded(tasks)
}

func firstEnded(tasks []*Task) *Task {
	for _, t := range tasks {
		if t.HasEnded.Load() {
			return t
		}
	}
	return nil
}
