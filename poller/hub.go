package poller

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/selector"
)

// A hub is the scheduler of one goroutine, for the time of one Run. Its tasks
// switch to each other directly: a task that parks takes the next ready one out
// of the queue and switches to its stack. If the queue is empty, or it is time to
// look at descriptors and timers, it switches home, to the stack that called Run: so
// a parked task has few frames on its stack, and never needs room for what is deep.
//
// This file has the hub's state, switch.go the switch from task to task, loop.go the
// part of home, run.go the beginning and the end.
//
// Fields without a lock belong to the hub's goroutine.
type hub struct {
	// What each switch uses.
	current *Task // the task that runs; nil while something is scheduled
	ready   readyQueue
	held    heldTasks // ready too, but the collector is in their way
	timers  timers
	now     int64                // the time when descriptors or timers were looked at last
	skipped int                  // looks since descriptors were looked at
	tick    uint32               // resumptions until they are looked at again
	spent   uint32               // successful I/O calls of the current task since it was resumed
	due     atomic.Uint32        // not 0: the current task is to give way, see slice.go
	calm    uint32               // what due is when a task is resumed: 0, or dueChance in a simulation
	turns   atomic.Uint64        // resumptions; written by the hub's goroutine only
	shown   atomic.Pointer[Task] // current, for other goroutines: the last one that was resumed

	id         uint64
	goid       uint64
	isPortable bool // each stack is a goroutine of its own
	isShared   bool // this is the background hub: it has a goroutine but no tasks

	waitHook func(*stackful.Stack) *stackful.Stack // of the goroutine, outside of Run

	root   rootStack
	fibers fiberPool
	tasks  taskTable
	scopes scopeList
	ending hubEnding
	io     hubIO
	wake   hubWake
	locals []any // see hubLocal

	stats   hubStats
	watcher watcher

	sim *virtual // nil unless Simulate made the hub

	labelled bool   // tasks have labels of their own, see labels.go
	labels   labels // of the goroutine when it runs no task; if labelled
}

// A rootStack is the stack that called Run: home, where it is found out who runs next if
// a task that parks cannot do that itself.
type rootStack struct {
	task         Task // stands for the stack; of its worker, only its place is used
	stack        *stackful.Stack
	needSchedule bool  // home is to find out who runs next, beginning with
	next         *Task // this one, if it is not nil
	yielding     *Task // becomes ready when home has looked around
}

// A fiberPool is the stacks that tasks run on, with their workers.
type fiberPool struct {
	slab []worker // allocated and not used yet
	idle *worker  // those that wait for a task
	n    int      // number of idle ones
	all  *worker  // all that have not ended, the last one that was made first
}

// A taskTable has the tasks that are to be made, and the number of those that there are.
type taskTable struct {
	slab    []Task // allocated and not used yet
	lastID  uint64
	live    int // number of tasks that have not ended
	joining int // those of them that wait for another task of this hub
}

// A scopeList is the WithTimeouts of a hub's tasks.
type scopeList struct {
	overdue   []*scope // their time is up, and their error has not been raised
	lastOrder uint64   // of the last one that was begun
}

// A hubEnding is how a Run comes to its end.
type hubEnding struct {
	main    *Task // its end is the end of Run
	dying   bool  // Run is ending: tasks that park are killed
	stuck   []*Task
	failure error // ends Run; of the selector, mostly
}

// A hubIO is the selector of a hub, and what the hub has in it or is to close at its end.
type hubIO struct {
	sel     selector.Selector
	events  [selector.Batch]selector.Event
	found   [selector.Batch]source // see dispatch
	slots   slotTable
	closers closerSet
}

// A hubWake is how other goroutines reach a hub.
type hubWake struct {
	mail    mailbox
	waiting atomic.Bool // blocked in the selector, or about to be: who posts must wake
}

// lockID is what h has for the locks of sources, see biased.Lock. h may be nil.
func (h *hub) lockID() uint64 {
	if h == nil {
		return 0
	}
	return h.id
}

// currentHub returns the calling goroutine's hub, nil if it has none.
func currentHub() *hub { return (*hub)(stackful.Slot()) }

// setHub makes h, or nil, the calling goroutine's hub.
func setHub(h *hub) { stackful.SetSlot(unsafe.Pointer(h)) }

// currentTask returns the task that calls, nil outside any.
func currentTask() *Task {
	if h := currentHub(); h != nil {
		return h.current
	}
	return nil
}

func newHub() (*hub, error) {
	sel, err := selector.New()
	if err != nil {
		return nil, err
	}
	return newHubOf(sel), nil
}

func newHubOf(sel selector.Selector) *hub {
	biased.Prepare()
	h := &hub{id: biased.NewID(), goid: asm.Goid(), isPortable: !stackful.Backend().Native,
		now: nanotime(), tick: pollInterval}
	h.io.sel = sel
	h.io.slots.init()
	return h
}
