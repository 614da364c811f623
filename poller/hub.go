package poller

import (
	"runtime"
	"sync/atomic"

	"github.com/stackful-go/stackful"
)

// A hub is the scheduler of one goroutine, for the time of one Run. Its tasks
// switch to each other directly: a task that parks takes the next ready one out
// of the queue and switches to its stack. Who finds the queue empty polls,
// whichever stack that is, so no stack is the hub's own.
//
// Fields without a lock belong to the hub's goroutine.
type hub struct {
	current *Task // the task that runs; nil while something is scheduled
	ready   readyQueue
	timers  timers
	tick    uint32 // counts resumptions, see pollInterval
	spent   uint32 // successful I/O calls of the current task since it was resumed

	home Task  // stands for the stack that called Run; its fields but at are unused
	main *Task // its end is the end of Run

	all      taskList // tasks that have not ended
	live     int      // their number
	joining  int      // those of them that wait for another task of this hub
	lastID   uint64
	dying    bool // Run is ending: tasks that park are killed
	stuck    []*Task
	failure  error // of the selector
	isShared bool  // this is the background hub: it has a goroutine but no tasks

	sel      selector
	events   [eventBatch]event
	slots    slotTable
	borrowed map[int]*borrowed
	closers  closerSet

	mail    mailbox
	waiting atomic.Bool // blocked in sel.wait, or about to be: who posts must wake

	stats hubStats
}

// current holds the hub of each goroutine that is in Run.
var current = stackful.NewOwnerLocal[*hub]()

// currentHub returns the calling goroutine's hub, nil if it has none.
func currentHub() *hub { return current.Get() }

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

	// ioBudget is how many I/O calls in a row may succeed without waiting before
	// the task gives way.
	ioBudget = 64
)

func newHub() (*hub, error) {
	sel, err := newSelector()
	if err != nil {
		return nil, err
	}
	h := &hub{sel: sel}
	h.slots.init()
	return h, nil
}

// Parking is written out where it is done: t is the running task, and
//
//	if next := h.depart(t); next != t {
//		next.at.Switch(nil)
//		h.arrived(t)
//	}
//
// returns when t is taken out of the ready queue. That is so because each return
// after a switch is one that the CPU predicts wrongly: calls between the user's
// code and Switch are what a switch costs.

// depart chooses who runs while t, the running task, is parked.
func (h *hub) depart(t *Task) *Task {
	t.at = stackful.Current()
	h.current = nil
	h.stats.parks[t.w.why]++
	next := h.next()
	h.current = next
	h.spent = 0
	return next
}

// arrived is called when t has been resumed.
func (h *hub) arrived(t *Task) {
	if h.current != t {
		usage("a parked task was switched to by something other than its hub")
	}
}

// yield lets every other ready task run first.
func (h *hub) yield(t *Task) {
	t.w.why = parkYield
	h.ready.push(t)
	if next := h.depart(t); next != t {
		next.at.Switch(nil)
		h.arrived(t)
	}
}

// next returns the task to resume, waiting for one if need be. While the hub is
// dying it returns home in place of waiting.
func (h *hub) next() *Task {
	h.stats.switches++
	if h.tick++; h.tick%pollInterval == 0 {
		h.poll(0)
	}
	for {
		t := h.ready.pop()
		switch {
		case t != nil:
			if !t.ended.Load() {
				return t
			}
		case h.dying || h.failure != nil:
			return &h.home
		default:
			h.waitForWork()
		}
	}
}

// waitForWork returns when a task may be ready.
func (h *hub) waitForWork() {
	h.poll(0)
	if h.ready.n > 0 {
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
	}
	h.poll(timeout)
}

// poll makes ready what descriptors, timers and other goroutines have to say,
// waiting at most timeout nanoseconds for a first event.
func (h *hub) poll(timeout int64) {
	blocks := timeout != 0
	if blocks {
		h.waiting.Store(true)
		if !h.mail.empty() {
			timeout = 0
		}
	}
	n, err := h.sel.wait(h.events[:], timeout)
	if blocks {
		h.waiting.Store(false)
	}
	if err != nil {
		h.failure = err
		return
	}
	h.stats.polled(n, blocks)
	h.dispatch(h.events[:n])
	if len(h.timers.heap) > 0 {
		h.timers.run(nanotime())
	}
	h.readMail()
}

// succeeded counts an I/O call that did not wait, and makes the task give way
// when it has had its share.
func (h *hub) succeeded() {
	if h.spent++; h.spent >= ioBudget && h.current != nil {
		h.spent = 0
		h.stats.budgets++
		h.poll(0)
		if h.ready.n > 0 {
			h.yield(h.current) // an interruption waits for the next call that parks: the data must not get lost
		}
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
	for t := h.all.head; t != nil; t = t.next {
		if t.w.why == parkJoin && t.w.claim(err) {
			h.ready.push(t)
		}
	}
}
