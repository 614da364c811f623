package sched

import (
	"time"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// A TaskInfo is a task that had not ended at the time of the snapshot. It has what only the hub's
// goroutine may read; any goroutine may use it.
type TaskInfo struct {
	Task     *Task
	State    TaskState
	Wait     string        // what it waits for, or has waited for if it is ready; empty if it has not started
	Lock     uintptr       // the address of the sync.Mutex or sync.RWMutex that it waits for; 0 if for none, or that is not known
	For      time.Duration // since it was parked; 0 if it runs, or has not started
	Priority Priority
	entry    uintptr

	holder      *Task // of the lock that it waits for; nil if that is not known
	holderEntry uintptr
}

// A TaskState is what a task does.
type TaskState string

// The states of a task that has not ended.
const (
	TaskNew     TaskState = "new"     // it has not started
	TaskDelayed TaskState = "delayed" // by GoAfter, its start time has not come
	TaskRunning TaskState = "running"
	TaskReady   TaskState = "ready"
	TaskWaiting TaskState = "waiting"
)

// Place returns where the task was started.
func (i *TaskInfo) Place() Place { return placeOf(i.entry) }

// HeldBy returns the title of the task that holds the lock that the task waits for, a Mutex, or a RWMutex
// locked for writing; empty if it waits for none, or if that is not known. The place of a task of
// another hub is not known.
func (i *TaskInfo) HeldBy() string {
	if i.holder == nil {
		return ""
	}
	title := TitleOf(i.holder.Name(), placeOf(i.holderEntry))
	if i.holder.HasEnded.Load() {
		title += ", which has ended"
	}
	return title
}

// info returns what is to be told of t at the instant now.
func (t *Task) info(now int64) TaskInfo {
	i := TaskInfo{Task: t, Priority: t.prio, entry: t.entry()}
	k, x := t.Fiber, t.Extra.Load()
	switch {
	case t == t.Hub.Current:
		i.State = TaskRunning
		return i
	case x != nil && x.delay != nil:
		i.State = TaskDelayed
		return i
	case !t.started:
		i.State = TaskNew
		return i
	case k.isWaiting():
		i.State = TaskWaiting
		if k.carrier != 0 && t.Hub.Virtual == nil { // the log of a simulation must be the same in each process
			i.Lock = runtimepatch.Runtime.Lock(k.carrier)
		}
		if i.holder = k.holder(); i.holder != nil {
			i.holderEntry = i.holder.entryFor(t.Hub)
		}
	default:
		i.State = TaskReady
	}
	i.Wait = k.waitingFor()
	i.For = time.Duration(now - k.since)
	return i
}
