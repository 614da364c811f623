package sched

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A Hub is the scheduler of one goroutine, for the time of one Run. Its tasks
// switch to each other directly: a task that parks takes the next ready one out
// of the queue and switches to its stack. If the queue is empty, or it is time to
// look at descriptors and timers, it switches home, to the stack that called Run: so
// a parked task has few frames on its stack, and never needs room for what is deep.
//
// This file has the hub's state, switch.go the switch from task to task, loop.go the
// part of home, run.go the beginning and the end.
//
// Fields without a lock belong to the hub's goroutine.
type Hub struct {
	// What each switch uses.
	Current        *Task // the task that runs; nil while something is scheduled
	Ready          ReadyQueue
	Deferred       deferredTasks // ready too, but the collector is in their way
	Timers         Timers
	now            int64                // the time when descriptors or timers were looked at last
	skipped        int                  // looks since descriptors were looked at
	tick           uint32               // resumptions until they are looked at again
	ioCount        uint32               // successful I/O calls of the current task since it was resumed
	PreemptRequest atomic.Uint32        // not 0: the current task is to give way, see slice.go
	preemptIdle    uint32               // what due is when a task is resumed: 0, or preemptRandom in a simulation
	Turns          atomic.Uint64        // resumptions; written by the hub's goroutine only
	shown          atomic.Pointer[Task] // current, for other goroutines: the last one that was resumed

	ID         uint64
	Goid       uint64
	IsPortable bool // each stack is a goroutine of its own
	IsShared   bool // this is the background hub: it has a goroutine but no tasks

	waitHook func(*stackful.Stack) *stackful.Stack // of the goroutine, outside of Run

	root   rootStack
	Fibers fiberPool
	Tasks  taskTable
	Scopes scopeList
	Ending hubEnding
	IO     HubIO
	Wake   hubWake
	locals []any // see HubLocal

	Stats   hubStats
	Watcher watcher

	Virtual *Virtual // nil unless Simulate made the hub

	Labelled bool   // tasks have labels of their own, see labels.go
	labels   labels // of the goroutine when it runs no task; if labelled
}

// A rootStack is the stack that called Run: home, where it is found out who runs next if
// a task that parks cannot do that itself.
type rootStack struct {
	task         Task // stands for the stack; of its fiber, only its place is used
	stack        *stackful.Stack
	needSchedule bool  // home is to find out who runs next, beginning with
	next         *Task // this one, if it is not nil
	yielding     *Task // becomes ready when home has looked around
}

// A fiberPool is the stacks that tasks run on, with their fibers.
type fiberPool struct {
	slab []Fiber // allocated and not used yet
	Idle *Fiber  // those that wait for a task
	N    int     // number of idle ones
	All  *Fiber  // all that have not ended, the last one that was made first
}

// A taskTable has the tasks that are to be made, and the number of those that there are.
type taskTable struct {
	slab    []Task // allocated and not used yet
	lastID  uint64
	Live    int // number of tasks that have not ended
	Joining int // those of them that wait for another task of this hub
}

// A scopeList is the WithTimeouts of a hub's tasks.
type scopeList struct {
	Overdue   []*Scope // their time is up, and their error has not been raised
	lastOrder uint64   // of the last one that was begun
}

// A hubEnding is how a Run comes to its end.
type hubEnding struct {
	main    *Task // its end is the end of Run
	Dying   bool  // Run is ending: tasks that park are killed
	stuck   []*Task
	failure error // ends Run; of the selector, mostly
}

// A HubIO is the selector of a hub, and what the hub has in it or is to close at its end.
type HubIO struct {
	Sel     selector.Selector
	events  [selector.Batch]selector.Event
	found   [selector.Batch]Source // see dispatch
	Slots   SlotTable
	closers closerSet
}

// A hubWake is how other goroutines reach a hub.
type hubWake struct {
	Mail    Mailbox
	Waiting atomic.Bool // blocked in the selector, or about to be: who posts must wake
}

// LockID is what h has for the locks of sources, see biased.Lock. h may be nil.
func (h *Hub) LockID() uint64 {
	if h == nil {
		return 0
	}
	return h.ID
}

// Here returns the calling goroutine's hub, nil if it has none.
func Here() *Hub { return (*Hub)(stackful.Slot()) }

// setHere makes h, or nil, the calling goroutine's hub.
func setHere(h *Hub) { stackful.SetSlot(unsafe.Pointer(h)) }

// CurrentTask returns the task that calls, nil outside any.
func CurrentTask() *Task {
	if h := Here(); h != nil {
		return h.Current
	}
	return nil
}

func New() (*Hub, error) {
	sel, err := selector.New()
	if err != nil {
		return nil, err
	}
	return newOf(sel), nil
}

func newOf(sel selector.Selector) *Hub {
	biased.Prepare()
	h := &Hub{ID: biased.NewID(), Goid: asm.Goid(), IsPortable: !stackful.Backend().Native,
		now: Nanotime(), tick: PollInterval}
	h.IO.Sel = sel
	h.IO.Slots.Init()
	return h
}
