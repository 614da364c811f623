package sched

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/fault"
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

func init() {
	if runtimepatch.Runtime == nil {
		return
	}
	runtimepatch.Install(func(h *runtimepatch.Hooks) {
		h.Sleep = runtimeSleep
		h.Charge = func() { Here().ChargeIO() }
		h.Raise = func() { raiseNow(Here()) }
		h.Offload = runtimeOffload
		h.NewPull = newPull
		h.Pull = switchPull
	})
}

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
	if !RuntimePatched() || h.Virtual != nil {
		return
	}
	fd := selectorDescriptor(h)
	if fd < 0 {
		return
	}
	runtimepatch.OwnerHere(&h.rt)
	h.rt.Task = (*unsafe.Pointer)(unsafe.Pointer(&h.Current))
	h.rt.Tick = &h.tick
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

// parkedInRuntime is called on the root stack when a Switch to a task has returned because the
// runtime has parked the task. It does what SwitchOut does.
func (h *Hub) parkedInRuntime() {
	carrier, at := h.rt.Parked, *(**stackful.Stack)(unsafe.Pointer(&h.rt.Stack))
	h.rt.Parked, h.rt.Stack = 0, 0
	k := h.Current.Fiber
	if k.W.State.Load() == WaiterWaiting {
		fault.Bug("parked in the runtime during a wait of package poller")
	}
	k.carrier = carrier
	runtimepatch.Runtime.Named(carrier, unsafe.Pointer(k))
	runtimepatch.Parked(uintptr(unsafe.Pointer(at)))
	k.since = h.now
	k.W.Why = ParkRuntime
	h.Stats.parks[ParkRuntime]++
	if at != &k.stack {
		k.parkAway(at)
	} else {
		k.away, k.at = true, at
	}
	if h.Labelled {
		h.takeOffLabels()
	}
	if k.Interrupted && k.mustRaiseAt(at) {
		runtimepatch.Runtime.Finish(carrier)
	}
	if h.tick > 0 {
		h.tick--
	}
	h.Current = nil
	h.root.needSchedule = true
}

// backFromRuntime returns the stack of the task on k, which was parked in the runtime and is ready.
// The caller switches to it at once.
func (k *Fiber) backFromRuntime() *stackful.Stack {
	runtimepatch.Runtime.Expose(k.carrier)
	at := k.at
	k.carrier, k.away, k.at = 0, false, nil
	k.unmark()
	return at
}

// readRuntime makes the tasks ready whose waits in the runtime are over.
func (h *Hub) readRuntime() {
	if h.rt.Local == 0 && atomic.LoadUintptr(&h.rt.Remote) == 0 {
		return
	}
	for {
		k := (*Fiber)(runtimepatch.Runtime.Next(&h.rt))
		if k == nil {
			return
		}
		h.MakeReady(k.Task)
	}
}

// readLocal is readRuntime for what became ready on h's own thread, which has set tick.
func (h *Hub) readLocal() {
	h.readRuntime()
	if h.localWakes++; h.tick <= 1 && h.localWakes%PollInterval != 0 {
		h.tick = PollInterval
	}
}

// waitInRuntime is the selector's Wait for a patched hub, with nothing ready: it parks the
// goroutine. It may return before there is an event. Rest has been called.
func (h *Hub) waitInRuntime(timeout int64) (int, error) {
	n, err := h.IO.Sel.Wait(h.IO.events[:], 0)
	if n > 0 || err != nil || timeout == 0 {
		return n, err
	}
	runtimepatch.Runtime.Wait(&h.rt, timeout)
	return h.IO.Sel.Wait(h.IO.events[:], 0)
}

// wake ends the wait of h, which waits or is about to, on any goroutine.
func (h *Hub) wake() {
	if h.patched {
		runtimepatch.Runtime.Wake(&h.rt)
	} else {
		h.IO.Sel.Wake()
	}
}

// IsWaitingInRuntime reports whether the task on k is parked in package runtime, and not ready.
func (k *Fiber) IsWaitingInRuntime() bool {
	return k.carrier != 0 && runtimepatch.Runtime.Waits(k.carrier)
}

// waitingFor says what the parked task on k waits for.
func (k *Fiber) waitingFor() string {
	if k.carrier != 0 {
		return runtimepatch.Runtime.Reason(k.carrier)
	}
	return k.W.Why.String()
}

// runtimeSleep is time.Sleep in a task. (Sleep(0) need not switch; but a loop of it must
// not starve other tasks, nor, in every 256th call, descriptors and timers.)
func runtimeSleep(ns int64) bool {
	h := Here()
	if ns > 0 {
		h.Sleep(time.Duration(ns))
		return true
	}
	if t := h.Current; t.Fiber.Interrupted {
		t.Raise()
	}
	if h.zeroSleeps == math.MaxUint8 {
		h.zeroSleeps = 0
		h.YieldAll(ParkYield)
	} else if h.zeroSleeps++; h.Ready.Len() > 0 {
		h.Yield(ParkYield)
	}
	return true
}

// runtimeOffload is Await for calls of the standard library that block in the system.
func runtimeOffload(f func()) bool {
	AwaitOn(StartGoroutine, func() (struct{}, error) {
		f()
		return struct{}{}, nil
	})
	return true
}

// A pull is the coroutine of an iter.Pull that a task has called, in place of the goroutine
// that it is otherwise. The task's goroutine alone may use it.
type pull struct {
	stack   stackful.Stack
	f       func(unsafe.Pointer) // nil once it runs
	coro    unsafe.Pointer       // its argument
	resumer *stackful.Stack
}

func newPull(f func(unsafe.Pointer), coro unsafe.Pointer) unsafe.Pointer {
	p := &pull{f: f, coro: coro}
	p.stack.Init(pullEntry)
	p.stack.SetData(p)
	return unsafe.Pointer(p)
}

func pullEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	p := s.Data().(*pull)
	f := p.f
	p.f = nil
	f(p.coro)
	return p.resumer, nil
}

// switchPull switches to the coroutine, or, in it, back to its resumer.
func switchPull(q unsafe.Pointer) {
	p := (*pull)(q)
	if !p.stack.Owned() {
		fault.Usage("next or stop of an iter.Pull that a task has made, on another goroutine than the task's")
	}
	if here := p.stack.Running(); here != &p.stack {
		p.resumer = here
		p.stack.Switch(nil)
	} else {
		p.resumer.Switch(nil)
	}
}

// SwitchDone is part of stackful.Policy. Package iter does not switch to what has ended.
func (p *pull) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of an iter.Pull that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy.
func (p *pull) GoexitTarget(*stackful.Stack) *stackful.Stack { return p.resumer }

// GoexitEnd is part of stackful.Policy: package iter has the caller of next call Goexit.
func (p *pull) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	return p.resumer, nil, true
}
