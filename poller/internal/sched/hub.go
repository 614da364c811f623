package sched

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/mailbox"
	"github.com/stackful-go/stackful/poller/internal/selector"
	"github.com/stackful-go/stackful/poller/internal/timers"
)

// PollInterval is how many resumptions may pass before timers are run and mail is read
// although tasks are ready; descriptors too, unless they were polled less than pollGap ago.
// It bounds the latency of I/O and timers under load.
const PollInterval = 61

// A Hub is the scheduler of one goroutine, for the time of one Run. Its tasks
// switch to each other directly: a task that parks takes the next ready one out
// of the run queue and switches to its stack. If the queue is empty, or a poll of
// descriptors and timers is due, it switches to the root stack, the one that called
// Run: so a parked task has few frames on its stack, and needs no room for deep calls.
//
// This file has the hub's state, park.go the switch from task to task, loop.go the
// loop on the root stack, run.go the start and the shutdown. doc.go has the list of files.
//
// Fields belong to the hub's goroutine unless they are atomic or say otherwise. The parts
// are structs by value, so that a field costs one load from the hub.
type Hub struct {
	// Used by each switch.
	Current        *Task // the task that runs; nil while something is scheduled
	Ready          ReadyQueue
	Timers         timers.Heap
	now            int64                // the instant of the last poll
	skipped        int                  // polls that were skipped since descriptors were polled
	tick           uint32               // resumptions until the next poll
	ioCount        uint32               // successful I/O calls of the current task since it was resumed
	PreemptRequest atomic.Uint32        // not 0: the current task is to yield, see PreemptSlice; set by any goroutine
	preemptIdle    uint32               // PreemptRequest when a task is resumed: 0, or preemptRandom in a simulation
	Turns          atomic.Uint64        // resumptions; written by the hub's goroutine only
	shown          atomic.Pointer[Task] // for other goroutines: the task that was resumed last; nil while the hub waits

	ID         uint64 // of the process's hubs; the owner's number in a biased.Lock
	Goid       uint64 // of the goroutine that called Run, or made the background hub
	started    int64  // the instant at which Run began
	IsPortable bool   // each stack is a goroutine of its own
	IsShared   bool   // this is the background hub: it has a goroutine but no tasks

	root     rootStack
	Fibers   fiberPool
	Tasks    taskTable
	Scopes   scopeList
	Ending   hubEnding
	idleness idleness
	IO       HubIO
	Wake     hubWake
	locals   []any // by HubLocal.index

	Stats   hubStats
	Watcher watcher // runs on the runtime's timer goroutines; it has its own lock
	stalls  stallLog
	rec     observer // nil unless package debug records what tasks do

	Virtual *Virtual // nil unless Simulate made the hub

	isProgram bool // main is the program's, see program.go

	rt         runtimepatch.Hub // see runtime.go
	preemption preemption       // see preemption.go
	patched    bool             // a wait in package runtime parks the task
	localWakes uint32           // how often the list of what the hub's own thread has woken was read, see readLocal

	besideParking *Task // what nextOfParking has taken, for parkedBesideNext

	zeroSleeps uint8 // counts runtimeSleep(0)

	Labelled bool       // tasks have labels of their own, see labels.go
	labels   asm.Labels // of the goroutine when it runs no task; if labelled
}

// A rootStack is the stack that called Run. The root loop on it chooses the next task if a
// parking task cannot choose its successor itself.
type rootStack struct {
	task         Task // stands for the stack; of its fiber, only resumeStack is used
	stack        *stackful.Stack
	needSchedule bool  // a task has switched here for the loop to choose, not to end it
	next         *Task // the task to run, if a task has taken it out of the run queue already
	yielding     *Task // a task of YieldAll; becomes ready after the next poll
}

// A fiberPool is the stacks that tasks run on, with their fibers.
type fiberPool struct {
	slab []Fiber // allocated and not used yet
	Idle *Fiber  // list of fibers without a task, by next; the last used first, as its stack is in the caches
	N    int     // length of Idle; at most MaxIdle
	All  *Fiber  // list of all fibers whose stacks have not ended, the newest first
}

// A taskTable allocates tasks, and counts them.
type taskTable struct {
	slab    []Task // allocated and not used yet
	lastID  uint64
	Live    int // number of tasks that have not ended
	Joining int // those of them that are parked in Join of another task of this hub, see deadlocked
}

// A scopeList is the WithTimeouts of a hub's tasks.
type scopeList struct {
	Overdue   []*Scope // expired, and their error has not been raised; nearly always empty
	lastOrder uint64   // of the last one that was begun
}

