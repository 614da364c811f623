package stackful

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// Why a stack may be ended without unwinding it.
//
// Unwinding runs deferred calls and nothing else. A deferred call is pending in
// one of two forms: as a record in the list g._defer, which discardLocked sees to be
// empty, or open-coded, as bits in the frame of a function that the compiler
// gave a call of deferreturn for the case of recovery (ssagen, genssa: always,
// even if the function does not return), whose place the linker wrote into
// the function's entry of the function table (_func.deferreturn, 0 if there is
// none; C15). So if the list is empty and no function of the frames has a deferreturn,
// nothing is pending. Functions with defer statements are never inlined into
// ones without: each has its own frame, and the frame pointers lead from
// one to the next (C5). Frames without a frame pointer are leaves, and no leaf is
// suspended.
//
// The frames are read, in suspendedFrames, and the stack is freed, in
// discardLocked, under the carrier's lock and while no profile is taken (native_lockfree.go), so
// that it is neither moved nor looked at then. In between it may be moved, but its frames
// are the same, as only this goroutine could run them. The pointers on
// them vanish, of which the collector need not know outside of a mark phase.

// maxFrames bounds how deep a stack is looked at.
const maxFrames = 32

// framesBelow is how many frames lie under the entry function's, or a Body's, and one more
// return address: runEntry, the trampoline, and goexit.
const framesBelow = 3

func (s *Stack) discardNative() bool {
	if s.carrier() == 0 || mayDefer(s.suspendedPC()) {
		return false // the loop below would find the same, later
	}
	var pcs [maxFrames]uintptr
	n := suspendedFrames(s, &pcs)
	if n <= framesBelow {
		return false
	}
	own := n - framesBelow // the frames of the body
	switch pcs[own] {
	case runBodyPC:
	case runEntryPC:
		own-- // but for that of the entry function
	default:
		return false
	}
	for _, pc := range pcs[:own] {
		if mayDefer(pc) {
			return false
		}
	}
	c := s.owner.cache
	if c.n == cacheSlots {
		c.giveBack(cacheSlots / 2)
	}
	return discardLocked(s)
}

// suspendedPC returns where s, which has a host, goes on, if it is suspended; some
// other PC if it runs. Only a switch of this goroutine's changes that word of the
// carrier's g: not the collector, when it moves the stack.
func (s *Stack) suspendedPC() uintptr {
	at := s.carrier() + gSchedPC
	return **(**uintptr)(unsafe.Pointer(&at))
}

// runEntryPC is the address in runEntry to which entry functions return. A stack that is
// suspended elsewhere in runEntry, as one that SwitchRun has started may be, does not have it.
var runEntryPC uintptr

// runBodyPC is the address in runEntry to which the function of a Body returns.
var runBodyPC uintptr

// findRunEntry finds runEntryPC and runBodyPC, by functions that read their own return addresses.
func findRunEntry() bool {
	run := func(s *Stack) {
		defer func() { recover() }()
		runEntry(s, nil, false)
	}
	callers := func() uintptr {
		var pcs [4]uintptr // of Callers, this function, its caller, runEntry
		runtime.Callers(0, pcs[:])
		return pcs[3]
	}
	s := &Stack{owner: new(owner)}
	s.entry = func(*Stack, any) (*Stack, any) { runEntryPC = callers(); panic(s) }
	run(s)
	s.entry, s.data = nil, bodyFunc(func(any) any { runBodyPC = callers(); panic(s) })
	run(s)
	in := func(pc uintptr) bool {
		f := runtime.FuncForPC(pc - 1)
		return f != nil && f.Entry() == codeOf(runEntryValue)
	}
	return in(runEntryPC) && in(runBodyPC) && runBodyPC != runEntryPC
}

// A bodyFunc is a Body for findRunEntry.
type bodyFunc func(any) any

func (f bodyFunc) Begin(v any) (func(any) any, any) { return f, v }
func (f bodyFunc) End(out any) (*Stack, any)        { return nil, out }

// deferKnown caches the answers of mayDefer: each word is a PC, shifted by one, and the answer.
var deferKnown [256]atomic.Uint64

// mayDefer reports whether the function that contains the return address pc, by
// its own frame, has a defer statement.
func mayDefer(pc uintptr) bool {
	known := &deferKnown[(pc^pc>>8)%uintptr(len(deferKnown))]
	if k := known.Load(); k>>1 == uint64(pc) {
		return k&1 != 0
	}
	k := uint64(pc)<<1 | 1
	if hasDeferreturn(pc-1) == no {
		k--
	}
	known.Store(k)
	return k&1 != 0
}

// An answer of hasDeferreturn.
type answer int

const (
	unknown answer = iota
	no
	yes
)

// funcHead is the beginning of the runtime's _func, which a *runtime.Func points to
// unless it was made up for an inlined function: then all bits of ones are set.
type funcHead struct {
	ones        uint32 // entryOff
	nameOff     int32
	args        int32
	deferreturn uint32
}

// hasDeferreturn looks up the function whose frame it is that runs at pc.
func hasDeferreturn(pc uintptr) answer {
	for range 2 {
		f := runtime.FuncForPC(pc)
		if f == nil {
			return unknown
		}
		switch head := (*funcHead)(unsafe.Pointer(f)); {
		case head.ones == ^uint32(0):
			pc = f.Entry() // that of the function it was inlined into
		case head.deferreturn == 0:
			return no
		default:
			return yes
		}
	}
	return unknown
}

// findDeferreturn checks what hasDeferreturn knows about the runtime.
func findDeferreturn() bool {
	return hasDeferreturn(codeOf(withDefer)) == yes && hasDeferreturn(codeOf(withoutDefer)) == no
}

func codeOf[F any](f F) uintptr { return **(**uintptr)(unsafe.Pointer(&f)) }

//go:noinline
func withDefer() { defer withoutDefer() }

//go:noinline
func withoutDefer() {}
