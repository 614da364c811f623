package poller

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

// A hub is the scheduler of one goroutine, for the time of one Run. Its tasks
// switch to each other directly: a task that parks takes the next ready one out
// of the queue and switches to its stack. If the queue is empty, or it is time to
// look at descriptors and timers, it switches home, to the stack that called Run: so
// a parked task has few frames on its stack, and never needs room for what is deep.
//
// Fields without a lock belong to the hub's goroutine.
type hub struct {
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
	isPortable bool            // each stack is a goroutine of its own
	home       Task            // stands for the stack that called Run; of its worker, only its place is used
	base       *stackful.Stack // home's
	main       *Task           // its end is the end of Run
	asked      bool            // home is to find out who runs next, beginning with
	first      *Task           // this one, if it is not nil
	giving     *Task           // becomes ready when home has looked around

	waitHook func(*stackful.Stack) *stackful.Stack // of the goroutine, outside of Run

	fresh   []Task   // allocated and not used yet
	workers []worker // the same
	idle    *worker  // stacks that wait for a task
	idles   int      // their number
	crew    *worker  // all whose stacks have not ended, the last one that was made first

	live      int // number of tasks that have not ended
	joining   int // those of them that wait for another task of this hub
	lastID    uint64
	lastScope uint64
	overdue   []*scope // WithTimeouts whose time is up, and whose error has not been raised
	dying     bool     // Run is ending: tasks that park are killed
	stuck     []*Task
	failure   error // of the selector
	isShared  bool  // this is the background hub: it has a goroutine but no tasks

	sel      selector
	events   [eventBatch]event
	found    [eventBatch]*desc // see dispatch
	slots    slotTable
	borrowed map[int]*borrowed
	closers  closerSet
	left     []*uint32 // see leaveSema
	naps     uint8     // counts patchedSleep(0)

	mail    mailbox
	waiting atomic.Bool // blocked in sel.wait, or about to be: who posts must wake

	stats   hubStats
	watcher watcher

	sim *Sim // nil unless Simulate made the hub

	labelled bool   // tasks have labels of their own, see labels.go
	labels   labels // of the goroutine when it runs no task; if labelled
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

const (
	// pollInterval is how many resumptions may pass before descriptors and
	// timers are looked at although there are tasks ready to run.
	pollInterval = 61

	// pollGap, in nanoseconds, is the time in which descriptors are not looked at
	// again, for at most pollSkips times pollInterval: a system call costs more than
	// many switches.
	pollGap   = 10_000
	pollSkips = 8

	// timerSlack, in nanoseconds, is how long the hub waits at least while so many
	// timers are armed: what comes meanwhile is served together.
	timerSlack     = 100_000
	timerSlackFrom = 1024

	// prefetch is for at least so many stacks at once, and at most so many, which fit
	// into a cache.
	prefetchFrom = 4
	prefetchUpTo = 128

	// ioBudget is how many I/O calls in a row may succeed without waiting before
	// the task gives way.
	ioBudget = 64
)

func newHub() (*hub, error) {
	sel, err := newSelector()
	if err != nil {
		return nil, err
	}
	return newHubOf(sel), nil
}

func newHubOf(sel selector) *hub {
	prepareLocks()
	h := &hub{sel: sel, id: newHubID(), goid: asm.Goid(), isPortable: !stackful.Backend().Native,
		now: nanotime(), tick: pollInterval}
	h.slots.init()
	return h
}

// Parking is written out where it is done: k is the worker of the running task, and
//
//	if to := h.depart(k); to != nil {
//		to.Switch(nil)
//		h.arrived(k)
//	}
//
// returns when the task is taken out of the ready queue. That is so because each
// return after a switch is one that the CPU predicts wrongly, unless the task that
// was left had parked the same way: calls between the user's code and Switch are what
// a switch costs.

// depart chooses who runs while the running task, on k, is parked, and returns
// its stack; nil if it is the running task itself.
func (h *hub) depart(k *worker) *stackful.Stack {
	// Who is next comes first: to find out where that one goes on is what the
	// processor waits for.
	var next *Task
	if h.tick--; h.tick != 0 && !h.ready.noDirect && h.ready.n != 0 {
		next = h.ready.ring.take()
	}
	k.since = h.now
	h.stats.parks[k.w.why]++
	if at := h.base.Running(); at != &k.stack {
		k.parkAway(at)
	} else if k.away {
		k.away, k.at = false, nil
	}
	if next == nil {
		return h.leaveToHome(nil)
	}
	to := next.work
	if to == nil {
		if next.ended.Load() || h.idle == nil {
			return h.leaveToHome(next)
		}
		to = h.start(next)
	}
	h.resumes(next)
	switch {
	case to == k:
		return nil
	case to.away:
		return to.at
	}
	return &to.stack
}

// leaveToHome leaves it to home, whose stack is returned, to find out who runs next:
// first, if it is not nil, which was taken out of the ready queue, or somebody else.
// For what home does then, such as a system call, a parked task's stack would have to
// be larger than for anything that the task does itself.
func (h *hub) leaveToHome(first *Task) *stackful.Stack {
	if h.labelled {
		h.takeOffLabels()
	}
	h.current = nil
	h.first, h.asked = first, true
	return h.base
}

// resumes notes that next, which has a worker or is home, runs now.
func (h *hub) resumes(next *Task) {
	h.current = next
	publishTask(&h.shown, next)
	h.spent = 0
	if h.due.Load() != h.calm {
		h.resetDue()
	}
	publish64(&h.turns, h.turns.Load()+1)
}

// arrived is called when the task on k has been resumed.
func (h *hub) arrived(k *worker) {
	if k.away || h.current != k.task {
		k.arrivedAway()
	}
}

// yield lets every other ready task run first.
func (h *hub) yield(why parkReason) {
	k := h.current.work
	k.w.why = why
	h.ready.push(k.task)
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
}

// readyNow takes the next task to resume out of the ready queue, unless home is to
// find out who that is: then it returns nil.
func (h *hub) readyNow() *Task {
	if h.tick--; h.tick != 0 && !h.ready.noDirect && h.ready.n != 0 {
		if t := h.ready.ring.take(); !t.ended.Load() {
			return t
		}
	}
	return nil
}

// next returns the task to resume, waiting for one if need be. While the hub is
// dying it returns home in place of waiting. It is called at home.
func (h *hub) next() *Task {
	if t := h.first; t != nil {
		h.first = nil
		if !t.ended.Load() {
			return t
		}
	}
	if t := h.giving; t != nil {
		h.giving = nil
		h.tick = pollInterval
		if h.held.n > 0 {
			h.bringBack() // as this may be all that goes on, and tick then never gets to 0
		}
		h.poll(0)
		h.ready.push(t)
	}
	if h.sim != nil {
		return h.sim.next()
	}
	if h.tick == 0 {
		h.tick = pollInterval
		h.lookAround()
	}
	for {
		t := h.ready.pop()
		switch {
		case t != nil:
			if !t.ended.Load() {
				return t
			}
		case h.held.n > 0:
			if t := h.oldestHeld(); t != nil {
				return t
			}
		case h.dying || h.failure != nil:
			return &h.home
		default:
			h.waitForWork()
			h.tick = pollInterval
		}
	}
}

// lookAround is for when there may be tasks ready to run, but others must not be
// forgotten.
func (h *hub) lookAround() {
	if h.held.n > 0 {
		h.bringBack()
	}
	now := nanotime()
	if now-h.now >= pollGap || h.skipped >= pollSkips-1 {
		h.poll(0)
		return
	}
	h.skipped++
	if at := h.timers.next(); at != noInstant && at <= now {
		h.timers.run(now)
	}
	h.readMail()
}

// waitForWork returns when a task may be ready.
func (h *hub) waitForWork() {
	publishTask(&h.shown, nil) // whatever takes long now is no task's fault
	h.poll(0)
	if h.ready.len() > 0 {
		return
	}
	// Other goroutines may be what the tasks wait for.
	runtime.Gosched()
	if !h.mail.empty() {
		h.readMail()
		return
	}
	if h.deadlocked() {
		h.reportDeadlock()
		return
	}
	timeout := int64(-1)
	if at := h.timers.next(); at != noInstant {
		timeout = max(at-nanotime(), 0)
		if timeout > 0 && len(h.timers.heap) >= timerSlackFrom {
			timeout = max(timeout, timerSlack)
		}
	}
	h.poll(timeout)
}

// poll makes ready what descriptors, timers and other goroutines have to say,
// waiting at most timeout nanoseconds for a first event.
func (h *hub) poll(timeout int64) {
	if h.sim != nil {
		h.sim.look()
		return
	}
	blocks := timeout != 0
	if blocks {
		announce(&h.waiting, true)
		if !h.mail.empty() {
			timeout = 0
		}
	}
	n, err := 0, error(nil)
	if blocks || !h.slots.empty() {
		n, err = h.sel.wait(h.events[:], timeout)
		h.stats.polled(n, blocks)
	}
	h.now = nanotime()
	h.skipped = 0
	if blocks {
		announce(&h.waiting, false)
		h.watcher.wake()
	}
	if err != nil {
		h.failure = err
		return
	}
	before := h.ready.n
	h.dispatch(h.events[:n])
	if at := h.timers.next(); at != noInstant && at <= h.now {
		h.stats.late(h.now - at)
		h.timers.run(h.now)
	}
	h.readMail()
	h.prefetch(before)
}

// prefetch has the processor fetch the stacks of the tasks that became ready after
// the first n: with many connections or sleepers each of them is out of its caches.
func (h *hub) prefetch(n int) {
	if h.ready.n-n < prefetchFrom {
		return
	}
	r := &h.ready.ring
	for i := n; i < min(r.n, n+prefetchUpTo); i++ {
		if k := r.buf[(r.head+i)&(len(r.buf)-1)].work; k != nil {
			k.stack.Prefetch()
		}
	}
}

// succeeded counts an I/O call that did not wait, and makes the task give way
// when it has had its share, of calls or of time.
func (h *hub) succeeded() {
	h.spent++
	if h.spent < ioBudget && h.due.Load() == 0 || h.current == nil {
		return
	}
	if h.due.Load() != 0 {
		h.giveWay()
		return
	}
	h.stats.budgets++
	h.giveAll(parkYield) // an interruption waits for the next call that parks: the data must not get lost
}

// giveAll lets every other task run first that is ready, or made so by what
// descriptors, timers and other goroutines have to say now.
func (h *hub) giveAll(why parkReason) {
	k := h.current.work
	k.w.why = why
	h.giving = k.task
	h.tick = 1 // depart leaves it to home
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
}

// deadlocked reports that nothing can ever make a task ready: each waits for
// another task of this hub, and there is no timer. (Other waits can be ended by
// other goroutines, and so are never certain to last for ever.)
func (h *hub) deadlocked() bool {
	return h.live > 0 && h.joining == h.live && h.timers.next() == noInstant
}

func (h *hub) reportDeadlock() {
	err := &DeadlockError{Dump: h.dump()}
	for _, t := range h.tasks() { // all of them wait, so each has a worker
		if k := t.work; k.w.why == parkJoin && k.w.claim(err) {
			h.makeReady(t)
		}
	}
}