// A Scope is one WithTimeout in progress. It belongs to the stack that it was called
// on, which may be one that the task has switched to itself, such as that of a
// sequence: then scopes of several stacks are open at once, and end in any order. So
// they are independent of each other.
//
// An expired scope is overdue until its error has been raised or its function has
// returned. The error is raised in a call that parks on a stack from which an unrecovered
// panic reaches the scope's stack (unwindPath): on that stack itself, or on one that it
// waits for. Anywhere else the panic would unwind frames that the scope does not enclose.
type Scope struct {
	hub       *Hub
	Task      *Task           // that called WithTimeout; the stack may run in another task later
	stack     *stackful.Stack // that WithTimeout was called on
	order     uint64          // of two scopes on one stack, the inner one has the greater
	Timer     timers.Timer
	err       error // raised when the scope is overdue
	wasRaised bool
	kills     int32 // Fiber.raised at the start, see killAgain
}

// A hubEnding is the state of a Run that comes to its end.
type hubEnding struct {
	main    *Task   // its end is the end of Run
	Dying   bool    // shutdown has begun: a task that would park has ErrKilled raised
	stuck   []*Task // did not end when they were killed; Run's error names the first
	failure error   // ends Run; of the selector, mostly
}

// A HubIO is the selector of a hub, its sources, and the other objects that Run closes at
// its end.
type HubIO struct {
	Sel     selector.Selector // its methods but Wait may be called on any goroutine
	events  [selector.Batch]selector.Event
	found   [selector.Batch]Source // of Dispatch; all nil between calls
	Slots   SlotTable              // has its own lock
	closers closerSet              // has its own lock
}

// A hubWake is the part of a hub that other goroutines use to reach it. wake.go has the
// protocol.
type hubWake struct {
	Mail    mailbox.Box
	Waiting atomic.Bool // the hub blocks in the selector, or is about to: a poster must wake it
}

// An idleness is since when a hub has been idle, and when it looks for a deadlock.
type idleness struct {
	turns uint64 // Hub.Turns
	since int64
	look  int64 // time since since; Never: not any more
	alone bool  // of a program, see leaveToRuntime
}

// LockID returns the number by which a biased.Lock knows h: NoOwner if h is nil, for a
// goroutine without a hub.
func (h *Hub) LockID() uint64 {
	if h == nil {
		return biased.NoOwner
	}
	return h.ID
}

// Here returns the calling goroutine's hub, nil if it has none. It is a load from the
// engine's slot for the goroutine, cheap enough to be asked in each call.
func Here() *Hub { return (*Hub)(stackful.Slot()) }

// setHere makes h, or nil, the calling goroutine's hub.
func setHere(h *Hub) { stackful.SetSlot(unsafe.Pointer(h)) }

// CurrentTask returns the calling task, nil outside any.
func CurrentTask() *Task {
	if h := Here(); h != nil {
		return h.Current
	}
	return nil
}

// New returns a hub with a selector of the system's. It belongs to no goroutine yet.
func New() (*Hub, error) {
	sel, err := selector.New()
	if err != nil {
		return nil, err
	}
	return newOf(sel), nil
}

// newOf returns a hub with the selector sel.
func newOf(sel selector.Selector) *Hub {
	biased.Prepare()
	h := &Hub{ID: biased.NewID(), Goid: asm.Goid(), IsPortable: !stackful.Backend().Native,
		now: Nanotime(), tick: PollInterval}
	h.IO.Sel = sel
	h.IO.Slots.Init()
	return h
}

// A stallLog has what the watcher has reported of a hub, for package debug.
type stallLog struct {
	mu   runtimepatch.Mutex // guards the other fields
	turn uint64             // of last
	n    int                // stalls, each counted once however often it was reported
	last Stall
	at   time.Time // of last
}

// An observer is told what tasks do, on the hub's goroutine: see record.go.
type observer interface {
	ready(t, by *Task) // t has become ready, by by, or by something that is no task
	runs(t *Task)      // t is switched to
	ends(t *Task)      // t, which has not started, was killed
	switchedAway()     // the task that ran last has; the root loop has the turn
}

// A preemption is the part of a Hub that has tasks preempted.
type preemption struct {
	on      bool
	alarm   *time.Timer // asks when the first timer of the hub is due; nil until there are priorities
	alarmAt int64       // for which alarm is set
	resume  uintptr     // the carrier of the task that is about to be resumed; 0 if it was not preempted
}

// A Stall is poller.Stall.
type Stall struct {
	Task  *Task         // the running task; its Name may be called on any goroutine
	For   time.Duration // it has run at least that long without a switch
	Stack []byte        // of the hub's goroutine, as runtime.Stack prints it; nil if there are more than mostGoroutines
}
