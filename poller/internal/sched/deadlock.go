package sched

import (
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// # Deadlock
//
// A hub without a ready task, and without a timer, is deadlocked if nothing can make a task ready.
// Where all tasks are in Join that is certain at once: deadlocked. Other waits may be ended by
// another goroutine, or by a function of time.AfterFunc. So, as the Go runtime does for channels,
// the hub looks whether there are any: it blocks for a while, and if it is still idle then, ends
// with an error if
//
//   - each task waits for what only code of this process can cause, see isInside;
//   - there is no goroutine but this one and package stackful's own;
//   - the Go runtime has no timer armed.
//
// What it cannot know, it takes for an answer of no: in the portable backend, in tests, whose
// goroutines and timeout are others, and with signal.Notify, the hub waits for ever.
//
// The hub of a program that is run as tasks (program.go) leaves the second and the third to the Go runtime,
// which knows more: the hub's goroutine waits as one does that no descriptor can wake (Hub.rt.Alone), and
// if all goroutines of the process wait, the runtime ends the program.

// deadlocked reports that nothing can ever make a task ready: each waits for
// another task of this hub to end, and there is no timer.
func (h *Hub) deadlocked() bool {
	return h.Tasks.Live > 0 && h.Tasks.Joining == h.Tasks.Live && h.Timers.Next() == Never
}

// reportDeadlock has each Join return an error that lists the tasks.
func (h *Hub) reportDeadlock() {
	err := NewDeadlockError(h.Dump())
	for _, t := range h.AllTasks() { // all of them are parked, so each has a fiber
		if k := t.Fiber; k.W.Why == parkJoin && k.W.Claim(err) {
			h.MakeReady(t)
		}
	}
}

// IdleLook, in nanoseconds, is how long a hub is idle before it looks for a deadlock. It looks again
// after twice the time, since the runtime itself has timers now and then, but not more than
// idleLookMost later. It is a variable for tests.
var IdleLook = int64(time.Second)

const idleLookMost = int64(time.Minute)

// isInside says of each reason for a wait whether only code of this process can end it.
var isInside = [reasons]bool{
	parkJoin: true, ParkJoinAny: true, ParkReadTurn: true, ParkWriteTurn: true, ParkMutex: true, ParkSemaphore: true, ParkCond: true,
	ParkEvent: true, ParkWaitGroup: true, ParkSend: true, ParkReceive: true, ParkSelect: true, ParkPipe: true,
}

// idleTimeout returns how long the hub may block, in nanoseconds, when no task is ready and no timer
// is armed. If it is deadlocked the hub fails, and the result is 0.
func (h *Hub) idleTimeout() int64 {
	now, turns := Nanotime(), h.Turns.Load()
	i := &h.idleness
	switch {
	case i.turns != turns || i.since == 0:
		*i = idleness{turns: turns, since: now, look: IdleLook}
	case i.look != Never && now-i.since >= i.look:
		switch {
		case !h.allInside():
			i.look = Never // until a task has run
		case h.isProgram && h.leaveToRuntime():
			i.look = Never
		case !h.isProgram && h.isAlone():
			h.Ending.failure = NewDeadlockError(h.Dump())
			return 0
		default:
			i.look = min(2*i.look, i.look+idleLookMost)
		}
	}
	if i.look == Never {
		return -1
	}
	return max(i.since+i.look-now, 1)
}

// allInside reports whether all tasks are in waits that only code of this process can end.
func (h *Hub) allInside() bool {
	for _, t := range h.AllTasks() {
		if k := t.Fiber; k == nil || !k.isInside() {
			return false
		}
	}
	return true
}

// isInside reports whether the task on k is in such a wait.
func (k *Fiber) isInside() bool {
	if k.carrier != 0 { // all waits that park tasks are in package runtime but this one
		return k.IsWaitingInRuntime() && runtimepatch.Runtime.Reason(k.carrier) != "IO wait"
	}
	return k.W.State.Load() == WaiterWaiting && isInside[k.W.Why]
}

// leaveToRuntime has package runtime end the program if h, whose tasks all wait for what only code of this process
// can cause, waits and so do all other goroutines. It reports false if the runtime could not know: if there are
// threads that C has made.
func (h *Hub) leaveToRuntime() bool {
	if n := int(runtimepatch.Runtime.Threads()); n != 0 {
		if all, err := os.ReadDir("/proc/self/task"); err != nil || len(all) != n {
			return false
		}
	}
	h.rt.Tasks = h.Dump()
	h.idleness.alone = true
	return true
}

// isAlone reports whether no code of this process runs or will run unless this goroutine does.
func (h *Hub) isAlone() bool {
	if runtime.NumGoroutine()-stackful.OwnGoroutines() > 1 {
		return false
	}
	own := 0
	if w := &h.Watcher; w.timer != nil && !w.Asleep.Load() {
		own = 1 // armed when the wait ended
	}
	// The end of the wait has woken a thread, which finds nothing to do.
	for end := Nanotime() + settleTime; ; {
		n, ok := asm.PendingTimers()
		if !ok && Nanotime() <= end {
			continue
		}
		// Now all other processors were idle, and no timer was armed: what had been armed before has
		// fired, and its function waits, which makes it a goroutine, or has ended, and has posted the
		// mail that it had for this hub, and readied the tasks that it woke in the runtime.
		return ok && n <= own && runtime.NumGoroutine()-stackful.OwnGoroutines() <= 1 && h.Wake.Mail.Empty() &&
			atomic.LoadUintptr(&h.rt.Remote) == 0
	}
}

// settleTime, in nanoseconds, is how long isAlone waits for other threads to be idle.
const settleTime = int64(5 * time.Millisecond)
