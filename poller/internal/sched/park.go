package sched

import (
	"os"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
)

// A Locker is the lock of a source, for the functions that park: a biased.Lock, a Mutex or
// NoLock. id is Hub.LockID of the calling goroutine's hub.
type Locker interface {
	Lock(id uint64)
	Unlock(id uint64)
}

// A Mutex is a sync.Mutex as a Locker.
type Mutex runtimepatch.Mutex

// Lock locks l. It may block the goroutine, so l must not be held across a switch.
func (l *Mutex) Lock(uint64) { (*runtimepatch.Mutex)(l).Lock() }

// Unlock unlocks l.
func (l *Mutex) Unlock(uint64) { (*runtimepatch.Mutex)(l).Unlock() }

// NoLock is the Locker of a source that the tasks of one hub alone use. It needs none,
// since no task switches while it uses the source.
type NoLock struct{}

// Lock does nothing.
func (NoLock) Lock(uint64) {}

// Unlock does nothing.
func (NoLock) Unlock(uint64) {}

// BeginWait returns the caller's waiter, ready to be queued. h is the calling
// goroutine's hub, nil if it has none.
func BeginWait(h *Hub, why Reason) *Waiter {
	if h != nil && h.Current != nil {
		w := &h.Current.Fiber.W
		w.Begin(why)
		return w
	}
	// Not pooled: a channel that is made in a synctest bubble must not be used outside
	// of it, and a wake-up that one wait has left must not end the next one.
	w := &Waiter{turn: make(chan struct{}, 1)}
	w.Node.W = w
	w.Begin(why)
	return w
}

// Park waits in q, a queue of the source that mu guards; h is the calling goroutine's
// hub, nil if it has none. mu is held at the call, and not on return. The result is the
// claimant's, or os.ErrDeadlineExceeded at the instant at. An interruption is raised.
func Park(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	err := ParkQueued(h, mu, &w.Node, at)
	Raise(h, err)
	return err
}

// ParkNoRaise is Park for a caller that has to put its own state right before an
// interruption is raised: the result may be ErrInterrupted, for Raise.
func ParkNoRaise(h *Hub, mu Locker, q *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	q.Push(&w.Node)
	return ParkQueued(h, mu, &w.Node, at)
}

// ParkQueued is ParkNoRaise with the node n, of the waiter that BeginWait has returned:
// the caller has set the fields of n that the source reads, and put n into a queue.
func ParkQueued(h *Hub, mu Locker, n *Node, at int64) error {
	w := n.W
	mu.Unlock(h.LockID())
	// Waiter.Wait, written out for one return less after the switch: see SwitchOut.
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	err := w.Resumed(h, at)
	if err != nil { // else the source has claimed w, and taken n out of the queue
		n.Leave(h, mu)
	}
	return err
}

// ParkEither is ParkNoRaise in a queue of each of two sources: the first claimant ends the
// wait. Both locks are held at the call, and neither on return. The result does not tell
// which source it was: the caller must examine their state.
func ParkEither(h *Hub, mu1 Locker, q1 *Queue, mu2 Locker, q2 *Queue, why Reason, at int64) error {
	w := BeginWait(h, why)
	nodes := &[...]Node{{W: w}, {W: w}} // not the waiter's own: see ClaimLocal
	q1.Push(&nodes[0])
	q2.Push(&nodes[1])
	mu2.Unlock(h.LockID())
	mu1.Unlock(h.LockID())
	err := w.Wait(h, at)
	nodes[0].Leave(h, mu1)
	nodes[1].Leave(h, mu2)
	return err
}

// Raise panics with the interruption of the running task if err, the result of a wait, is
// ErrInterrupted. Else it does nothing. No lock may be held.
func Raise(h *Hub, err error) {
	if err == ErrInterrupted {
		raiseNow(h)
	}
}

// Leave takes n, whose waiter has been claimed, out of the queue that it is in, if any.
// mu is the lock of the queue's source.
func (n *Node) Leave(h *Hub, mu Locker) {
	mu.Lock(h.LockID())
	if n.Queue != nil {
		n.Queue.Remove(n)
	}
	mu.Unlock(h.LockID())
}

