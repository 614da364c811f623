//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (amd64 || arm64) && (linux || darwin || freebsd || windows)

package stackful

import "unsafe"

// What the native backend takes from arch_*.s and from package runtime. Only this
// file and arch_*.s are limited to the releases and systems of the layout tables:
// the other native_*.go files compile everywhere, against native_none.go where this
// one is not built.

// haveAssembly says that this build has the routines of arch_*.s.
const haveAssembly = true

//go:linkname gopark runtime.gopark
func gopark(unlockf func(g uintptr, lock unsafe.Pointer) bool, lock unsafe.Pointer, reason uint8, traceReason uint8, traceskip int)

//go:linkname goready runtime.goready
func goready(g uintptr, traceskip int)

// nanotime is the monotonic clock. Package time is not asked for it: in a simulation each look at its clock is an event.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

//go:linkname gopanic runtime.gopanic
func gopanic(v any)

// finishLocked is finishFast under the carrier's lock: it takes the value from
// owner.transfer, and returns why it did not switch.
func finishLocked(s, next *Stack, token uint64) (why refusal)

// onForeignThread reports whether the running goroutine belongs to a thread that C
// made. Such a g serves one callback after the other, without a new id.
func onForeignThread() bool

// phaseToken returns the token of the current mark phase, 0 if none runs.
// If the phase has none yet, it gets the one offered.
//
//go:noescape
func phaseToken(offered uint64) uint64

// goidgen returns the highest goroutine id that a processor has reserved.
func goidgen() uint64

// marking reports whether the collector marks.
func marking() bool

// scanStacks does what job says, as scanOnSystemStack of arch_*.s.
//
//go:noescape
func scanStacks(job *stackScan)

// prefetch has the processor fetch what a switch to the stack on the carrier host needs;
// host is a word as Stack.host has it.
func prefetch(host uintptr)

// suspendedFrames stores, innermost first, the PCs of the frames of s down to
// the end of the stack, and returns how many. It returns 0 if s is not suspended in
// a Switch, has a panic or a record of a deferred call, has more frames than
// pcs, or while the collector marks, a profile is taken or the carrier is locked.
//
//go:noescape
func suspendedFrames(s *Stack, pcs *[maxFrames]uintptr) int

// discardLocked ends s, which is suspended in a Switch, and gives its carrier to
// the cache. It does not under the conditions above, and if the cache is full.
//
//go:noescape
func discardLocked(s *Stack) bool

// takePanic does what gorecover does (panic.go): it marks the record, and the
// runtime goes on from there when the deferred function returns.
//
//go:noescape
func takePanic(v any) bool

// peek returns the word at an address, which is a multiple of 8; nothing that
// follows is read before it. It is assembly so that neither the collector nor checkptr nor
// the race detector takes the address for a pointer.
//
//go:noescape
func peek(address uintptr) uintptr

// carrierFresh puts the parked carrier g, which is registered by it, into the
// fresh state, under its scan lock.
//
//go:noescape
func carrierFresh(carrier uintptr)

// armCarrierExit makes the free carrier g end its goroutine when it is made ready.
//
//go:noescape
func armCarrierExit(carrier uintptr)

// count adds 1 to *n and returns what it was. It is atomic, and unlike package
// sync/atomic it may be called where the race detector has no context.
//
//go:noescape
func count(n *int64) int64
