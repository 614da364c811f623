package sched

import (
	"sync/atomic"
	"unsafe"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// In a program that `stackful build` has built, a wait of a task in package runtime (in a channel, a
// sync.Mutex, a socket of package net) parks the task, not the goroutine. The runtime itself exchanges
// the task's stack with the root stack, whose Switch returns: so rootLoop calls parkedInRuntime.
//
// Such a task is away, since only resumeStack may let its stack run (Fiber.carrier). Its waiter is not
// used. A waker has the runtime put the task on a list, which readRuntime empties: on the hub's own
// thread Hub.rt.Local, which sets tick so that the root stack looks; from others Remote, which is
// looked at when the mail is, and wakes the hub.
//
// Invariants:
//
//   - A task is parked by the runtime only while Current names it and its stack runs: not between
//     SwitchOut and Switch, and not in the calls of this module that block (runtimepatch.Block,
//     runtimepatch.Mutex, Hub.rt.NoPark).
//   - Its waiter is not waiting then: so it has one claimant, the runtime.
//   - The hub outlives the wait, since the runtime refers to it: stuckHubs.
//
// The hub's goroutine, if it has nothing to do, waits in the runtime, too, for its epoll
// descriptor, a wake-up or the next timer: as any goroutine does that waits for a descriptor.

// RuntimePatched reports whether waits in package runtime park tasks in this program.
func RuntimePatched() bool { return runtimepatch.Runtime != nil && selectorDescriptor != nil }

// selectorDescriptor returns the descriptor of a hub's selector that is readable when it has
// events, -1 if it has none. It is nil where no selector has one.
var selectorDescriptor func(h *Hub) int

// stuckHubs are the hubs that have ended with tasks parked in the runtime.
var stuckHubs struct {
	runtimepatch.Mutex
	all []*Hub
}

// beginRuntime has waits of h's tasks in the runtime park them, if the program is built for it. It
// is called on h's goroutine.
func (h *Hub) beginRuntime() {
	if !RuntimePatched() {
		return
	}
	fd := -1
	if h.Virtual == nil {
		if fd = selectorDescriptor(h); fd < 0 {
			return
		}
	}
	runtimepatch.OwnerHere(&h.rt)
	h.rt.Task = (*unsafe.Pointer)(unsafe.Pointer(&h.Current))
	h.rt.Tick = &h.tick
	h.rt.Turns = (*uint64)(unsafe.Pointer(&h.Turns))
	if h.Virtual != nil {
		h.Virtual.beginRuntime()
		return
	}
	h.patched = runtimepatch.Runtime.Begin(&h.rt, int32(fd))
}

// endRuntime ends what beginRuntime has begun.
func (h *Hub) endRuntime() {
	if !h.patched {
		return
	}
	runtimepatch.Runtime.End(&h.rt)
	for k := h.Fibers.All; k != nil; k = k.Older {
		if k.carrier != 0 {
			stuckHubs.Lock()
			stuckHubs.all = append(stuckHubs.all, h)
			stuckHubs.Unlock()
			return
		}
	}
}

// readRuntime makes the tasks ready whose waits in the runtime are over.
//
// Another thread puts a task on its list as soon as the locks of the wait are released, and so before Fiber.parked has
// recorded it. Nothing reads that list in between: parkedBesideNext and parkedInRuntime come first.
func (h *Hub) readRuntime() {
	for h.rt.Local != 0 || atomic.LoadUintptr(&h.rt.Remote) != 0 {
		if h.Virtual != nil && atomic.LoadUintptr(&h.rt.Remote) != 0 {
			h.Virtual.noteForeignWake()
		}
		h.MakeReady((*Task)(runtimepatch.Runtime.Next(&h.rt)))
	}
}

// readLocal is readRuntime for nothing but what became ready on h's own thread, which has set tick. Unless it may
// allocate, it leaves the tasks for which the run queue has no room.
//
// If h adopts go statements, the task that was woken last runs next, as Go's scheduler has it: the program was
// written for goroutines, and what one has just handed to another is in the caches. In every PollInterval-th call
// it has to queue, and descriptors are polled, so that two tasks that wake each other do not keep the others waiting.
func (h *Hub) readLocal(mayAllocate bool) {
	inTurn := !h.localPollDue()
	h.localWakes++
	lastFirst := inTurn && h.rt.Adopts && h.Ready.others == nil
	for h.rt.Local != 0 && (mayAllocate || h.Ready.N < len(h.Ready.ring.buf)) {
		t := (*Task)(runtimepatch.Runtime.Next(&h.rt))
		if lastFirst && h.rt.Local == 0 {
			h.Ready.ring.pushFront(t)
		} else {
			h.MakeReady(t)
		}
	}
	if inTurn && h.tick <= 1 && h.rt.Local == 0 {
		h.tick = PollInterval
	}
}

// localPollDue reports whether the next reading of the thread's own list is a PollInterval-th one, which the root loop has to do.
func (h *Hub) localPollDue() bool { return h.localWakes%PollInterval == PollInterval-1 }

// waitInRuntime is the selector's Wait for a patched hub, with nothing ready: it parks the
// goroutine. It may return before there is an event. Rest has been called.
func (h *Hub) waitInRuntime(timeout int64) (int, error) {
	n, err := h.lookInSelector()
	if n > 0 || err != nil || timeout == 0 {
		return n, err
	}
	runtimepatch.Runtime.Wait(&h.rt, timeout)
	return h.lookInSelector()
}

// lookInSelector is the selector's Wait that does not block, of which a patched hub wants nothing but the events of
// descriptors: wake is by the runtime.
func (h *Hub) lookInSelector() (int, error) {
	if h.IO.Slots.empty() {
		return 0, nil
	}
	return h.IO.Sel.Wait(h.IO.events[:], 0)
}
