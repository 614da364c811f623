//go:build !poller_std

package poller

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stackful-go/stackful/poller/internal/socket"
	"github.com/stackful-go/stackful/poller/internal/std"
)

func init() {
	std.Install(&std.Table{
		Here:     func(goid uint64) unsafe.Pointer { return unsafe.Pointer(taskOn(goid)) },
		Lazy:     func() bool { return taskHere() != nil },
		Enter:    func(here unsafe.Pointer) { (*hub)(here).succeeded() },
		Attach:   attachPatched,
		Changes:  func(state unsafe.Pointer) uint32 { return (*patchedFD)(state).changes.Load() },
		Wait:     waitPatched,
		Wake:     func(state unsafe.Pointer) { (*patchedFD)(state).wake() },
		Release:  func(state unsafe.Pointer) { (*patchedFD)(state).release() },
		Acquire:  patchedSemas.acquire,
		Leave:    leaveSema,
		Settle:   settleSemas,
		Released: patchedSemas.released,
		Offload:  patchedOffload,
		Raise:    patchedRaise,
	}, patchedSleep)
}

// A patchedState is what the patched standard library keeps for a hub.
type patchedState struct {
	left []*uint32 // see leaveSema
	naps uint8     // counts patchedSleep(0)
}

var patchedOf = newHubLocal[patchedState]()

// patchedSleep is time.Sleep in a task.
func patchedSleep(goid uint64, ns int64) bool {
	h := taskOn(goid)
	if h == nil {
		return false
	}
	if ns > 0 {
		h.sleep(time.Duration(ns))
		return true
	}
	// Sleep(0) need not switch; but a loop of it must not keep others from running.
	if t := h.current; t.work.interrupted {
		t.raise()
	}
	if naps := &patchedOf.of(h).naps; *naps == math.MaxUint8 {
		*naps = 0
		h.giveAll(parkYield)
	} else if *naps++; h.ready.len() > 0 {
		h.yield(parkYield)
	}
	return true
}

// patchedRaise raises what a quiet wait has left pending.
func patchedRaise() {
	if h := taskHere(); h != nil && h.current.work.interrupted {
		h.current.raise()
	}
}

// patchedOffload is Await for calls of the standard library that wait in channels.
func patchedOffload(f, dropped func()) bool {
	if taskHere() == nil {
		return false
	}
	// The one who comes second, f's end or the interruption, sees to the result.
	var over atomic.Bool
	waiting := true
	defer func() {
		if waiting && over.Swap(true) {
			dropped()
		}
	}()
	awaitOn(startGoroutine, func() (struct{}, error) {
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
// It belongs to an internal/poll.FD, whose locks see to it that one caller waits in
// each direction, and that nobody does when the descriptor is closed.
//
// The tasks may be of several hubs, and each wants to hear of the descriptor from
// its own selector: so there is a desc for each hub, which borrows the number. Plain
// goroutines wait for it at the runtime's poller, as ever. All of them are told of
// each event, and try.
//
// No wake-up gets lost: who changes what tasks look at before they wait, deadlines
// and the mark of being closed, does so before wake; and a wait, which has looked
// after it has read changes, does not park if that is not the same under mu.
//
// Locks are taken in the order patchedFD.mu, desc.mu, those of the hub.
type patchedFD struct {
	number  int
	changes atomic.Uint32 // changed under mu

	mu    sync.Mutex
	descs []*desc
}

func attachPatched(state *unsafe.Pointer, number int) unsafe.Pointer {
	p := atomic.LoadPointer(state)
	if p == nil {
		atomic.CompareAndSwapPointer(state, nil, unsafe.Pointer(&patchedFD{number: number}))
		p = atomic.LoadPointer(state)
	}
	return p
}

func waitPatched(state unsafe.Pointer, write bool, changes uint32, left int64, quiet, untried bool) int {
	p := (*patchedFD)(state)
	h := hubHere()
	p.mu.Lock()
	d := p.descOf(h)
	if d == nil {
		p.mu.Unlock()
		return std.Unwatchable
	}
	d.mu.Lock()
	same := p.changes.Load() == changes
	p.mu.Unlock()
	if !same {
		d.mu.Unlock()
		return std.Again
	}
	s := &d.rd
	if write {
		s = &d.wr
	}
	if untried && (s.ended || !d.shortIsEmpty) {
		s.ready = true // no event will tell of the end again, or of what is behind an urgent byte
	}
	var err error
	if !s.ready {
		at := int64(noInstant)
		if left >= 0 {
			at = after(time.Duration(left))
		}
		err = s.park(h, at)
	}
	ready := s.ready && err != errInterrupted
	if ready {
		s.ready = false // the caller tries now; what comes later is told by another event
	}
	d.mu.Unlock()
	if err == errInterrupted && quiet {
		return std.Interrupted
	}
	raise(h, err)
	if ready {
		return std.Ready
	}
	return std.Again
}

// descOf returns the desc of hub h, making it if need be; nil if the descriptor
// cannot be watched. mu is held.
func (p *patchedFD) descOf(h *hub) *desc {
	if len(p.descs) == 1 && p.descs[0].hub == h {
		return p.descs[0]
	}
	kept := p.descs[:0]
	var found *desc
	for _, d := range p.descs {
		if d.hub == h {
			found = d
		}
		if !d.isClosing() { // not of a hub that has ended
			kept = append(kept, d)
		}
	}
	clear(p.descs[len(kept):])
	p.descs = kept
	if found == nil {
		if found = watchPatched(h, p.number); found != nil {
			p.descs = append(p.descs, found)
		}
	}
	return found
}

// watchPatched makes hub h watch the descriptor with the number.
func watchPatched(h *hub, number int) *desc {
	d := &desc{borrows: true, shortIsEmpty: true}
	err := d.watch(h, number)
	if err == unix.EEXIST { // WaitRead is watching it: watch a copy
		copied, err := socket.Dup(number)
		if err != nil {
			return nil
		}
		d = &desc{shortIsEmpty: true}
		if d.watch(h, copied) != nil {
			socket.Close(copied)
			return nil
		}
	} else if err != nil {
		return nil
	}
	return d
}

func (d *desc) isClosing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closing
}

func (p *patchedFD) wake() {
	here := hubHere()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes.Add(1)
	for _, d := range p.descs {
		d.mu.Lock()
		d.rd.io.wakeAll(here, nil)
		d.wr.io.wakeAll(here, nil)
		d.mu.Unlock()
	}
}

func (p *patchedFD) release() {
	here := hubHere()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.descs {
		d.close(here)
	}
	p.descs = nil
}
