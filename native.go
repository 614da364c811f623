package stackful

import (
	"unsafe"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// The routines of arch_*.s that suspend are called as func values, so that
// they take and give what they need in registers, and so that the frame which
// called Switch calls them directly: nothing of ours returns after a switch, as
// a return that the processor mispredicts costs more than the whole switch. (It is
// predicted if the stack that was left had called Switch the same way, see switchFast.)
//
// All of them have three words of arguments, whose spill area arrive may use,
// and a result in the two registers of an any. So a stack can be resumed
// without knowing which of them suspended it.

// switchTo is what Switch calls: switchFast of arch_*.s in native mode.
var switchTo = switchRefused

// panicTo is what SwitchPanic calls: panicFast of arch_*.s in native mode.
var panicTo = panicRefused

// switchLocked switches to s under the carrier's lock, and takes the value from
// owner.transfer. typ is a refusal if it did not switch.
var switchLocked func(s *Stack, token, _ uint64) (typ uintptr, data unsafe.Pointer)

// finishFast ends s and resumes next on the fast path, or returns.
var finishFast func(s, next *Stack, v any)

// nearOwner returns the running goroutine's owner if it is in ownersNear.
var nearOwner = func() *owner { return nil }

// nearSlot is what Slot calls: nearSlot of arch_*.s in native mode.
var nearSlot = slotSlow

// The code of the routines that are called as func values; defined in arch_*.s.
var (
	switchFastCode, panicFastCode, finishFastCode, switchLockedCode, nearOwnerCode, nearSlotCode uintptr
	scanOnSystemStackCode                                                                        uintptr
	nextFastCode, yieldMemoryCode                                                                uintptr
)

// yieldCode returns the routine that yields a value of that class and of so many words,
// 0 if there is none in this process.
func yieldCode(class passing, words int) uintptr {
	switch {
	case !native || raceEnabled:
		return 0
	case class != inRegisters:
		return yieldMemoryCode
	}
	return yieldCodes[words-1]
}

// yieldCodes are the routines behind Ends, giveCodes and sendCodes those behind SendEnds, by the words of a
// value less one.
var yieldCodes, giveCodes, sendCodes [maxWords]uintptr

// nextCode returns the routine behind a next function, 0 if there is none in this process.
func nextCode() uintptr {
	if !native || raceEnabled {
		return 0
	}
	return nextFastCode
}

func bindAssembly() {
	bind := func(f unsafe.Pointer, code *uintptr) { *(**uintptr)(f) = code }
	bind(unsafe.Pointer(&finishFast), &finishFastCode)
	bind(unsafe.Pointer(&switchLocked), &switchLockedCode)
	bind(unsafe.Pointer(&nearOwner), &nearOwnerCode)
	bind(unsafe.Pointer(&nearSlot), &nearSlotCode)
	if !raceEnabled { // the fast path neither informs the detector nor exchanges racectx
		bind(unsafe.Pointer(&switchTo), &switchFastCode)
		bind(unsafe.Pointer(&panicTo), &panicFastCode)
	}
}

//lint:file-ignore U1000 the assembly uses some of these variables

// What the assembly calls, and what it knows about this process.
var (
	runEntryValue     = runEntry
	endRecoveredValue = endRecovered
	arriveValue       = arrive
	arriveYieldValue  = arriveYield
	switchNativeValue = switchNative
	panicRefusedValue = panicRefused
	gopanicValue      = gopanic
	slotSlowValue     = slotSlow

	sentinel uintptr // see native_gc.go
	goexitPC uintptr // return address at the bottom of every goroutine

	// runtime.scanstack and runtime.systemstack, see findScan
	scanstackPC, systemstackPC uintptr
)

// attachNative prepares an owner that is new, or new on its goroutine, the
// running one.
func (o *owner) attachNative() {
	o.g = asm.G()
	if o.cache == nil {
		o.cache = new(carrierCache)
	}
	o.foreign = onForeignThread()
	offered := offerToken()
	o.attachToken = phaseToken(offered)
	switch {
	case o.attachToken == 0:
	case o.attachToken == offered:
		phaseGoidMark.sample(offered)
	case phaseGoidMark.after(o.attachToken, o.goid):
		o.root.black = o.attachToken
	}
}

// switchNative is the slow path of a switch to s, with a value, or what else switchSlow takes. switchFast
// goes on here when it has refused, so that there is one frame on the stack that is left, and as small as
// can be.
//
//go:noinline
//go:norace
func switchNative(s *Stack, transfer any) any {
	if !s.resumable() {
		return s.switchSlow("Switch", transfer)
	}
	o := s.owner
	o.from = o.running()
	o.yieldToGC()
	if s.yieldHost != 0 {
		s.host = s.yieldHost // switchLocked looks there, and clears yieldHost when s arrives
	}
	for {
		if s.state == stateFresh {
			o.prepareStart(s)
		}
		o.transfer = transfer
		typ, data := switchLocked(s, offerToken(), 0)
		switch why := refusal(typ); why {
		default:
			return *(*any)(unsafe.Pointer(&eface{typ, data}))
		case refusedBusy:
			runtimepatch.Gosched() // the holder of the carrier's lock may have to wait for this goroutine
		case refusedMarking:
			o.scanNow(s)
		case refusedForeign:
			refuseForeign(s, transfer)
		case refusedState:
			// The cache was changed between prepareStart and here, which is impossible,
			// since only this goroutine uses it.
			panic("BUG: stackful: switch refused")
		}
	}
}

// resumable reports whether the running goroutine may switch to s now: it is the owner's, and s is
// suspended or fresh.
//
//go:noinline
//go:norace
func (s *Stack) resumable() bool {
	return s.owner != nil && s.Owned() && s.state != stateDone && s.owner.running() != s && !s.owner.foreign
}

// refuseForeign panics, as C frames are below.
//
//go:noinline
//go:norace
func refuseForeign(s *Stack, transfer any) {
	s.owner.transfer = nil
	if s.yieldHost != 0 {
		s.host = 0
	}
	op := "Switch"
	switch transfer.(type) {
	case topCall:
		op = "SwitchRun"
	case *panicTransfer:
		op = "SwitchPanic"
	}
	misuse(op, ErrForeignFrames)
}

// prepareStart makes sure that there is a carrier for s, and shades s, which a
// fresh stack, black by definition, gets in a register.
//
//go:norace
func (o *owner) prepareStart(s *Stack) {
	if o.cache.n == 0 {
		o.cache.refill()
	}
	o.starting = s
}

// eface is an any.
type eface struct {
	typ  uintptr
	data unsafe.Pointer
}

// finishNative ends s, the running stack, and resumes next, which belongs to
// the same goroutine and is suspended or fresh. It does not return.
//
//go:noinline
//go:norace
func (s *Stack) finishNative(next *Stack, out any) {
	o := s.owner
	if o.cache.n == cacheSlots {
		o.cache.giveBack(cacheSlots / 2)
	}
	o.yieldToGC()
	if next.yieldHost != 0 {
		next.host = next.yieldHost
	}
	for {
		if next.state == stateFresh {
			o.prepareStart(next)
		}
		o.transfer = out
		switch why := finishLocked(s, next, offerToken()); why {
		case refusedForeign:
			o.transfer = nil
			if next.yieldHost != 0 {
				next.host = 0
			}
			misuse(endOp(), ErrForeignFrames)
		case refusedState:
			panic("BUG: stackful: finish refused")
		case refusedBusy:
			runtimepatch.Gosched()
		case refusedMarking:
			o.scanNow(next)
		}
	}
}
