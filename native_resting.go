package stackful

import (
	"runtime"
	"runtime/debug"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// # Which stack a carrier holds
//
// A stack that is suspended is held by a carrier, and each trampoline leaves its Stack at the
// top of its frame, at a known distance from stktopsp, together with the complement. Those two
// words alone prove nothing: memory of stacks is not cleared, so they may be of an earlier life
// of this memory, or of a goroutine that has no part in this package, and whose outermost
// frame has 0 and -1 in that place. So a stack must not be touched for what a carrier says of it,
// unless the Stack says the same of itself:
//
//	A stack is taken by way of carrier X only if the words on X name w, w is started, w.owner
//	is the owner that may have it, and w.host or w.yieldHost is X.
//
// No other object holds the addresses of an owner and of a carrier in these places, so w is a
// Stack. It rests on X, since host and yieldHost are stale only while a stack runs, and the running
// one is known to its owner (owner.current; on a goroutine that has ended only its root did).
// It is alive, since it is its own frames that refer to it.
//
// restingOn looks without a lock, for stacks whose goroutine has ended. All other
// code has the handle of the stack that it resumes, from its caller or from another Stack (a resumer,
// a parent), and compares its owner in the routine that then reads where it rests.

// stackWordOffset says how far below stktopsp a trampoline leaves its Stack, right above
// the complement: the return address and the saved BP are above it on amd64, room
// that the caller's frame pointer needs on arm64.
var stackWordOffset = map[string]uintptr{"amd64": 24, "arm64": 16}[runtime.GOARCH]

// restingOn returns the addresses of the stack that carrier x holds and of its owner, or
// zeros. x may be the g of any goroutine, and change its stack meanwhile: then the words are
// of memory that has been moved or freed, and the answer is old. So the caller must know why the
// stack stays where it is, or look again under x's lock. Nothing is written, what is read is kept in
// integers, and an address that is none is a fault, which is a panic here (also of freed memory
// with GODEBUG=efence=1).
func restingOn(x uintptr) (w, owner uintptr) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			w, owner = 0, 0
		}
	}()
	var s *Stack
	top := peek(x + asm.GStktopsp)
	w = peek(top - stackWordOffset)
	if peek(top-stackWordOffset-8) != ^w {
		return 0, 0
	}
	owner = peek(w + unsafe.Offsetof(s.owner))
	host, yieldHost := peek(w+unsafe.Offsetof(s.host)), peek(w+unsafe.Offsetof(s.yieldHost))
	if peek(w+unsafe.Offsetof(s.state)) != stateStarted || host&^hasDeferOrPanic != x && yieldHost&^hasDeferOrPanic != x {
		return 0, 0
	}
	return w, owner
}

var _ = [1]struct{}{}[asm.GGoid%8|asm.GAtomicstatus%8|asm.GStktopsp%8]
