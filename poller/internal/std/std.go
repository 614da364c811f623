// Package std is the seam between the standard library, as `stackful build`
// patches it, and package poller: variables of the patched packages that exist in
// this program only if it was built that way.
//
// The other side is in cmd/stackful/internal/overlay: a test there compares the two
// declarations of Table.
package std

import (
	"sync/atomic"
	"unsafe" // for linkname, too
)

// Version is the version of the seam. It changes whenever Table does, or what the
// two sides expect of each other.
const Version = 2

// Table is what package internal/poll calls, once it is installed. All functions
// may be called from any goroutine. Those that say so park the task that calls
// them, which must be one; they may panic with what interrupts the task.
type Table struct {
	// Here returns what stands for the calling task, which is on the goroutine with the
	// number goid; nil if the caller is none, and so cannot be parked.
	Here func(goid uint64) unsafe.Pointer

	// Lazy reports whether a socket that the caller is making should be left
	// unknown to the runtime's poller until a goroutine waits for it.
	Lazy func() bool

	// Enter is called by a task that begins a call for reading, with what Here has
	// returned. It gives way to other tasks when there were many without waiting.
	Enter func(here unsafe.Pointer)

	// Attach returns what package poller knows of the descriptor fd, making it if
	// *state is nil.
	Attach func(state *unsafe.Pointer, fd int) unsafe.Pointer

	// Changes returns how often Wake was called.
	Changes func(state unsafe.Pointer) uint32

	// Wait parks the task until the descriptor is ready, for reading or writing,
	// or Wake has been called since Changes returned the number changes, or left
	// nanoseconds are over; negative means no limit. If it is quiet, an interruption
	// is a result. untried says that the caller has not tried: the call before has
	// done less than it was asked for. The results are constants of this package.
	Wait func(state unsafe.Pointer, write bool, changes uint32, left int64, quiet, untried bool) int

	// Wake makes all waits look again at what they wait for: the descriptor is being
	// closed, or has a new deadline.
	Wake func(state unsafe.Pointer)

	// Release ends state. The descriptor is about to be closed; nobody waits.
	Release func(state unsafe.Pointer)

	// Acquire parks the task until it can decrement *sema, which counts what
	// Released has announced. It reports whether the caller was a task; if not,
	// it has done nothing.
	Acquire func(sema *uint32) bool

	// Leave is Acquire for a task that does not wait: Settle will. It does not park.
	Leave func(sema *uint32) bool

	// Settle waits for what the hub's tasks have left, if the caller is a task.
	Settle func()

	// Released is called after *sema has been incremented.
	Released func(sema *uint32)

	// Offload calls f on another goroutine, and parks the task until it has returned.
	// It reports whether the caller was a task; if not, it has done nothing. If
	// the task is interrupted, dropped is called when f has returned.
	Offload func(f, dropped func()) bool

	// Raise raises the interruption that a quiet wait has left pending, if any.
	Raise func()
}

// Results of Table.Wait.
const (
	Ready       = iota // worth trying
	Again              // look at the deadline and at whether it is closed, and wait again
	Unwatchable        // the system cannot tell when the descriptor is ready
	Interrupted        // only if the wait is quiet
)

//go:linkname version internal/poll.stackfulVersion
var version uint32

//go:linkname table internal/poll.stackfulTable
var table unsafe.Pointer

//go:linkname sleep runtime.stackfulSleep
var sleep func(goid uint64, ns int64) bool

// Found returns the version of the seam that the standard library of this program
// has been built with, 0 if it is not patched.
func Found() int { return int(version) }

// Installed reports whether Install has been called, and has done something.
func Installed() bool { return atomic.LoadPointer(&table) != nil }

// Install makes the patched standard library use t, and sleepHook for time.Sleep:
// that gets the number of the calling goroutine, and reports whether it has slept. It does nothing if the library is not
// patched, or not for this version. It is called once, while the program starts.
func Install(t *Table, sleepHook func(goid uint64, ns int64) bool) {
	if version != Version {
		return
	}
	sleep = sleepHook
	atomic.StorePointer(&table, unsafe.Pointer(t))
}
