//go:build !poller_std

package patched

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/fd"
	"github.com/stackful-go/stackful/poller/internal/sched"
	"github.com/stackful-go/stackful/poller/internal/socket"
	"github.com/stackful-go/stackful/poller/internal/std"
)

func init() {
	std.Install(&std.Table{
		Here:     func(goid uint64) unsafe.Pointer { return unsafe.Pointer(taskOn(goid)) },
		Lazy:     func() bool { return taskHere() != nil },
		Enter:    func(here unsafe.Pointer) { (*sched.Hub)(here).ChargeIO() },
		Attach:   attachPatched,
		Changes:  func(state unsafe.Pointer) uint32 { return (*patchedFD)(state).changes.Load() },
		Wait:     waitPatched,
		Wake:     func(state unsafe.Pointer) { (*patchedFD)(state).wake() },
		Release:  func(state unsafe.Pointer) { (*patchedFD)(state).release() },
		Acquire:  Semas.acquire,
		Leave:    deferAcquire,
		Settle:   awaitDeferred,
		Released: Semas.Released,
		Offload:  patchedOffload,
		Raise:    patchedRaise,
	}, patchedSleep)
}

// A patchedState is the state of this package for a hub.
type patchedState struct {
	deferredSemas []*uint32 // see deferAcquire
	zeroSleeps    uint8     // counts patchedSleep(0)
}

var patchedOf = sched.NewHubLocal[patchedState]()

// patchedSleep is time.Sleep in a task. It reports false if the caller, on the goroutine goid,
// is not a task: then the library's own Sleep goes on.
func patchedSleep(goid uint64, ns int64) bool {
	h := taskOn(goid)
	if h == nil {
		return false
	}
	if ns > 0 {
		h.Sleep(time.Duration(ns))
		return true
	}
	// Sleep(0) need not switch; but a loop of it must not starve other tasks, nor, in every
	// 256th call, descriptors and timers.
	if t := h.Current; t.Fiber.Interrupted {
		t.Raise()
	}
	if zeroSleeps := &patchedOf.Of(h).zeroSleeps; *zeroSleeps == math.MaxUint8 {
		*zeroSleeps = 0
		h.YieldAll(sched.ParkYield)
	} else if *zeroSleeps++; h.Ready.Len() > 0 {
		h.Yield(sched.ParkYield)
	}
	return true
}

// patchedRaise raises the interruption that has ended a quiet wait.
func patchedRaise() {
	if h := taskHere(); h != nil && h.Current.Fiber.Interrupted {
		h.Current.Raise()
	}
}

// patchedOffload is Await for calls of the standard library that wait in channels.
func patchedOffload(f, dropped func()) bool {
	if taskHere() == nil {
		return false
	}
	// Of the end of f and an interruption, the second one disposes of f's result.
	var over atomic.Bool
	waiting := true
	defer func() {
		if waiting && over.Swap(true) {
			dropped()
		}
	}()
	sched.AwaitOn(sched.StartGoroutine, func() (struct{}, error) {
		f()
		if over.Swap(true) {
			dropped()
		}
		return struct{}{}, nil
	})
	waiting = false
	return true
}

// A patchedFD is a descriptor of the standard library that tasks have waited for.
// It belongs to an internal/poll.FD, whose locks guarantee that one caller waits in
// each direction, and none when the descriptor is closed.
//
// The tasks may belong to several hubs, each with a selector of its own: so there is an fd.FD
// for each hub, which borrows the number. Goroutines that are not tasks wait in the runtime's
// poller, as without the patch. All waiters are woken by each event, and try.
//
// There is no lost wake-up: a caller that changes the condition of a wait, a deadline or the
// mark of being closed, does so before wake; a waiter loads changes before it tests the
// condition, and does not park if changes differs under mu.
//
// Locks are taken in the order patchedFD.mu, fd.FD.Mu, those of the hub.
type patchedFD struct {
	number  int
	changes atomic.Uint32 // changed under mu

	mu  sync.Mutex
	fds []*fd.FD
}

// attachPatched returns *state, a patchedFD, and makes it if need be.
func attachPatched(state *unsafe.Pointer, number int) unsafe.Pointer {
	p := atomic.LoadPointer(state)
	if p == nil {
		atomic.CompareAndSwapPointer(state, nil, unsafe.Pointer(&patchedFD{number: number}))
		p = atomic.LoadPointer(state)
	}
	return p
}

// waitPatched is std.Table.Wait.
func waitPatched(state unsafe.Pointer, write bool, changes uint32, left int64, quiet, untried bool) int {
	p := (*patchedFD)(state)
	h := hubHere()
	p.mu.Lock()
	d := p.fdOf(h)
	if d == nil {
		p.mu.Unlock()
		return std.Unwatchable
	}
	d.Mu.Lock()
	same := p.changes.Load() == changes
	p.mu.Unlock()
	if !same {
		d.Mu.Unlock()
		return std.Again
	}
	s := &d.Rd
	if write {
		s = &d.Wr
	}
	if untried && (s.Ended || !d.ShortReadDrains) {
		s.Ready = true // there is no further event for the end, nor for data behind an urgent byte
	}
	var err error
	if !s.Ready {
		at := int64(sched.Never)
		if left >= 0 {
			at = sched.After(time.Duration(left))
		}
		err = s.Park(h, at)
	}
	ready := s.Ready && err != sched.ErrInterrupted
	if ready {
		s.Ready = false // the caller tries now; there is another event for later data
	}
	d.Mu.Unlock()
	if err == sched.ErrInterrupted && quiet {
		return std.Interrupted
	}
	sched.Raise(h, err)
	if ready {
		return std.Ready
	}
	return std.Again
}

// fdOf returns the fd.FD of hub h, and makes it if need be; nil if the descriptor
// cannot be watched. mu is held.
func (p *patchedFD) fdOf(h *sched.Hub) *fd.FD {
	if len(p.fds) == 1 && p.fds[0].Hub == h {
		return p.fds[0]
	}
	kept := p.fds[:0]
	var found *fd.FD
	for _, d := range p.fds {
		if d.Hub == h {
			found = d
		}
		if !d.IsClosing() { // else its hub has ended
			kept = append(kept, d)
		}
	}
	clear(p.fds[len(kept):])
	p.fds = kept
	if found == nil {
		if found = watchPatched(h, p.number); found != nil {
			p.fds = append(p.fds, found)
		}
	}
	return found
}

// watchPatched makes hub h watch the descriptor with the number.
func watchPatched(h *sched.Hub, number int) *fd.FD {
	d := &fd.FD{Borrows: true, ShortReadDrains: true}
	err := d.Watch(h, number)
	if err == unix.EEXIST { // a WaitRead of package poller watches it: watch a copy
		copied, err := socket.Dup(number)
		if err != nil {
			return nil
		}
		d = &fd.FD{ShortReadDrains: true}
		if d.Watch(h, copied) != nil {
			socket.Close(copied)
			return nil
		}
	} else if err != nil {
		return nil
	}
	return d
}

// wake ends all waits of tasks, which test their conditions again.
func (p *patchedFD) wake() {
	here := hubHere()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes.Add(1)
	for _, d := range p.fds {
		d.Mu.Lock()
		d.Rd.IO.WakeAll(here, nil)
		d.Wr.IO.WakeAll(here, nil)
		d.Mu.Unlock()
	}
}

// release takes the descriptor, which is about to be closed, out of all hubs.
func (p *patchedFD) release() {
	here := hubHere()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.fds {
		d.Close(here)
	}
	p.fds = nil
}
