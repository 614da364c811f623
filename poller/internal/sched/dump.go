package sched

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A ListedTask is a task, and its line of Dump.
type ListedTask struct {
	Task *Task
	Line string
}

// List returns the tasks of h that have not ended, in the order in which they were made. It must
// be called on h's goroutine.
func (h *Hub) List() []ListedTask {
	var all []ListedTask
	now := InstantNow()
	for _, t := range h.AllTasks() {
		i := t.info(now)
		all = append(all, ListedTask{t, fmt.Sprintf("%s: %s%s\n", TitleOf(t.Name(), i.Place()), i.Doing(), t.creation())})
	}
	return all
}

// Dump is List as text, one task a line.
func (h *Hub) Dump() string {
	var b strings.Builder
	for _, t := range h.List() {
		b.WriteString(t.Line)
	}
	return b.String()
}

// Doing returns the state of the task in words.
func (i *TaskInfo) Doing() string {
	var words string
	switch i.State {
	case TaskRunning:
		words = "running"
	case TaskDelayed:
		words = "waiting for its start time"
	case TaskNew:
		words = "not started"
	case TaskWaiting:
		words = "waiting for " + i.Wait
	case TaskReady:
		words = "ready, after waiting for " + i.Wait
	}
	if i.Lock != 0 {
		words += fmt.Sprintf(" %#x", i.Lock)
	}
	if i.Wait != "" {
		words += fmt.Sprintf(", for %v", i.For.Round(time.Microsecond))
	}
	if by := i.HeldBy(); by != "" {
		words += ", held by " + by
	}
	if i.Priority != PriorityNormal {
		words += fmt.Sprintf(", priority %+d", i.Priority)
	}
	return words
}

// isWaiting reports whether the task on k, which is parked, is not ready.
func (k *Fiber) isWaiting() bool {
	if k.carrier != 0 {
		return runtimepatch.Runtime.Waits(k.carrier)
	}
	return k.W.State.Load() == WaiterWaiting
}

// AllTasks returns all tasks of the hub that have not ended, in the order in which they
// were made. There is no list of them, whose upkeep each task would pay for: a task
// that has started is on a fiber, and one that has not is ready or delayed.
func (h *Hub) AllTasks() []*Task {
	var all []*Task
	for k := h.Fibers.All; k != nil; k = k.Older {
		if t := k.Task; t != nil && t.Fiber != nil {
			all = append(all, t)
		}
	}
	h.Ready.each(func(t *Task) {
		if !t.started && !t.HasEnded.Load() {
			all = append(all, t)
		}
	})
	for i := range h.Timers.Entries {
		if d, ok := h.Timers.Entries[i].T.Owner.(*delay); ok {
			all = append(all, d.task)
		}
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// waitingFor says what the parked task on k waits for.
func (k *Fiber) waitingFor() string {
	if k.carrier != 0 {
		return runtimepatch.Runtime.Reason(k.carrier)
	}
	return k.W.Why.String()
}
