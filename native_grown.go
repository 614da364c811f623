package stackful

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// A stack that has grown keeps its size when its life ends, and the next life would begin with it: the carrier
// that became free last is the next in use. In a program of many lives, of which some grow their stacks,
// most stacks would be large ones in the end, since the collector halves only a stack of which less than a
// quarter is in use, and takes 800 bytes for used. The runtime frees the stack of a goroutine that ends if it has
// not the size that goroutines start with. So does dropGrown: it ends the carrier.
//
// That costs a life a new carrier, whose memory is cold, and the copies of growing: some microseconds. Where lives are
// long that does not count. Where they are short, and all of them grow, it would be several times what they cost, and
// save little, as few of them live at a time. So the rate is bounded, in proportion to the number of carriers.

const (
	dropPeriod = 2 * time.Second        // in which an owner may drop as many stacks as there are carriers
	dropLeast  = 100 * time.Microsecond // from one to the next, however many carriers there are: some percent of the time
	dropSaved  = 256                    // drops that can be saved up
	dropBatch  = 4                      // carriers that are ended at a time, as that wakes a thread
	dropSkips  = 16                     // stacks kept without a look at the clock, when it is too early
)

// A grownStacks is what a carrierCache knows of free stacks that have grown.
type grownStacks struct {
	skips   uint32        // how many to keep without a look at the clock
	n       uint32        // used of dropped
	next    time.Duration // when one may be dropped, as nanotime says
	dropped [dropBatch]uintptr
}

// freshStackSize is the size of the stacks of the carriers made last, which is the size that goroutines
// start with: the runtime adapts it. It is 0 if none has been made.
var freshStackSize uintptr

// noteFresh is called when the carrier g has been made.
func noteFresh(g uintptr) {
	if size := stackSize(&g); size&(size-1) == 0 { // but for a moment in which the collector halves it
		atomic.StoreUintptr(&freshStackSize, size)
	}
}

// stackSize returns the size of the stack on the carrier g, which does not run. It may be any number while
// the collector moves that stack.
//
//go:norace
func stackSize(g *uintptr) uintptr {
	at := *(*unsafe.Pointer)(unsafe.Pointer(g))
	return *(*uintptr)(unsafe.Add(at, asm.GStackHi)) - *(*uintptr)(unsafe.Add(at, asm.GStackLo))
}

// hasGrown reports whether the stack on the free carrier *g has grown.
//
//go:norace
func hasGrown(g *uintptr) bool { return stackSize(g) > atomic.LoadUintptr(&freshStackSize) }

// mayDrop reports whether a stack may be dropped now, and takes it for dropped, with so many carriers in all.
//
//go:norace
func (d *grownStacks) mayDrop(now time.Duration, carriers int) bool {
	if d.next > now {
		return false
	}
	every := dropEvery(carriers)
	d.next = max(d.next, now-dropSaved*every) + every
	return true
}

// dropEvery returns the time from one drop of an owner's to the next.
func dropEvery(carriers int) time.Duration {
	return max(dropLeast, dropPeriod/time.Duration(max(1, carriers)))
}

// drop keeps the carrier g, which is to be ended.
//
//go:norace
func (d *grownStacks) drop(g uintptr) {
	d.dropped[d.n] = g
	d.n++
}

// full reports whether those that were dropped are to be taken before there are more.
//
//go:norace
func (d *grownStacks) full() bool { return int(d.n) == len(d.dropped) }

// take returns the carriers that were dropped. They are in d until the next call of drop.
//
//go:norace
func (d *grownStacks) take() []uintptr {
	dropped := d.dropped[:d.n]
	d.n = 0
	return dropped
}
