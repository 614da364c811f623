//go:build race

package stackful

import (
	"runtime"
	"unsafe"
)

const raceEnabled = true

// raceState is what the race detector synchronizes an owner's stacks on: each
// stack has a detector context of its own (racectx is exchanged with it), so
// that the order which a switch makes must be reported.
type raceState struct{ _ byte }

// raceDepart is called on the stack that is about to be left.
func raceDepart(o *owner) {
	if native {
		runtime.RaceReleaseMerge(unsafe.Pointer(&o.race))
	}
}

// raceArrive is called on the stack that has been resumed, before user code.
func raceArrive(o *owner) {
	if native {
		runtime.RaceAcquire(unsafe.Pointer(&o.race))
	}
}

// raceEnter and raceLeave order the accesses of this package, and of those above, to the state
// of one goroutine. The detector orders them itself, except in the functions of AddCleanup: each
// call has a context of its own there, so that data which two of them share is reported even
// if one goroutine runs both, although an owner is not shared by goroutines. raceEnter is
// called where an owner has been found, raceLeave after a change to it outside of a switch.
func raceEnter(o *owner) { runtime.RaceAcquire(unsafe.Pointer(&o.race)) }

func raceLeave(o *owner) { runtime.RaceReleaseMerge(unsafe.Pointer(&o.race)) }

// raceDetach and raceAttach order what two goroutines do with a stack that moves
// between them, for what the stack's own frames have written.
func raceDetach(s *Stack) { runtime.RaceReleaseMerge(unsafe.Pointer(s)) }

func raceAttach(s *Stack) { runtime.RaceAcquire(unsafe.Pointer(s)) }
