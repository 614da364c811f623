package stackful

import "runtime"

// The two backends.
//
// A backend suspends a stack and resumes another one of the same goroutine. The native
// backend (arch_*.s, native_*.go) exchanges the stacks inside the goroutine; the portable
// one (portable*.go) gives each stack a goroutine and passes a turn between them. The
// common files choose by native, which init of native_start.go sets, and call the
// functions listed here and nothing else of a backend. What the callers have checked is
// not checked again: unless it is said otherwise, s and next are stacks of the running
// goroutine, suspended or fresh, and not the running stack.
//
// # Native
//
// Finding the running goroutine's owner:
//
//	nearOwner() *owner
//		The owner, if ownersNear has it; nil means only that currentOwner must look in owners.
//	nearSlot() unsafe.Pointer
//		owner.slot, from ownersNear or by slotSlow.
//	(*owner).attachNative()
//		Makes an owner ready for the running goroutine: a new owner, or one that has just
//		been adopted. Afterwards foreign, attachToken and cache are set.
//
// Switching. The first three are func values, so that the assembly behind them has the
// caller of Switch as its caller:
//
//	switchTo(s *Stack, v any) any, panicTo(s *Stack, v any) any
//		Switch and SwitchPanic themselves, with any s. The fast path, where it is open;
//		otherwise they go on in switchNative or panicRefused, having changed nothing.
//	finishFast(s, next *Stack, v any)
//		Ends s, the running stack, and resumes next with v; or returns, having changed
//		nothing. Called only while owner.fast is not 0.
//	switchNative(s *Stack, transfer any) any
//		The slow path to s, which need not be one that can be resumed: then it calls switchSlow.
//		Panics if C frames are below. The result is what the next switch to this stack passes.
//	(*Stack).finishNative(next *Stack, out any)
//		Ends s, the running stack, in the same way. It does not return; a refusal is a
//		panic on s, which goes on.
//	giveCodes, sendCodes
//		Those behind SendEnds.
//	yieldCode(class passing, words int) uintptr, nextCode() uintptr
//		The code of the routines behind NewYield, for values that are passed so, and NewNext;
//		0 if there is none in this process.
//
// The garbage collector. None of these blocks:
//
//	marking() bool
//		Whether the write barrier is on; it is while the collector marks.
//	offerToken() uint64
//		A number that was never returned before, for a mark phase that has no token yet.
//	prefetch(host uintptr)
//		A hint: the carrier host, as Stack.host has it, will be switched to soon.
//
// Ending a stack from outside:
//
//	(*Stack).discardNative() bool
//		Ends s if nothing would run in it, see Discard. It may always return false.
//	takePanic(v any) bool
//		Recovers the running panic if its value is v, see RecoverOnly. It may always return
//		false.
//
// Owners that end, called from the collector's tick (orphan.go) unless noted:
//
//	orphansNative() map[*owner][]*Stack
//		The owners whose goroutines have ended, with their suspended stacks. What it misses
//		is found in a later cycle; what it returns is certain.
//	(*owner).adoptOwnerNative(goid uint64)
//		Makes o the owner of the running goroutine, goid, which has none.
//	(*owner).releaseEnded()
//		Releases o, which leaves ownersNear, if its goroutine has ended: see keep. Called by
//		any goroutine.
//	carrierCache, (*carrierCache).flush()
//		The free stacks of an owner, given back to the pool when the owner was collected.
//	(*carrierPool).setLimit(n int) (old int)
//		SetIdleLimit.
//	(*carrierPool).trim() (more bool)
//		Ends free stacks that nothing has needed since the last cycle; whether it is to be called
//		although there are no owners.
//
// # Portable
//
//	currentPortable() *Stack
//		The running stack, making owner and root for a goroutine that has none. It notes
//		whether the goroutine is locked to its thread, which switchPortable refuses.
//	(*owner).hasTurn() bool
//		Whether the running goroutine is that of the owner's running stack. It notes the lock to a thread, too.
//	relay, newRelay()
//		What a stack's goroutine waits on for its turn; Stack.relay.
//	newPortableNext, newPortableYield, newPortableSend, newPortableGive
//		The functions of Ends and SendEnds.
//	arrivedPortable() bool
//		Arrived.
//	(*Stack).leavePairs()
//		Called before a stack, which has started, is detached.
//	(*Stack).switchPortable(op string, transfer any) any
//		As switchNative. Panics for op on a goroutine that is locked to its thread.
//	(*Stack).finishPortable(next *Stack, out any)
//		Ends s and resumes next. It returns, on a goroutine that must end without touching
//		s again.
//	activity
//		Whether an owner switches, for orphansPortable; owner.activity.
//	orphansPortable() map[*owner][]*Stack, (*owner).adoptOwnerPortable(goid uint64)
//		As orphansNative and adoptOwnerNative.
//	portableStacks
//		The table of stacks by goroutine id; its roots say whether there are owners.
//
// # What a backend calls
//
// On a stack that it has started, runEntry, which ends it with finishNative or
// finishPortable. On one that it has resumed other than with a value in registers, arrive,
// or arriveYield or the slow function of NewNext, which calls Arrived, if that stack is suspended
// in such a function: they take owner.transfer, call the switch hook, and return or raise what was
// sent.

// native reports whether this process uses the native backend. It is set once, before main.
var native bool

// portableReason says why it does not, for BackendInfo.
var portableReason string

// BackendInfo says how stacks are switched in this process, and why.
type BackendInfo struct {
	Native bool   // stacks are exchanged inside the goroutine; otherwise each is a goroutine that is handed the turn
	Reason string // for people: why this backend was chosen
	Go     string // the Go release of the binary
	Arch   string // GOOS/GOARCH
}

// Backend returns the choice that was made when the process started. It may be
// called from any goroutine.
//
// The two keep one contract, but for what goroutines cannot do. In the portable backend
// each stack has a goroutine id and pprof labels of its own; a goroutine that is locked to
// its thread cannot switch (ErrThreadLocked), so what must stay on one thread, such as a
// graphical interface, must not use stacks there; and a switch takes longer.
func Backend() BackendInfo {
	b := BackendInfo{
		Native: native,
		Reason: portableReason,
		Go:     runtime.Version(),
		Arch:   runtime.GOOS + "/" + runtime.GOARCH,
	}
	if native {
		b.Reason = "the layout table fits this binary"
	}
	return b
}