// Wait parks the caller until w is claimed, and returns the claimant's result: nil, or the
// error for which the awaited event did not come. At the instant at, unless it is Never,
// the wait ends with os.ErrDeadlineExceeded. The result ErrInterrupted obliges the caller to
// put its own state right and then to call Raise.
func (w *Waiter) Wait(h *Hub, at int64) error {
	if to := w.Suspend(h, at); to != nil {
		to.Switch(nil)
	}
	return w.Resumed(h, at)
}

// Suspend and Resumed are Wait in two halves, for callers that write the switch between
// them out: see SwitchOut. Suspend returns the stack to switch to, or nil if there is none:
// then the wait is over, or the caller is a goroutine, which Suspend has blocked.
func (w *Waiter) Suspend(h *Hub, at int64) *stackful.Stack {
	k := w.Fiber
	if k == nil {
		if h != nil && w.Claim(ErrInterrupted) {
			return nil // the hub's own goroutine outside any task must not block: the caller cleans up, and Raise panics
		}
		w.block(at)
		return nil
	}
	// An interruption that came since the last call that parked ends this wait before it
	// begins. The Claim fails if a source was faster; then the caller gets its result.
	if k.Interrupted && k.MustRaise() && w.Claim(ErrInterrupted) {
		return nil
	}
	if at != Never {
		h.Timers.Arm(&k.Timer, at)
	}
	return h.SwitchOut(k)
}

// Resumed ends the wait on the caller's side, and returns the claimant's result.
func (w *Waiter) Resumed(h *Hub, at int64) error {
	if k := w.Fiber; k != nil {
		h.SwitchedIn(k)
		if at != Never {
			h.Timers.Disarm(&k.Timer)
		}
	}
	return w.Err
}

// block is Suspend for a goroutine without a hub: it returns when w has been resumed, or
// has been claimed here because its time is up.
func (w *Waiter) block(at int64) {
	if at == Never {
		<-w.turn
		return
	}
	alarm := time.NewTimer(until(at))
	defer alarm.Stop()
	select {
	case <-w.turn:
	case <-alarm.C:
		if !w.Claim(os.ErrDeadlineExceeded) {
			<-w.turn // another claimant was first; its Resume is under way
		}
	}
}

// SwitchOut parks the running task, on k: it chooses the task to run in its place and
// returns that task's stack, to which the caller must switch. It returns nil if the
// choice is the running task itself, which is ready again; then it simply goes on.
//
// The caller has made the wait known (a queue, a timer, or the run queue itself), or the
// task never runs again.
//
// Parking is written out where it is done: k is the fiber of the running task, and
//
//	if to := h.SwitchOut(k); to != nil {
//		to.Switch(nil)
//		h.SwitchedIn(k)
//	}
//
// returns when the task has been taken out of the run queue and resumed. It is not a
// function, because each return after a switch is mispredicted by the CPU unless the
// previous task had parked through the same calls: the number of calls between the
// user's code and Switch is most of the cost of a switch.
func (h *Hub) SwitchOut(k *Fiber) *stackful.Stack {
	// Load the next task first: its fiber and stack are out of the caches as a rule, and
	// that latency is the critical path of a switch.
	var next *Task
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		next = h.Ready.ring.take()
	}
	k.since = h.now // of the last poll: a clock reading here would cost more than the switch
	h.Stats.parks[k.W.Why]++
	if at := h.root.stack.Running(); at != &k.stack {
		k.parkAway(at)
	} else if k.away {
		k.away, k.at = false, nil
	}
	if next == nil {
		return h.scheduleOnRoot(nil)
	}
	to := next.Fiber
	if to == nil {
		// It was killed while it was ready, or has not started. A new fiber is made on the
		// root stack only: the allocator may need more stack than a parked task should keep.
		if next.HasEnded.Load() || h.Fibers.Idle == nil {
			return h.scheduleOnRoot(next)
		}
		to = h.start(next)
	}
	h.noteRunning(next)
	switch {
	case to == k:
		return nil
	case to.away:
		return to.resumeStack()
	}
	return &to.stack
}

// resumeStack is the stack to switch to in order to start or resume the task, at once.
func (k *Fiber) resumeStack() *stackful.Stack {
	switch {
	case !k.away:
		return &k.stack
	case k.carrier != 0:
		return k.backFromRuntime()
	}
	return k.at
}

// scheduleOnRoot leaves the choice of the next task to the root loop and returns the root
// stack. first, if it is not nil, has been taken out of the run queue already; the loop
// runs it unless it has ended. The loop polls and allocates, for which a parked task's
// stack would have to be larger than for anything that the task does itself.
func (h *Hub) scheduleOnRoot(first *Task) *stackful.Stack {
	if h.Labelled {
		h.takeOffLabels()
	}
	h.Current = nil
	h.root.next, h.root.needSchedule = first, true
	return h.root.stack
}

// noteRunning records that next, which has a fiber or stands for the root stack, runs from
// now on. Its plain release stores are all that other goroutines may read of a running hub:
// the watcher and Stats tolerate a stale value.
func (h *Hub) noteRunning(next *Task) {
	h.Current = next
	biased.StoreReleasePointer(&h.shown, next)
	h.ioCount = 0
	if h.PreemptRequest.Load() != h.preemptIdle {
		h.resetPreempt()
	}
	biased.StoreRelease64(&h.Turns, h.Turns.Load()+1)
}

// SwitchedIn must be called by the task on k when its Switch returns. The test is all that
// the common case costs: the task was parked on its own stack and the hub has resumed it.
func (h *Hub) SwitchedIn(k *Fiber) {
	if k.away || h.Current != k.Task {
		k.switchedInAway()
	}
}

// Yield puts the running task at the end of the run queue and parks it: every task that is
// ready now runs first, or fewer if priorities say so. Descriptors and timers are polled
// only when their turn has come.
func (h *Hub) Yield(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.Ready.Push(k.Task)
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}

// readyNow takes the next task out of the run queue, for a fiber whose task has ended. It
// returns nil if the choice is the root loop's, for the reasons that SwitchOut has.
func (h *Hub) readyNow() *Task {
	if h.tick--; h.tick != 0 && !h.Ready.noDirect && h.Ready.N != 0 {
		if t := h.Ready.ring.take(); !t.HasEnded.Load() {
			return t
		}
	}
	return nil
}

// YieldAll polls descriptors, timers and mail, and lets every task run first that is ready
// then. The task is in root.yielding, not in the run queue, until the root loop has polled.
func (h *Hub) YieldAll(why Reason) {
	k := h.Current.Fiber
	k.W.Why = why
	h.root.yielding = k.Task
	h.tick = 1 // so that SwitchOut leaves the choice to the root loop
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
}

// IoBudget is how many I/O calls in a row may succeed without parking before the task
// yields. Without a budget, one busy connection would keep all other tasks from running.
const IoBudget = 64

// ChargeIO counts an I/O call that has succeeded without parking, and makes the task yield
// when its budget or its time slice is used up. It is called after the call has released
// its direction, so that other tasks can use the descriptor meanwhile. ioCount restarts
// whenever a task is resumed (noteRunning).
func (h *Hub) ChargeIO() {
	h.ioCount++
	if h.ioCount < IoBudget && h.PreemptRequest.Load() == 0 || h.Current == nil {
		return
	}
	if h.PreemptRequest.Load() != 0 {
		h.preempt()
		return
	}
	h.Stats.budgets++
	h.YieldAll(ParkYield) // an interruption waits for the next call that parks: the data must not get lost
}

// resetPreempt withdraws the request to the running task. The watcher is asleep while there
// is one, see tick: so the store comes before the load of Asleep, as in tick the store of
// Asleep before the load of PreemptRequest, and one side sees the other's.
func (h *Hub) resetPreempt() {
	h.PreemptRequest.Swap(h.preemptIdle) // not Store: see biased.StoreSeqCst
	h.Watcher.wake()
}
