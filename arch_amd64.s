//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd || windows)

// The switch, on amd64. Read doc.go first: it has the pictures of a stack in
// each of its resting states. arch_arm64.s has the same routines in the same
// order. The constraints C1, C2, ... are in asm/contract.md.
//
// # Registers
//
// In all routines of the exchange:
//
//	R14  G, the running goroutine's g (fixed by Go's ABI)
//	R12  X, the g of the carrier that holds the target, and will hold the stack that is left
//	BX   target, the Stack that will run
//	SI   owner of both stacks
//	DI   the Stack that is left
//	CX DX  value (type and data word of an any)
//	R8 R9 X0 X1  scratch
//	X2   bounds of the target, after EXCHANGE, on Windows only
//	R10 R11 R13  saved BP, SP and PC of the target, after EXCHANGE
//
// Arguments and results are in AX BX CX DI ..., the closure of a func value is in DX (C2).
//
// "Here:" in a comment says which registers are live, mostly at a label; what it does not name may
// hold anything. Where a routine refuses it has moved nothing: at most a yield's slot, the token of
// the phase or a Stack.black has been written, which are right in any case.
//
// A yield, give or send function has up to eight registers of v to keep until it is stored, so its
// checks use R12 and R13 alone, which become X and the PC of the target only in the exchange.
//
// # What moves
//
//	        G                                   X
//	stack.lo, stack.hi             <--->  stack.lo, stack.hi
//	_panic, _defer, (racectx)      <--->  _panic, _defer, (racectx)
//	stktopsp                              stktopsp: the new stack.hi - topGap, both
//	stackguard0                           the new stack.lo + guardDistance
//	CPU: SP, PC, BP                <----  sched.sp, sched.pc, sched.bp
//	SP, PC and BP of our caller    ---->  sched.sp, sched.pc, sched.bp
//
// Loads and stores of fields that are exchanged are 8 bytes wide, as the runtime's
// own: a narrow store followed by a wide load would stall on store forwarding (C9).
// The bounds are the exception: apart from a switch only a move of the stack writes to them.
//
// # What a suspended stack expects
//
// It decides which registers the stack is resumed with, and is told by three words of its Stack.
// X is the carrier, with the bit hasDeferOrPanic.
//
//	suspended in           host  yieldHost  nextCall        expects           fast routines for it
//	Switch, ...            X     0          nil             an any            switchFast, panicFast, yieldN,
//	                                                                          giveN, yieldMemory, finishFast
//	yieldN, yieldMemory    0     X          nil             a bool            nextFast; switchFast, with nil
//	giveN                  0     X          of giveClosure  a value           sendN of the same Ends
//	nextFast               0     X          its closure     a value and true  yieldN, giveN, yieldMemory of the
//	sendN                  0     X          of sendClosure  a value and true  stack that it has resumed
//	nothing, it is fresh   0     0          nil             an any            switchFast, nextFast
//
// All else resumes it by ARRIVE, finishFast too if it has a nextCall: a Go function is called on top
// of the suspended frame, with the results that it expects. host is stale while a stack runs. A stack
// that waits in a patched runtime has none of the three words (native_runtime.go).
//
// # The steps of a switch
//
//  1. The target's Stack gives its owner and its carrier, X.
//  2. JUMP_UNLESS_FAST, SLOW_PATH_NEEDED, or a lock in place of them: nobody else may look at X
//     until the end. Up to here nothing is written, but for a yield's slot, so that a refusal is
//     a jump or a return with everything as it was.
//  3. SWAP_LISTS exchanges the lists of panics and deferred calls, and says for host whether X
//     holds some for the stack that is left.
//  4. EXCHANGE exchanges the bounds. G describes the target now, while the CPU still runs the
//     other stack: a traceback by a signal handler in between stops at this routine (C4). On
//     Windows G's bounds are all addresses until step 7.
//  5. SUSPEND makes X what gopark would make of a goroutine that parks in our caller. A stack that
//     ends has MAKE_FRESH instead.
//  6. owner.current names the target, and a request to preempt is put back.
//  7. RESUME: SP and BP are the target's.
//  8. The value goes into the registers of the result, and a jump to where the target goes on.
//
// A routine whose name ends in Fast, and any yield, give or send function, has seen that nobody else
// may look at X (JUMP_UNLESS_FAST, SLOW_PATH_NEEDED), and takes the value along in registers or in the
// slot. switchLocked and finishLocked hold X's scan lock up to step 7, and find the value in
// owner.transfer, where Go code has stored it: a black stack must not get an unshaded pointer in a
// register (native_gc.go). switchFast takes that lock itself, and keeps the value in registers, if a
// tracer or a profile is all that forbids the first.
//
// # The routines
//
//	switchFast, panicFast             Switch and SwitchPanic, without a lock
//	nextFast, yieldN, yieldMemory     the two ends of a generator; giveN and sendN, of one that gets values
//	finishFast                        the end of a stack
//	switchLocked, finishLocked        the same under the carrier's lock, and by the rules of native_gc.go
//	suspendedFrames, discardLocked    the end of a suspended stack (native_discard.go)
//	takePanic                         recovers as gorecover does
//	scanStacks, scanOnSystemStack     what the rules forbid is made possible: two stacks are scanned
//	trampolineN, exitTrampoline       the outermost frames of stacks and of carriers that end
//	carrierFresh, armCarrierExit      a carrier begins and ends (native_carrier.go); count goes with them
//	phaseToken, marking, goidgen      what the collector and the scheduler say of themselves
//	nearOwner, nearSlot               the running goroutine's owner
//	prefetch, peek, onForeignThread   one or two loads each
//

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

#define G R14
#define X R12

// SWAP exchanges a word of G with the same word of X. R8 and R9 are smashed. Both g's belong to
// this routine while it runs: G is its own, X is parked (native_lockfree.go, or the carrier's
// lock). So plain loads and stores do.
#define SWAP(field) \
	MOVQ field(G), R8; \
	MOVQ field(X), R9; \
	MOVQ R9, field(G); \
	MOVQ R8, field(X)

// JUMP_UNLESS_FAST goes to no unless the running goroutine owns the stacks of the owner SI and
// its fast path is open: owner.fast is the goroutine's id then, and 0 while a switch hook is set.
// The owner of a detached stack has 0 there for ever, which is no goroutine's id, so it is
// refused by the same comparison. R8 is smashed.
#define JUMP_UNLESS_FAST(no) JUMP_UNLESS_FAST_BY(SI, R8, no)

// JUMP_UNLESS_FAST_BY is JUMP_UNLESS_FAST for another register than SI, with the scratch register
// a.
#define JUMP_UNLESS_FAST_BY(owner, a, no) \
	MOVQ const_gGoid(G), a; \
	CMPQ owner_fast(owner), a; \
	JNE  no

// SLOW_PATH_NEEDED clears ZF if a switch must not take the fast path. Why the carrier needs no
// lock otherwise is proven in native_lockfree.go.
#define SLOW_PATH_NEEDED SLOW_PATH_NEEDED_BY(R8, R9)

// SLOW_PATH_NEEDED_BY is SLOW_PATH_NEEDED with other scratch registers. The four words are ORed,
// so that there is one branch, which is nearly never taken. None of them becomes other than 0
// before the routine ends, so they may be read in any order.
#define SLOW_PATH_NEEDED_BY(a, b) \
	/* the collector marks */ \
	MOVL runtime·writeBarrier(SB), a; \
	MOVQ const_gM(G), b; \
	/* a goroutine profile is being taken */ \
	ORL  const_gGoroutineProfiled(G), a; \
	/* C frames are below */ \
	ORL  const_mNcgo(b), a; \
	/* the tracer has seen G: three words of 32 bits */ \
	ORQ  const_gStatusTraced(G), a; \
	MOVL (const_gStatusTraced+8)(G), b; \
	ORQ  b, a

// CARRIER loads into X the carrier of the suspended stack s, without the bit hasDeferOrPanic, and
// sets ZF if host has none. It does not say whether s is suspended: host is stale while a stack
// runs.
#define CARRIER(s) \
	MOVQ Stack_host(s), X; \
	ANDQ $~const_hasDeferOrPanic, X

// JUMP_IF_LISTS goes to lists if SWAP_LISTS has something to do; otherwise X is the carrier. A
// routine whose common case must not pay for SWAP_LISTS's code has it out of line, there. R8 is
// smashed. X needs no AND where it falls through, as its bit is clear then.
#define JUMP_IF_LISTS(lists) \
	MOVQ const_gPanic(G), R8; \
	ORQ  const_gDefer(G), R8; \
	JNE  lists; \
	/* those of the target, of which the bit in its host word tells */ \
	TESTB $const_hasDeferOrPanic, X; \
	JNE  lists

// SWAP_LISTS exchanges the lists of panics and of deferred calls, if G or X has one. In: X is a
// word as Stack.host has it. Out: X is the carrier, R13 the word for the stack that is left. The
// bit spares most switches the two loads from X: lists are rare. R8 and R9 are smashed. It jumps
// by counts of instructions, here and in other macros without labels: a label would be defined
// twice in a routine that uses the macro twice.
#define SWAP_LISTS \
	/* of the target the bit tells, of G the heads themselves */ \
	MOVQ X, R13; \
	MOVL X, R8; \
	ANDL $const_hasDeferOrPanic, R8; \
	ORQ  const_gPanic(G), R8; \
	ORQ  const_gDefer(G), R8; \
	/* neither has any, so the bit is clear in X and in R13: past the end of the macro */ \
	JEQ  15(PC); \
	ANDQ $~const_hasDeferOrPanic, X; \
	/* one of the two has a list: exchange both heads */ \
	SWAP(const_gPanic); \
	SWAP(const_gDefer); \
	/* what X holds now belongs to the stack that is left: its bit says so */ \
	MOVQ X, R13; \
	MOVQ const_gPanic(X), R8; \
	ORQ  const_gDefer(X), R8; \
	JEQ  2(PC); \
	ORQ  $const_hasDeferOrPanic, R13

// TARGET_BOUNDS makes the target's bounds, X1, those of G; RESUME_BOUNDS, right behind the change of
// SP, does so on Windows. There a thread of the runtime's takes the CPU profiles: it suspends the
// threads and finds the g of each by where its SP lies (gFromSP), and a thread that runs Go code
// and lies in the bounds of neither its g0 nor its g crashes it. So between the two, while SP
// changes, the bounds of G are all addresses, and X2 has those of the target.
#ifdef GOOS_windows
#define TARGET_BOUNDS \
	/* lo = 0, hi = all ones */ \
	PCMPEQL X2, X2; \
	PSLLO   $8, X2; \
	MOVUPS  X2, const_gStackLo(G); \
	MOVAPS  X1, X2
#define RESUME_BOUNDS \
	MOVUPS X2, const_gStackLo(G)
#else
#define TARGET_BOUNDS \
	MOVUPS X1, const_gStackLo(G)
#define RESUME_BOUNDS
#endif

// EXCHANGE exchanges what describes the two stacks, but for the lists, and loads the target's
// resume point into R11 (SP), R13 (PC) and R10 (BP). R8, X0 and X1 are smashed; X is unchanged.
//
// A switch costs about as much as its loads and stores, so there are no needless ones: the bounds
// move as one word of 16 bytes; what follows from them is computed (C3: stktopsp is always the
// same distance below stack.hi); and X's stackguard0 is left as it is, since the scheduler sets
// it before a parked goroutine runs (execute).
//
// G's guard is a clean one afterwards. A request to preempt that it held is overwritten, so the
// caller must look at g.preempt next.
#define EXCHANGE \
	/* the bounds of both stacks, lo and hi in one register */ \
	MOVUPS const_gStackLo(G), X0; \
	MOVUPS const_gStackLo(X), X1; \
	TARGET_BOUNDS; \
	/* G's guard, from the lo of the target */ \
	MOVQ X1, R8; \
	ADDQ $const_guardDistance, R8; \
	MOVQ R8, const_gStackguard0(G); \
	/* X takes the bounds of the stack that is left */ \
	MOVUPS X0, const_gStackLo(X); \
	/* stktopsp of both, from the hi of each */ \
	MOVHLPS X1, X1; \
	MOVQ X1, R8; \
	SUBQ $const_topGap, R8; \
	MOVQ R8, const_gStktopsp(G); \
	MOVHLPS X0, X0; \
	MOVQ X0, R8; \
	SUBQ $const_topGap, R8; \
	MOVQ R8, const_gStktopsp(X); \
	/* the target's resume point, before SUSPEND writes over it */ \
	MOVQ const_gSchedSP(X), R11; \
	MOVQ const_gSchedPC(X), R13; \
	MOVQ const_gSchedBP(X), R10

// SUSPEND makes X resume where our caller would go on: SP above our return address, PC that
// address, BP as it is, since the routines have no frame. R8 and R9 are smashed; R9 is that PC.
// sched.lr and sched.ctxt are 0 in every carrier since carrierFresh, and stay so. It must come
// after EXCHANGE, which reads the words that it writes.
#define SUSPEND \
	/* SP as our caller has it once this call has returned */ \
	LEAQ 8(SP), R8; \
	MOVQ (SP), R9; \
	MOVQ R8, const_gSchedSP(X); \
	MOVQ R9, const_gSchedPC(X); \
	MOVQ BP, const_gSchedBP(X)

// SWITCH_STACKS makes BX, on X (a word as SWAP_LISTS takes it), the running stack, and suspends
// DI, which ran. Only RESUME is missing afterwards. In: SI = owner. Out: X the carrier, R11 R13
// R10 as EXCHANGE has them. R8, R9, X0 and X1 are smashed; CX and DX, the value, are not.
#define SWITCH_STACKS \
	/* the lists first, since the host word of the stack that is left depends on them */ \
	SWAP_LISTS; \
	MOVQ R13, Stack_host(DI); \
	/* in this order: what SUSPEND writes over is what EXCHANGE loads */ \
	EXCHANGE; \
	SUSPEND; \
	MOVQ BX, owner_current(SI)

// MAKE_FRESH puts the stack that X holds, with empty lists, into the fresh state: one word on it,
// the return address that ends a goroutine, which newproc1 left at stktopsp-8 and which has been
// the trampoline's return address since. R8 is 0 afterwards, R9 is smashed.
//
// X chooses one of three trampolines, whose frames differ in size, so that the frames of different
// stacks lie in different cache sets. It is X and not the stack that chooses: the stacks with
// large frames are outgrown first, and their memory is where the next stacks are made, so that in
// the end nearly all would have the largest. X's stktopsp must be that of the stack already:
// after EXCHANGE, where the stack has changed. What lies below that word is garbage from then on,
// and is not cleared (C17).
#define MAKE_FRESH \
	/* SP at the return address, as if newproc1 had just made this goroutine */ \
	MOVQ const_gStktopsp(X), R8; \
	SUBQ $8, R8; \
	MOVQ R8, const_gSchedSP(X); \
	MOVQ X, R8; \
	/* the trampoline, by two bits of the carrier's address */ \
	SHRQ $9, R8; \
	ANDQ $3, R8; \
	LEAQ trampolines<>(SB), R9; \
	MOVQ (R9)(R8*8), R8; \
	MOVQ R8, const_gSchedPC(X); \
	/* the outermost frame: there is no frame pointer to follow */ \
	XORL R8, R8; \
	MOVQ R8, const_gSchedBP(X)

// CLEAR_LISTS, after SWAP_LISTS, empties the lists of X, which were those of a stack that has
// ended. R13 = X if there are none. R8 is smashed. Only then may X be lent again: a fresh stack
// starts with the lists that its carrier has.
#define CLEAR_LISTS \
	/* the bit in R13 is the only difference */ \
	CMPQ R13, X; \
	JEQ  4(PC); \
	XORL R8, R8; \
	MOVQ R8, const_gPanic(X); \
	MOVQ R8, const_gDefer(X)

// RESUME goes over to the target: from here on SP and BP are its own, and the stack that was left
// is suspended. A macro, because vet's framepointer check would have BP saved first in each
// routine. In: R11 and R10 as EXCHANGE has them. All other registers stay, so the routines still
// have what they need.
#define RESUME \
	MOVQ R11, SP; \
	RESUME_BOUNDS; \
	MOVQ R10, BP

// PREEMPT puts a request to preempt back into G's guard, after EXCHANGE. A request that
// EXCHANGE's clean guard has overwritten, but whose g.preempt was not seen yet, is late, not
// lost: the requester repeats it (native_lockfree.go). R8 is smashed. The target's next stack
// check then calls newstack, which yields.
#define PREEMPT \
	MOVQ $const_stackPreempt, R8; \
	MOVQ R8, const_gStackguard0(G)

// DELIVER puts the value CX DX where each suspended frame expects the result of the call in which
// it is suspended, and goes on there. A trampoline takes it as the argument v; it finds the owner
// in SI besides, and X = 0 if the value is in owner.transfer. In: R13 = PC of the target. AX and
// BX are the registers of a result of two words, whichever call it is.
#define DELIVER \
	MOVQ CX, AX; \
	MOVQ DX, BX; \
	JMP  R13

// ARRIVE, after RESUME, calls arrive(BX) as if the suspended frame did; arriveYield if that frame
// is in a yield function, and the closure's slow function if it is in a next function (NewNext),
// with the result of which it is that function's. It does not come back: the callee returns to
// the suspended frame. In: BX = the target, R11 = its SP, R13 = its PC. arrive spills its
// argument into the words above the return address, where the frame has left room for three: see
// native.go.
#define ARRIVE \
	/* the resume point is the return address of that call; */ \
	/* written anew, since a stack that was copied in between has not kept what was below its */ \
	/* SP */ \
	MOVQ R13, -8(R11); \
	SUBQ $8, R11; \
	MOVQ R11, SP; \
	/* the argument of arrive and of arriveYieldFrame; a slow function takes none */ \
	MOVQ BX, AX; \
	/* all three are entered in ABIInternal: X15 is zero and R14 is G, as no routine changes */ \
	/* them (C11) */ \
	MOVQ ·arriveValue(SB), DX; \
	CMPQ Stack_yieldHost(BX), $0; \
	JEQ  6(PC); \
	/* in a fast function, which it leaves: a bool or a value is expected there, not an any */ \
	MOVQ $0, Stack_yieldHost(BX); \
	MOVQ Stack_nextCall(BX), DX; \
	TESTQ DX, DX; \
	JEQ  3(PC); \
	/* nextCall stays for Arrived, which that function begins with */ \
	MOVQ nextClosure_slow(DX), DX; \
	/* Here: DX a closure, AX the target, SP at the return address. */ \
	JMP  (DX); \
	JMP  arriveYieldFrame<>(SB)

// LOCK_CARRIER takes the scan lock of the carrier c: while it is held neither the collector nor
// the tracer looks at the stack of c. ZF is set if it was taken; it is not waited for. AX and R8
// are smashed. The holder may be scanning a stack of any size, or have to wait for this
// goroutine: so the routines that switch return to Go code then, which yields.
#define LOCK_CARRIER(c) \
	MOVL $const_statusWaiting, AX; \
	MOVL $const_statusWaitingLocked, R8; \
	/* the same compare-and-swap as suspendG's (castogscanstatus), so that one of us gets it */ \
	LOCK; \
	CMPXCHGL R8, const_gAtomicstatus(c)

// UNLOCK_CARRIER gives it back. An aligned store is a release on amd64; XCHG would only cost.
// Nobody else writes the status of a parked goroutine whose scan bit is set, so that it need not
// be compared.
#define UNLOCK_CARRIER(c) \
	MOVL $const_statusWaiting, const_gAtomicstatus(c)

// LOCK_PROFILE is for the time of a goroutine profile, which reads the stacks of parked
// goroutines without their scan lock and marks each goroutine while it reads it, and after. X
// gets that mark while it is touched, unless the profile is done with it. ZF is set if X may be
// touched; AX and R8 are smashed.
#define LOCK_PROFILE \
	XORL AX, AX; \
	/* the mark that the profiler sets while it reads a stack */ \
	MOVL $const_profileInProgress, R8; \
	LOCK; \
	CMPXCHGL R8, const_gGoroutineProfiled(X); \
	JEQ  2(PC); \
	/* AX = what it found. The record of X has been made if it is that; the third possibility */ \
	/* is a profiler that makes it now. */ \
	CMPL AX, $const_profileSatisfied

// UNLOCK_PROFILE takes the mark away, if it is ours: it can be nobody else's while X's scan lock
// is held and X may be touched.
#define UNLOCK_PROFILE \
	/* not taken in a switch outside of a profile, nor if the profile was done with X */ \
	CMPL const_gGoroutineProfiled(X), $const_profileInProgress; \
	JNE  2(PC); \
	MOVL $0, const_gGoroutineProfiled(X)

// func switchFast(s *Stack, v any) any
// Does:    switches to s, on the fast path, or under the carrier's lock if all that forbids the
//          fast path is a tracer or a profile; otherwise goes on in switchNative, having changed
//          nothing.
// Called:  through the func value switchTo, inlined into the callers of Switch, on the stack that
//          is left, ABIInternal.
// In:      AX = target, BX CX = the value passed.
// Out:     AX BX = the value that is passed to this stack when it is resumed.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE
//          yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT switchFast<>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $64           // a twentieth of the time depends on where the cache lines of the code begin
	// On entry: AX target, BX CX the value, (SP) the return address, BP as our caller has
	// it. A refusal, of a nil target for one, is switchNative's to put into words.
	TESTQ AX, AX
	JZ   refuse
	// A Stack without Init has neither host nor owner: the owner is followed only where host
	// or state has shown that there is one.
	MOVQ Stack_host(AX), X
	MOVQ Stack_owner(AX), SI
	// without a host it is fresh, done, or suspended in a fast yield, give, next or send function
	TESTQ X, X
	JZ   not_suspended
	// a stack of another goroutine's, a detached one, or a switch hook that has to be called
	JUMP_UNLESS_FAST(refuse)
	// the running stack itself has a host, too, a stale one
	MOVQ owner_current(SI), DI
	CMPQ DI, AX
	JEQ  refuse
	// the collector, a profile, the tracer, or C frames below
	SLOW_PATH_NEEDED
	JNZ  slow_path
exchange:
	// Here: AX target, BX CX value, SI owner, DI the stack that is left, X the target's
	// host word. Nothing has been written yet, but for a fresh target.
	JUMP_IF_LISTS(lists)
	// no lists on either side, which is the rule: X is the carrier, and the word for DI has
	// no bit
	MOVQ X, Stack_host(DI)
places:
	// X is the carrier, and the stack that is left knows that it rests there.
	EXCHANGE
	SUSPEND
	// all else on the stack that is left is written; from here on the target runs
	MOVQ AX, owner_current(SI)
	// a request to preempt that EXCHANGE's clean guard has overwritten?
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: R11 R13 R10 = SP, PC, BP of the target; R9 = the PC at which the stack that was
	// left goes on.
	RESUME
	// The value goes from the registers of the arguments to those of the result: that of the
	// Switch in which the target is suspended, or v for a trampoline, which also finds SI
	// the owner, and X not 0, which says that v is in the registers.
	MOVQ BX, AX
	MOVQ CX, BX
	// JMP as a rule, not RET: the return-address predictor belongs to the stack that was
	// left. But if the target goes on where our caller would, as tasks of one kind do, RET
	// is right: the predictor is in step then with the stack that is resumed, and
	// so are the returns that follow, as far as the two were called the same way. JMP would
	// leave it one entry ahead, and each of them would be mispredicted.
	CMPQ R9, R13
	JEQ  near
	JMP  R13
near:
	// The return address of the target's own call, for RET: a copy of the stack may have
	// lost the word, which is below its SP.
	SUBQ $8, SP
	MOVQ R13, (SP)
	RET

preempt:
	// A request is pending: put it back into the guard. The target yields at its next safe
	// point.
	PREEMPT
	JMP go_on
lists:
	// One of the two stacks has a panic or a deferred call on its lists.
	SWAP_LISTS
	MOVQ R13, Stack_host(DI)
	JMP places
refuse:
	// Here: AX BX CX as on entry, and nothing changed.
	MOVQ ·switchNativeValue(SB), DX
	JMP  (DX)             // same arguments, same result

not_suspended:
	// A stack that has not run takes a free carrier of its owner's.
	CMPQ Stack_state(AX), $const_stateFresh
	JNE  not_fresh
	MOVQ owner_cache(SI), DX
	// the cache belongs to the owner's goroutine, which must be the running one
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	JNZ  refuse
	// The last free carrier. If there is none the slow path fills the cache.
	MOVQ carrierCache_n(DX), R9
	SUBQ $1, R9
	JCS  refuse
	// Its lists are empty (CLEAR_LISTS), so the word is the carrier without the bit. From
	// here to the end nothing refuses: it is safe to take it off the cache and to mark the
	// target as started.
	MOVQ carrierCache_slots(DX)(R9*8), X
	MOVQ R9, carrierCache_n(DX)
	// DI as at exchange; a fresh stack is not the running one
	MOVQ owner_current(SI), DI
	// X resumes at a trampoline, which calls runEntry with the value.
	MOVQ $const_stateStarted, Stack_state(AX)
	JMP  exchange

slow_path:
	// Here: as at exchange, before its look at the lists.
	// A goroutine that lived while the tracer ran stays marked for good, so
	// it is worth to go on here if all that is needed is the carrier's lock.
	// A value must not travel in registers while the collector marks: switchNative stores
	// it.
	CMPL runtime·writeBarrier(SB), $0
	JNE  refuse
	MOVQ const_gM(G), R9
	// inside a callback from C a switch is refused
	CMPL const_mNcgo(R9), $0
	JNE  refuse
	// to the registers of SWITCH_STACKS: BX target, CX DX value
	// (LOCK_CARRIER needs AX and R8)
	MOVQ CX, DX
	MOVQ BX, CX
	MOVQ AX, BX
	// the lock that suspendG takes, for the length of this routine
	ANDQ $~const_hasDeferOrPanic, X
	LOCK_CARRIER(X)
	JNE  busy
	// a profile does not respect the scan lock
	CMPL const_gGoroutineProfiled(G), $0
	JEQ  locked
	// Here: X locked, BX target, CX DX value, SI owner, DI the stack that is left.
	LOCK_PROFILE
	JNE  unlock_busy
locked:
	ORQ  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWITCH_STACKS
	// as in the fast part
	CMPB const_gPreempt(G), $0
	JEQ  leave
	PREEMPT
leave:
	// Here: still on the stack that is left, which X holds, locked, as a suspended one.
	// The stack that was left is given free only once SP is off it.
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)     // from here on the stack that was left may be moved
	DELIVER

unlock_busy:
	// the profile reads X's stack now
	UNLOCK_CARRIER(X)
busy:
	// back to the registers of the entry: AX target, BX CX value
	MOVQ BX, AX
	MOVQ CX, BX
	MOVQ DX, CX
	JMP  refuse

not_fresh:
	// A yield function returns false if a Switch resumes its stack, which is how a sequence is stopped: with nil,
	// so its bool is in the register of the type, as 0. By switchNative that would be a sixth of a short life.
	// Anything else is switchNative's: an ended stack, one without Init, or one in another
	// fast function, which takes its value in arrive; and so is what Resume passes to a yield.
	MOVQ Stack_yieldHost(AX), X
	TESTQ X, X
	JZ   refuse
	CMPQ Stack_nextCall(AX), $0
	JNE  refuse
	TESTQ BX, BX
	JNZ  refuse
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	JNZ  refuse
	// nothing refuses from here on; DI as at exchange: a stack that runs has no yieldHost
	MOVQ owner_current(SI), DI
	MOVQ BX, Stack_yieldHost(AX)
	JMP  exchange

// func panicFast(s *Stack, v any) any
// Does:    switches to s, which is suspended in a Switch, on the fast path, and calls gopanic(v)
//          there; otherwise goes on in panicRefused, having changed nothing.
// Called:  through the func value panicTo, inlined into the callers of SwitchPanic, on the stack
//          that is left, ABIInternal.
// In:      AX = target, BX CX = v.
// Out:     AX BX = the value that is passed to this stack when it is resumed.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE
//          yes, nobody above.
// Safe if: C1, C2, C4, C7, C12; native_lockfree.go.
TEXT panicFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: as switchFast, with v in place of the value.
	TESTQ AX, AX
	JZ   refuse
	// only a suspended target: on a fresh one the panic must come in runEntry
	MOVQ Stack_host(AX), X
	MOVQ Stack_owner(AX), SI
	// nor one in a fast function, which has no host: the panic is raised in the function
	// that ARRIVE calls there
	TESTQ X, X
	JZ   refuse
	// the checks of switchFast, in its order
	JUMP_UNLESS_FAST(refuse)
	MOVQ owner_current(SI), DI
	CMPQ DI, AX
	JEQ  refuse
	SLOW_PATH_NEEDED
	// There is no second attempt under the lock, as in switchFast: panicRefused takes the
	// slow path.
	JNZ  refuse
	// nothing has been written; to the registers of SWITCH_STACKS: BX target, CX DX value
	MOVQ CX, DX
	MOVQ BX, CX
	MOVQ AX, BX
	SWITCH_STACKS
	// as in switchFast
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: the target's R11 R13 R10, v in CX DX.
	// As if the suspended frame called gopanic where it called Switch.
	MOVQ R13, -8(R11)
	SUBQ $8, R11
	// gopanic has two words of arguments to spill, where a frame that calls Switch has left
	// room for three
	RESUME
	MOVQ CX, AX
	MOVQ DX, BX
	// gopanic is entered in ABIInternal: X15 is zero, R14 is G (C11)
	MOVQ ·gopanicValue(SB), DX
	JMP  (DX)
preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
refuse:
	// Here: AX BX CX as on entry.
	// It finds the reason, or raises the panic in the target by way of the slow path.
	MOVQ ·panicRefusedValue(SB), DX
	JMP  (DX)             // same arguments, same result

// func nextFast() (V, bool)
// Does:    resumes the closure's stack, which is suspended in a fast yield function, or starts it with
//          nil, on the fast path; otherwise goes on in the slow closure, having changed nothing.
// Called:  as a func value that NewNext made, on the stack that is left, ABIInternal.
// In:      DX = closure (a nextClosure).
// Out:     the value where yieldN or yieldMemory got it, and true in the register after; at the
//          resume point of s AX = 1, at a trampoline as after switchFast.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go. Pointers are stored without a write barrier, as
//          SLOW_PATH_NEEDED has seen that it is off.
TEXT nextFast<>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $64           // as in switchFast
	// On entry: DX the closure; no arguments.
	MOVQ nextClosure_s(DX), BX
	MOVQ Stack_yieldHost(BX), X
	// without a yieldHost it is fresh, done, running, or suspended where an any is expected
	TESTQ X, X
	JZ   not_yielded
	MOVQ Stack_nextCall(BX), R8
	// with a nextCall it is suspended in a next function itself, where another value is expected
	TESTQ R8, R8
	JNZ  slow
	MOVQ Stack_owner(BX), SI
	// as in switchFast; yieldHost is set, so that there is an owner
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	JNZ  slow
	// the result of the yield: true
	MOVL $1, AX
exchange:
	// Here: BX the stack that yields, X its yieldHost, SI owner, AX what it gets.
	// Nothing has been written yet, but for a fresh one.
	MOVQ owner_current(SI), DI
	// X may have the bit: a yieldHost is a word as host is
	SWAP_LISTS
	// the caller is suspended in a next function: in yieldHost, not in host, so that
	// nothing else passes it an any
	MOVQ R13, Stack_yieldHost(DI)
	EXCHANGE
	SUSPEND
	// the caller expects a value, from this closure's stack
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	MOVQ DX, Stack_nextCall(DI)
	// that stack is no longer suspended in its yield, and its resumer is the caller's
	MOVQ R8, Stack_yieldHost(BX)
	MOVQ DI, Stack_resumer(BX)
	MOVQ BX, owner_current(SI)
	// as in switchFast
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: the target's R11 R13 R10, AX what it gets; SI and X for a trampoline.
	RESUME
	XORL BX, BX
	JMP  R13
preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
not_yielded:
	// A fresh stack takes a carrier as in switchFast. Started by Resume it would cost the sequence an eighth of a
	// short life: there returns of Go frames follow, which are mispredicted.
	CMPQ Stack_state(BX), $const_stateFresh
	JNE  slow
	MOVQ Stack_owner(BX), SI
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	JNZ  slow
	MOVQ owner_cache(SI), R10
	MOVQ carrierCache_n(R10), R9
	SUBQ $1, R9
	JCS  slow
	// nothing refuses from here on
	MOVQ carrierCache_slots(R10)(R9*8), X
	MOVQ R9, carrierCache_n(R10)
	MOVQ $const_stateStarted, Stack_state(BX)
	// the value that it starts with: nil
	XORL AX, AX
	JMP  exchange
slow:
	// Here: DX the closure, and nothing changed.
	// its result is ours
	MOVQ nextClosure_slow(DX), DX
	MOVQ (DX), R8
	JMP  R8

// YIELD_CHECKS is the first part of a yield function: it goes to slow unless the fast path is
// open. DX is the closure. R12 and R13 are smashed, and nothing else, since v may be in the
// argument registers. It does not look whether the closure's stack is the running one:
// YIELD_EXCHANGE does, when more registers are free. A stack that has had no Init has no owner.
#define YIELD_CHECKS \
	MOVQ yieldClosure_s(DX), R12; \
	MOVQ Stack_owner(R12), R12; \
	TESTQ R12, R12; \
	JZ   slow; \
	JUMP_UNLESS_FAST_BY(R12, R13, slow); \
	SLOW_PATH_NEEDED_BY(R12, R13); \
	JNE  slow

// YIELD_EXCHANGE, after YIELD_CHECKS, makes the resumer of the closure's stack the running one,
// up to RESUME; or goes to again, having changed nothing. AX is not 0 then if the resumer is in a
// next function, and is resumed with the value and true: with 0 it is in a Switch, and gets nil.
// DX stays the closure, X is the carrier of the stack that was left; all other registers are
// smashed, but for the target's R11 R13 R10. It defines the labels exchange and go_on and goes to
// preempt, so a routine can use it once.
#define YIELD_EXCHANGE \
	/* DI the stack that yields, SI its owner. It must be the running one: a yield function */ \
	/* may be called anywhere. */ \
	MOVQ yieldClosure_s(DX), DI; \
	MOVQ Stack_owner(DI), SI; \
	CMPQ owner_current(SI), DI; \
	JNE  again; \
	/* BX the resumer, the target; it may have been moved to another goroutine since */ \
	MOVQ Stack_resumer(DI), BX; \
	/* nil if no Resume, next or send function is waiting for a value of DI */ \
	TESTQ BX, BX; \
	JZ   again; \
	MOVQ Stack_owner(BX), R8; \
	CMPQ R8, SI; \
	JNE  again; \
	/* AX the closure of the next function that it is suspended in, 0 if it is suspended in */ \
	/* a Switch */ \
	XORL AX, AX; \
	MOVQ Stack_host(BX), X; \
	TESTQ X, X; \
	/* in a Switch: AX = 0 */ \
	JNZ  exchange; \
	/* without a host it is suspended in a next function, or cannot be resumed from here */ \
	MOVQ Stack_nextCall(BX), AX; \
	TESTQ AX, AX; \
	JZ   again; \
	/* it must be a next function of this stack, whose values have the type of this yield's */ \
	/* (a send function as well; the nextCall of a give function names no stack) */ \
	CMPQ nextClosure_s(AX), DI; \
	JNE  again; \
	/* it comes out of that function */ \
	MOVQ Stack_yieldHost(BX), X; \
	XORL R8, R8; \
	MOVQ R8, Stack_yieldHost(BX); \
	MOVQ R8, Stack_nextCall(BX); \
exchange: \
	/* Here: BX target, SI owner, DI the stack that yields, X the target's host word, AX as */ \
	/* above, DX the closure. */ \
	/* Nothing is refused from here on. */ \
	SWAP_LISTS; \
	/* suspended in a yield function: in yieldHost, not in host, so that nothing else passes */ \
	/* it an any */ \
	MOVQ R13, Stack_yieldHost(DI); \
	EXCHANGE; \
	SUSPEND; \
	XORL R8, R8; \
	MOVQ R8, Stack_host(DI); \
	/* each Resume or next is for one yield */ \
	MOVQ R8, Stack_resumer(DI); \
	MOVQ BX, owner_current(SI); \
	/* as in switchFast */ \
	CMPB const_gPreempt(G), $0; \
	JNE  preempt; \
go_on:

// func yieldN(v V) bool, N words, 1 to 8
// Does:    stores v in its slot and switches to the resumer, on the fast path; otherwise goes on in
//          the slow closure, with v as it was, maybe after the store. A resumer that is suspended
//          in a next function gets v from the slot in the registers of its results.
// Called:  as a func value that NewYield made, on the stack that is left, ABIInternal.
// In:      DX = closure (a yieldClosure), v in AX BX CX DI SI R8 R9 R10, as far as it goes.
// Out:     AX = whether to go on, when this stack is resumed.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go. v is stored without a write barrier, as
//          SLOW_PATH_NEEDED has seen that it is off.
#define YIELD(name, STORE, LOAD, TRUE) YIELD_AS(name, STORE, LOAD, TRUE, NOP)

// YIELD_AS is YIELD with what else marks the stack DI that is left as suspended. STORE and LOAD
// are a PUTn and the GETn of the same n, with the slot in R12; TRUE sets the register after the
// last that LOAD sets. MARK may use R8, and finds DI that stack and DX the closure.
#define YIELD_AS(name, STORE, LOAD, TRUE, MARK) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	/* as in switchFast */ \
	PCALIGN $64; \
	/* On entry: DX the closure, v in the first argument registers. Until v is stored, or */ \
	/* where it is not, these keep it. */ \
	YIELD_CHECKS; \
	MOVQ yieldClosure_slot(DX), R12; \
	/* Whole words, so that the slot needs room for them (NewYield). From here on the */ \
	/* argument registers are free; no barrier, as SLOW_PATH_NEEDED has seen that none is */ \
	/* on. */ \
	STORE; \
	YIELD_EXCHANGE; \
	/* Here: AX as YIELD_EXCHANGE has it, BX target, DI the stack that is left, DX the */ \
	/* closure, X the carrier, and the target's R11 R13 R10. */ \
	MARK; \
	RESUME; \
	TESTQ AX, AX; \
	JNZ  asked; \
	/* in a Switch, by Resume: the result is nil, and the resumer reads the slot */ \
	XORL BX, BX; \
	JMP  R13; \
asked: \
	/* in a next function: its results are v, from the slot, and true; */ \
	/* R13, the target's PC, is no register of the results, nor is R12 */ \
	MOVQ yieldClosure_slot(DX), R12; \
	LOAD; \
	TRUE; \
	JMP  R13; \
preempt: \
	/* as in switchFast */ \
	PREEMPT; \
	JMP  go_on; \
again: \
	/* The slow closure takes v as this function did: back to the argument registers. */ \
	MOVQ yieldClosure_slot(DX), R12; \
	LOAD; \
slow: \
	/* Here: v in the argument registers. */ \
	/* It has the signature of this function, and its result is ours. */ \
	MOVQ yieldClosure_slow(DX), DX; \
	MOVQ (DX), R12; \
	JMP  R12

// func giveN(v V) W, N words, 1 to 8
// Does:    yieldN for a stack that gets a W from the Send that resumes it: it is suspended with a
//          nextCall, so that nothing but sendN of its Ends passes it a value.
// Called:  as a func value that SendEnds made, on the stack that is left, ABIInternal.
// In:      DX = closure (a giveClosure), v as yieldN has it.
// Out:     the W, in as many registers as it has words.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
#define GIVE(name, STORE, LOAD, TRUE) YIELD_AS(name, STORE, LOAD, TRUE, MARK_GIVING)

// MARK_GIVING, as the MARK of YIELD_AS: the nextCall of a stack in a give function is the closure
// of the same Ends that returns what has been sent. sendN compares it, and ARRIVE calls its slow
// function. Without it nextFast would resume the stack with a bool.
#define MARK_GIVING \
	LEAQ giveClosure_arrive(DX), R8; \
	MOVQ R8, Stack_nextCall(DI)

// func sendN(v V) (W, bool), N words, 1 to 8
// Does:    nextFast with a value: resumes the closure's stack, which is suspended in the giveN of the same
//          SendEnds, on the fast path; otherwise goes on in the slow closure, with v as it was. The stack
//          gets v from the slot.
// Called:  as a func value that SendEnds made, on the stack that is left, ABIInternal.
// In:      DX = closure (a sendClosure), v as yieldN has it.
// Out:     as nextFast.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
//
// STORE and LOAD are a PUTn and the GETn of the same n, which serves both ways: what the stack
// gets has the words that v has.
#define SEND(name, STORE, LOAD) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	/* as in switchFast */ \
	PCALIGN $64; \
	/* On entry: DX the closure, v in the first argument registers, which the checks keep. */ \
	/* As YIELD_CHECKS, for the stack that will run. */ \
	MOVQ nextClosure_s(DX), R12; \
	MOVQ Stack_owner(R12), R12; \
	TESTQ R12, R12; \
	JZ   slow; \
	JUMP_UNLESS_FAST_BY(R12, R13, slow); \
	SLOW_PATH_NEEDED_BY(R12, R13); \
	JNE  slow; \
	/* the stack must be suspended in the function that takes values of this type */ \
	MOVQ nextClosure_s(DX), R12; \
	MOVQ Stack_nextCall(R12), R13; \
	CMPQ sendClosure_partner(DX), R13; \
	JNE  slow; \
	/* and be suspended there: nextCall outlasts that until Arrived clears it */ \
	MOVQ Stack_yieldHost(R12), R13; \
	TESTQ R13, R13; \
	JZ   slow; \
	/* nothing refuses from here on; whole words, without a barrier, as in yieldN */ \
	MOVQ sendClosure_slot(DX), R12; \
	STORE; \
	/* BX the stack that yields, X its yieldHost, SI owner, DI the caller's stack */ \
	MOVQ nextClosure_s(DX), BX; \
	MOVQ Stack_owner(BX), SI; \
	MOVQ owner_current(SI), DI; \
	MOVQ Stack_yieldHost(BX), X; \
	SWAP_LISTS; \
	/* as in nextFast, but that each of the two has a nextCall of its own */ \
	MOVQ R13, Stack_yieldHost(DI); \
	EXCHANGE; \
	SUSPEND; \
	/* as in YIELD_EXCHANGE: nothing else is to pass it an any */ \
	XORL R8, R8; \
	MOVQ R8, Stack_host(DI); \
	/* what the caller is suspended in, for a yield or give of that stack and for ARRIVE */ \
	LEAQ sendClosure_arrive(DX), R9; \
	MOVQ R9, Stack_nextCall(DI); \
	/* that stack comes out of its give, and its next one is for the caller */ \
	MOVQ R8, Stack_yieldHost(BX); \
	MOVQ R8, Stack_nextCall(BX); \
	MOVQ DI, Stack_resumer(BX); \
	MOVQ BX, owner_current(SI); \
	/* as in switchFast */ \
	CMPB const_gPreempt(G), $0; \
	JNE  preempt; \
go_on: \
	/* Here: the target's R11 R13 R10, DX the closure. */ \
	RESUME; \
	/* the result of the give: the value alone, so there is no TRUE */ \
	MOVQ sendClosure_slot(DX), R12; \
	LOAD; \
	JMP  R13; \
preempt: \
	/* as in switchFast */ \
	PREEMPT; \
	JMP  go_on; \
slow: \
	/* Here: v in the argument registers. */ \
	/* It has the signature of this function; sendClosure begins with a nextClosure. */ \
	MOVQ nextClosure_slow(DX), DX; \
	MOVQ (DX), R12; \
	JMP  R12

// The bool of a next function's results is in the register after the value's.
#define TRUE1 MOVL $1, BX
#define TRUE2 MOVL $1, CX
#define TRUE3 MOVL $1, DI
#define TRUE4 MOVL $1, SI
#define TRUE5 MOVL $1, R8
#define TRUE6 MOVL $1, R9
#define TRUE7 MOVL $1, R10
#define TRUE8 MOVL $1, R11

// PUTn stores the first n registers of the arguments at the slot; GETn loads them back, or the
// first n registers of results, which are the same.
#define PUT1 MOVQ AX, (R12)
#define PUT2 PUT1; MOVQ BX, 8(R12)
#define PUT3 PUT2; MOVQ CX, 16(R12)
#define PUT4 PUT3; MOVQ DI, 24(R12)
#define PUT5 PUT4; MOVQ SI, 32(R12)
#define PUT6 PUT5; MOVQ R8, 40(R12)
#define PUT7 PUT6; MOVQ R9, 48(R12)
#define PUT8 PUT7; MOVQ R10, 56(R12)

#define GET1 MOVQ (R12), AX
#define GET2 GET1; MOVQ 8(R12), BX
#define GET3 GET2; MOVQ 16(R12), CX
#define GET4 GET3; MOVQ 24(R12), DI
#define GET5 GET4; MOVQ 32(R12), SI
#define GET6 GET5; MOVQ 40(R12), R8
#define GET7 GET6; MOVQ 48(R12), R9
#define GET8 GET7; MOVQ 56(R12), R10

YIELD(yield1, PUT1, GET1, TRUE1)
YIELD(yield2, PUT2, GET2, TRUE2)
YIELD(yield3, PUT3, GET3, TRUE3)
YIELD(yield4, PUT4, GET4, TRUE4)
YIELD(yield5, PUT5, GET5, TRUE5)
YIELD(yield6, PUT6, GET6, TRUE6)
YIELD(yield7, PUT7, GET7, TRUE7)
YIELD(yield8, PUT8, GET8, TRUE8)

GIVE(give1, PUT1, GET1, TRUE1)
GIVE(give2, PUT2, GET2, TRUE2)
GIVE(give3, PUT3, GET3, TRUE3)
GIVE(give4, PUT4, GET4, TRUE4)
GIVE(give5, PUT5, GET5, TRUE5)
GIVE(give6, PUT6, GET6, TRUE6)
GIVE(give7, PUT7, GET7, TRUE7)
GIVE(give8, PUT8, GET8, TRUE8)

SEND(send1, PUT1, GET1)
SEND(send2, PUT2, GET2)
SEND(send3, PUT3, GET3)
SEND(send4, PUT4, GET4)
SEND(send5, PUT5, GET5)
SEND(send6, PUT6, GET6)
SEND(send7, PUT7, GET7)
SEND(send8, PUT8, GET8)

// func yieldMemory(v V) bool
// Does:    switches to the resumer, on the fast path; otherwise goes on in the slow closure, having
//          changed nothing. A resumer that is suspended in a next function gets v as its result; for
//          one that is suspended in a Switch v is stored in its slot.
// Called:  as a func value that NewYield made, on the stack that is left, ABIInternal.
// In:      DX = closure (a yieldClosure), v in the words above the return address: a value that is
//          not passed in registers is where the arguments of ABI0 begin (C2), and so is a result.
// Out:     AX = whether to go on, when this stack is resumed.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go. v is copied, to the resumer's stack or to the heap,
//          without a write barrier, as SLOW_PATH_NEEDED has seen that it is off.
TEXT yieldMemory<>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $64
	// On entry: DX the closure, no argument in a register.
	YIELD_CHECKS
	YIELD_EXCHANGE
	// Here: the target's R11 R13 R10, AX and DX as YIELD_EXCHANGE has them, X the carrier of
	// the stack that was left. Nobody looks at either stack before the end of this routine.
	// It is no trouble that v is still on the stack that was left: above the SP at which
	// that is suspended.
	RESUME
	// SI v, CX its words
	MOVQ const_gSchedSP(X), SI
	MOVQ yieldClosure_words(DX), CX
	// in a Switch: the result is nil, and the resumer reads the slot
	MOVQ yieldClosure_slot(DX), DI
	XORL BX, BX
	TESTQ AX, AX
	JZ   copy
	// in a next function: its results are v, where the caller has room for it, and true
	MOVQ SP, DI
	MOVL $1, AX
copy:
	// by two words, as the compiler's own code: what is loaded after a store must not be wider
	SUBQ $2, CX
	JCS  last
	// Here: two words at least are left. The two areas do not overlap: they are on two
	// stacks, or one is the slot.
	MOVUPS (SI), X0
	MOVUPS X0, (DI)
	ADDQ $16, SI
	ADDQ $16, DI
	JMP  copy
last:
	// Here: CX = -2 or -1, and none or one word is left.
	ADDQ $2, CX
	JEQ  copied
	MOVQ (SI), R8
	MOVQ R8, (DI)
copied:
	// Here: AX BX the result, or AX the bool after a result in memory.
	JMP  R13
preempt:
	// as in switchFast
	PREEMPT
	JMP  go_on
again:
slow:
	// Here: v is where it was.
	// Nothing has been stored, so again and slow are one.
	MOVQ yieldClosure_slow(DX), DX
	MOVQ (DX), R12
	JMP  R12

// func arriveYieldFrame(s *Stack) bool
// Does:    calls arriveYield with a frame that has room for its argument's spill: the caller of a
//          yield function reserves none if the value has no size.
// Called:  as if by the frame that is suspended in a yield function, ABIInternal.
// In:      AX = s.   Out: AX.
// Keeps:   R14, X15, BP.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveYieldFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	// its result is the yield's;
	// AX = s is passed on. A panic that arriveYield raises goes through this frame, up to
	// the one that has called yield.
	MOVQ ·arriveYieldValue(SB), DX
	CALL (DX)
	RET

// func finishFast(s, next *Stack, v any)
// Does:    ends s, the running stack, and resumes next, which is suspended in a Switch or in a next
//          function, on the fast path; otherwise returns, having changed nothing.
// Called:  through a func value, on s, ABIInternal.
// In:      AX = s, BX = next, CX DI = the value passed.
// Out:     none; does not return here if it switched: then AX BX = v at the resume point of next.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT finishFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: AX s, which is not used further, BX next, CX DI value; owner.fast has been
	// looked at by finish. To the registers of DELIVER: CX DX value.
	MOVQ DI, DX
	MOVQ AX, DI
	// s is the running stack, so its owner is this goroutine's; finish has seen that next
	// has the same one
	MOVQ Stack_owner(BX), SI
	MOVQ Stack_host(BX), X
	// a fresh target, or one in a yield function, is for the slow path
	TESTQ X, X
	JZ   not_in_switch
suspended:
	// Here: X the host word of next, from host or from yieldHost; SI DI BX as below.
	SLOW_PATH_NEEDED
	JNZ  refuse
	// the carrier of next will hold the ended stack, so the cache must have room for it
	MOVQ owner_cache(SI), R10
	MOVQ carrierCache_n(R10), R11
	CMPQ R11, $const_cacheSlots
	JAE  refuse
	// Here: BX target, SI owner, DI the stack that ends, X the target's host word, CX DX
	// value, R10 the cache, R11 its length.
	SWAP_LISTS
	// what a Goexit has left on the lists must not become the next stack's
	CLEAR_LISTS
	// into the cache, where only this goroutine looks for it
	MOVQ X, carrierCache_slots(R10)(R11*8)
	ADDQ $1, R11
	MOVQ R11, carrierCache_n(R10)
	// no SUSPEND: nothing goes on here
	EXCHANGE
	MAKE_FRESH
	// s is done, and X free, with a stack in the fresh state
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	// its handle shows now that it is done, and Init may use it again
	MOVQ $const_stateDone, Stack_state(DI)
	MOVQ BX, owner_current(SI)
	// as in switchFast
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: the target's R11 R13 R10, value in CX DX.
	RESUME
	// an any for a Switch, or a call of what the nextCall has for the purpose
	CMPQ Stack_nextCall(BX), $0
	JNE  in_next
	DELIVER
in_next:
	// v is not passed on: Arrived has no use for it. owner.transfer is nil, as between any two switches.
	ARRIVE
preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
not_in_switch:
	// in a next, send or give function, whose slow form ARRIVE calls?
	CMPQ Stack_nextCall(BX), $0
	JEQ  refuse
	// nextCall goes with a yieldHost, in place of host
	MOVQ Stack_yieldHost(BX), X
	JMP  suspended
refuse:
	// nothing has been changed: finish goes on with finishNative
	RET

// LOCK_SUSPENDED locks X, the carrier of BX, and leaves SI = its owner. It goes to refuse if BX
// is not suspended in a Switch, or X cannot be had, and to unlock if there is a panic or a list
// of deferred calls on the stack. The lock keeps the tracer off X. While the collector marks, or
// a profile is taken, it goes to refuse: the pointers on a stack that vanishes would have to be
// shaded. The labels refuse and unlock are the routine's. R8 and AX are smashed.
#define LOCK_SUSPENDED \
	CARRIER(BX); \
	MOVQ Stack_owner(BX), SI; \
	/* without a host it is fresh, done, or in a fast function */ \
	TESTQ X, X; \
	JZ   refuse; \
	/* with a switch hook set, the hook must see the end */ \
	JUMP_UNLESS_FAST(refuse); \
	/* the running stack has a stale host */ \
	CMPQ owner_current(SI), BX; \
	JEQ  refuse; \
	/* neither a mark phase nor a profile, for the length of this routine (C7) */ \
	MOVL runtime·writeBarrier(SB), R8; \
	ORL  const_gGoroutineProfiled(G), R8; \
	JNE  refuse; \
	LOCK_CARRIER(X); \
	JNE  refuse; \
	/* a panic, or the record of a deferred call: the stack must be unwound */ \
	MOVQ const_gPanic(X), R8; \
	ORQ  const_gDefer(X), R8; \
	JNE  unlock

// func suspendedFrames(s *Stack, pcs *[maxFrames]uintptr) int
// Does:    follows the frame pointers of s, which is suspended, and stores the PC in each frame;
//          see native_discard.go.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), pcs+8(FP).
// Out:     ret+16(FP) = how many; 0 if they cannot be told, or the carrier's lock cannot be had.
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, R8, R10, R11, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C5, C7; native_lockfree.go.
TEXT ·suspendedFrames(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ s+0(FP), BX
	MOVQ pcs+8(FP), DX
	// ret is 0 until all frames are known
	MOVQ $0, ret+16(FP)
	LOCK_SUSPENDED
	// Here: X the carrier of s, locked, BX s. The first frame is that which called Switch.
	MOVQ const_gSchedPC(X), R8
	MOVQ R8, (DX)
	MOVL $1, CX
	// at R10 are the frame pointer of its caller and, above, where that goes on
	MOVQ const_gSchedBP(X), R10
	MOVQ const_gStackLo(X), R11
frame:
	// Here: R10 the frame pointer to follow, R11 the lowest address that it may have, DX
	// pcs, CX how many there are.
	// A frame pointer lies on the stack, above the one before.
	CMPQ R10, R11
	JLS  unlock
	// its two words must end on the stack
	LEAQ 16(R10), R8
	CMPQ R8, const_gStackHi(X)
	JHI  unlock
	// no room: 0, as for anything that is not understood
	CMPQ CX, $const_maxFrames
	JEQ  unlock
	// the return address is right above the saved frame pointer (C5)
	MOVQ 8(R10), R8
	MOVQ R8, (DX)(CX*8)
	INCQ CX
	// the next one must be higher, so that the loop ends whatever it reads
	MOVQ R10, R11
	MOVQ (R10), R10
	TESTQ R10, R10
	JNZ  frame            // the trampoline saved the 0 that MAKE_FRESH left
	// the bottom was reached: all frames are known. Any other way out leaves 0.
	MOVQ CX, ret+16(FP)
unlock:
	// Here: X locked.
	UNLOCK_CARRIER(X)
refuse:
	// Here: nothing is locked, or not any more.
	RET

// func discardLocked(s *Stack) bool
// Does:    ends s, which is suspended, and gives its carrier to the cache, if the cache has room
//          and the carrier's lock can be had; otherwise returns false, having changed nothing.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP).   Out: ret+8(FP).
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, R8, R9, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_lockfree.go, native_discard.go.
TEXT ·discardLocked(SB), NOSPLIT|NOFRAME, $0-9
	MOVQ s+0(FP), BX
	// ret is false until nothing can refuse
	MOVB $0, ret+8(FP)
	LOCK_SUSPENDED
	// Here: X the carrier of s, locked, BX s, SI its owner. Its lists are empty.
	MOVQ owner_cache(SI), DX
	MOVQ carrierCache_n(DX), CX
	// discardNative has made room, and only this goroutine fills the cache
	CMPQ CX, $const_cacheSlots
	JAE  unlock
	// into the cache; X stays locked until it is fresh
	MOVQ X, carrierCache_slots(DX)(CX*8)
	INCQ CX
	MOVQ CX, carrierCache_n(DX)
	// the frames of s are garbage; X is free, with a stack in the fresh state
	MAKE_FRESH
	XORL R8, R8
	MOVQ R8, Stack_host(BX)
	// its handle shows now that it is done, and Init may use it again
	MOVQ $const_stateDone, Stack_state(BX)
	MOVB $1, ret+8(FP)
unlock:
	// Here: X locked, whether s has ended or not.
	UNLOCK_CARRIER(X)
refuse:
	// Here: nothing is locked, or not any more.
	RET

// func takePanic(v any) bool
// Does:    recovers from the panic of the running goroutine, as gorecover does, if its value is v,
//          bit by bit.
// Called:  from Go, ABI0.
// In:      v+0(FP).   Out: ret+16(FP).
// Keeps:   R14.   Smashes: AX, CX, DX, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move in between; SPWRITE no.
// Safe if: C1, C7, C10, C16.
TEXT ·takePanic(SB), NOSPLIT|NOFRAME, $0-17
	MOVB $0, ret+16(FP)
	MOVQ const_gPanic(G), AX
	// AX the record of the innermost panic
	TESTQ AX, AX
	JZ   done
	MOVQ v_type+0(FP), CX
	MOVQ v_data+8(FP), DX
	// the value, word by word: equal ones that are not the same are not recovered from
	CMPQ const_panicArg(AX), CX
	JNE  done
	CMPQ (const_panicArg+8)(AX), DX
	JNE  done
	// in a deferred call of another panic, or of a Goexit, which would go on
	CMPQ const_panicLink(AX), $0
	JNE  done
	// recovered already, or no panic but a Goexit
	CMPB const_panicRecovered(AX), $0
	JNE  done
	CMPB const_panicGoexit(AX), $0
	JNE  done
	// all that gorecover does: the runtime looks there when the deferred function returns
	MOVB $1, const_panicRecovered(AX)
	MOVB $1, ret+16(FP)
done:
	// Here: ret is true if the record is marked.
	RET

// TOKEN makes CX the token of the mark phase: the one that the sentinel has, or, if it has none,
// the one in CX, which it gets. AX and R8 are smashed. It is used only where the routine has seen
// that the collector marks. Then no phase begins or ends before its last instruction (C14), and
// the word is not reset under it.
#define TOKEN \
	MOVQ ·sentinel(SB), R8; \
	/* 0 there: a phase without a token */ \
	XORL AX, AX; \
	LOCK; \
	CMPXCHGQ CX, const_gGcAssistBytes(R8); \
	CMOVQNE AX, CX

// MAY_EXCHANGE goes to wait if BX, on X, and DI, the running stack, must not be exchanged in the
// mark phase CX, by the rules of native_gc.go. Otherwise DX and R13 are 1 if BX and DI are black,
// and 0 if they are white, and will be scanned where they go. Nothing is written. It has labels,
// so a routine can use it once. R8 and R9 are kept: all tests are of memory.
#define MAY_EXCHANGE(wait) \
	/* Is the target black? A fresh one holds nothing; another is if it was found so earlier */ \
	/* in this phase, or its carrier has been scanned. */ \
	MOVL $1, DX; \
	CMPQ Stack_state(BX), $const_stateFresh; \
	JEQ  target_black; \
	CMPQ Stack_black(BX), CX; \
	JEQ  target_black; \
	/* a carrier whose job is done holds a black stack, by the same rules (docs/soundness.md, */ \
	/* S5.1) */ \
	CMPB const_gGcscandone(X), $0; \
	JNE  target_black; \
	/* It is white, and goes to G: that must be pending. A goroutine that attached in this */ \
	/* phase may be younger than it, and have no job. */ \
	XORL DX, DX; \
	CMPB const_gGcscandone(G), $0; \
	JNE  wait; \
	CMPQ owner_attachToken(SI), CX; \
	JEQ  wait; \
target_black: \
	/* Is the running stack black? */ \
	/* Here: DX = whether the target is black. The running stack is never fresh. */ \
	MOVL $1, R13; \
	CMPQ Stack_black(DI), CX; \
	JEQ  self_black; \
	CMPB const_gGcscandone(G), $0; \
	JNE  self_black; \
	/* It is white, and goes to X: that must be pending. The assist credit is not 0 in a */ \
	/* carrier that was made in this phase, which has no job. */ \
	XORL R13, R13; \
	CMPB const_gGcscandone(X), $0; \
	JNE  wait; \
	CMPQ const_gGcAssistBytes(X), $0; \
	JNE  wait; \
self_black:

// func marking() bool
// Does:    reports whether the collector marks.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R14.   Smashes: flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C14.
TEXT ·marking(SB), NOSPLIT|NOFRAME, $0-1
	CMPL runtime·writeBarrier(SB), $0
	SETNE ret+0(FP)
	RET

// func prefetch(host uintptr)
// Does:    has the processor load what EXCHANGE needs of the carrier host, and the innermost frames
//          of its stack.
// Called:  from Go, ABI0.
// In:      host+0(FP) = a carrier, as Stack.host has it.   Out: none.
// Keeps:   R14.   Smashes: R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C10. The SP that is read may be stale, or change at once: a hint cannot fault.
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ host+0(FP), R8
	ANDQ $~const_hasDeferOrPanic, R8
	// two cache lines of the carrier's g: the bounds with sched, and stktopsp
	PREFETCHT0 const_gStackLo(R8)
	PREFETCHT0 const_gStktopsp(R8)
	// the frames that will run first
	MOVQ const_gSchedSP(R8), R9
	PREFETCHT0 (R9)
	PREFETCHT0 64(R9)
	PREFETCHT0 128(R9)
	RET

// func scanStacks(job *stackScan)
// Does:    scanOnSystemStack, on the system stack: the runtime's scanstack runs only there.
// Called:  from Go, ABI0.
// In:      job+0(FP), which is not on a stack.   Out: job.scanned.
// Keeps:   nothing, as any call.
// Stack:   16 bytes, and it may grow: it is no leaf, and systemstack must find a frame that the
//          collector can pass, since this is the stack that may be scanned; SPWRITE no.
// Safe if: C11, C18.
TEXT ·scanStacks(SB), 0, $8-8
	// job is kept alive by the caller's argument, and does not move
	NO_LOCAL_POINTERS
	MOVQ job+0(FP), AX
	// a func value is the address of its code's address, which a stackScan begins with
	MOVQ AX, 0(SP)
	MOVQ ·systemstackPC(SB), AX
	CALL AX
	RET

// scanOnSystemStack does what a mark worker does with two stacks: job.target, on job.carrier, and
// job.running, on the goroutine that has called scanStacks. Each is scanned under its scan lock,
// unless it is black, and recorded black. job.scanned says that both are black, or that the phase
// is over. It is false if a lock could not be had: it is not waited for.
//
// Called:  by systemstack, on g0, DX = job.   Smashes: all but G and X15.
// Stack:   56 bytes of g0; NOSPLIT, as all of it is one step: on g0 there is no safe point, so
//          the phase is the same from the first look to the end; SPWRITE no.
// Safe if: C1, C7, C14, C18; native_gc.go.
//
//	 0(SP)  16 bytes in which scanstack may spill its arguments
//	16(SP)  job
//	24(SP)  the token of the phase
//	32(SP)  the gcWork of this P
//	40(SP)  the goroutine that has called scanStacks
TEXT scanOnSystemStack<>(SB), NOSPLIT, $48-0
	MOVQ DX, 16(SP)
	MOVB $1, stackScan_scanned(DX)
	// no phase, nothing to scan: what scanstack finds would be left over for the next one
	CMPL runtime·writeBarrier(SB), $0
	JEQ  done
	MOVQ stackScan_token(DX), CX
	TOKEN
	MOVQ CX, 24(SP)
	// this thread's P and goroutine; G is g0
	MOVQ const_gM(G), R8
	MOVQ const_mP(R8), R9
	ADDQ $const_pGcw, R9
	MOVQ R9, 32(SP)
	MOVQ const_mCurg(R8), R10
	MOVQ R10, 40(SP)

	// Here: DX job, CX the token.
	MOVQ stackScan_target(DX), BX
	CMPQ Stack_black(BX), CX
	JEQ  target_black
	MOVQ stackScan_carrier(DX), X
	// a fresh one has none, and holds nothing
	TESTQ X, X
	JEQ  target_black
	LOCK_CARRIER(X)
	JNE  busy
	// the collector has been here: what a carrier holds is black from then on
	CMPB const_gGcscandone(X), $0
	JNE  target_scanned
	// scanstack(X, gcw), in registers (ABIInternal)
	MOVQ X, AX
	MOVQ 32(SP), BX
	MOVQ ·scanstackPC(SB), CX
	CALL CX
	MOVQ 16(SP), DX
	MOVQ 24(SP), CX
	MOVQ stackScan_target(DX), BX
	MOVQ stackScan_carrier(DX), X
target_scanned:
	// before the lock is free: black says that it has been scanned
	MOVQ CX, Stack_black(BX)
	UNLOCK_CARRIER(X)

target_black:
	// Here: DX job, CX the token.
	MOVQ stackScan_running(DX), DI
	CMPQ Stack_black(DI), CX
	JEQ  done
	MOVQ 40(SP), R10
	CMPB const_gGcscandone(R10), $0
	JNE  running_scanned
	// Its goroutine becomes one that waits and is locked, which is what a worker makes of a
	// goroutine that scans itself, in one step: nobody else can suspend it, read its stack or
	// make it ready. The reason is that of a carrier, which is not taken for a leaked one.
	MOVB $const_waitReasonCoroutine, const_gWaitreason(R10)
	MOVL $const_statusRunning, AX
	MOVL $const_statusWaitingLocked, R8
	LOCK
	CMPXCHGL R8, const_gAtomicstatus(R10)
	JNE  busy
	// the stack must not shrink: this thread is on its way through it
	MOVB $1, const_gParkingOnChan(R10)
	MOVQ R10, AX
	MOVQ 32(SP), BX
	MOVQ ·scanstackPC(SB), CX
	CALL CX
	MOVQ 16(SP), DX
	MOVQ 24(SP), CX
	MOVQ stackScan_running(DX), DI
	MOVQ 40(SP), R10
	MOVB $0, const_gParkingOnChan(R10)
	// as UNLOCK_CARRIER
	MOVL $const_statusRunning, const_gAtomicstatus(R10)
running_scanned:
	MOVQ CX, Stack_black(DI)
done:
	RET
busy:
	// Here: nothing is locked by us.
	MOVQ 16(SP), DX
	MOVB $0, stackScan_scanned(DX)
	RET

// func switchLocked(s *Stack, token, _ uint64) (typ uintptr, data unsafe.Pointer)
// Does:    switches to s, suspended or fresh, under the carrier's lock, if the collector's rules
//          (native_gc.go) allow it; otherwise returns why not, having moved nothing.
// Called:  through a func value by switchNative, on the stack that is left, ABIInternal.
// In:      AX = target, BX = a token for the mark phase if it has none yet. The value is in
//          owner.transfer.
// Out:     AX BX = the value that is passed to this stack when it is resumed;
//          or AX = a refusal, at once, which no type word can be. s goes on in
//          arrive, or (fresh) in its trampoline with X = 0.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE
//          yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT switchLocked<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: AX target, BX the token offered. To the registers of the exchange: BX
	// target, CX token.
	MOVQ BX, CX           // CX = token offered
	MOVQ AX, BX
	MOVQ Stack_owner(BX), SI
	MOVQ const_gM(G), R8
	// a switch inside a callback from C would leave C frames behind
	CMPL const_mNcgo(R8), $0
	JNE  refuse_foreign
	// switchNative has made host of yieldHost, if s is suspended in a fast function
	CARRIER(BX)
	// a fresh target takes the last carrier of the cache. It is taken off at start, when
	// nothing can refuse any more; switchNative has filled the cache.
	CMPQ Stack_state(BX), $const_stateFresh
	JNE  have_carrier
	MOVQ owner_cache(SI), R8
	MOVQ carrierCache_n(R8), R9
	SUBQ $1, R9
	// only this goroutine uses the cache, so that it is filled still
	JCS  refuse_state
	MOVQ carrierCache_slots(R8)(R9*8), X
have_carrier:
	// Here: X the target's carrier, 0 if it is done.
	TESTQ X, X
	JZ   refuse_state
	LOCK_CARRIER(X)
	JNE  refuse_busy

	// G is marked while a profile is collected.
	CMPL const_gGoroutineProfiled(G), $0
	JEQ  profile_done
	// (not if the profiler reads X now: it does not ask for the scan lock)
	LOCK_PROFILE
	JNE  unlock_busy
profile_done:
	// Here: X is locked against the collector, the tracer and the profiler.

	MOVQ owner_current(SI), DI // DI = the stack that is left
	CMPL runtime·writeBarrier(SB), $0
	JEQ  exchange

	// the collector marks: the rules of native_gc.go decide
	TOKEN
	MAY_EXCHANGE(unlock_marking)
	// Both may move. A black stack is recorded as such: its next carrier may not have been
	// scanned.
	TESTL DX, DX
	JZ   target_recorded
	MOVQ CX, Stack_black(BX)
target_recorded:
	// and the stack that is left, for X
	TESTL R13, R13
	JZ   exchange
	MOVQ CX, Stack_black(DI)

exchange:
	// Here: BX target, SI owner, DI the stack that is left, X locked. Whatever is refused
	// has been by now.
	ORQ  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWAP_LISTS
	MOVQ R13, Stack_host(DI)
	EXCHANGE
	// the race detector's context goes with the stack; without the detector it is 0 in both
	SWAP(const_gRacectx)
	SUSPEND
	// all else of the exchange is written: from here on the target is the running stack
	MOVQ BX, owner_current(SI)
	// as in switchFast
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: still on the stack that is left. It is suspended, and X, still locked, holds
	// it.
	RESUME
	// The profile's mark before the scan lock, in the reverse of the order of taking: while
	// the lock is held the mark can only be ours.
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)     // from here on the stack that was left may be moved
	// a suspended target takes the value in arrive, called as if by its innermost frame
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  start
	ARRIVE
start:
	// Here: a fresh target. Its trampoline finds SI the owner and X = 0: the value is in
	// owner.transfer.
	MOVQ $const_stateStarted, Stack_state(BX)
	// its carrier is taken off the cache now: it holds the stack that was left
	MOVQ owner_cache(SI), R8
	SUBQ $1, carrierCache_n(R8)
	// X = 0 stands for inTransfer; the argument v is nil then, and not used
	XORL X, X
	XORL AX, AX
	XORL BX, BX
	JMP  R13

preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
unlock_busy:
	// the profiler reads X, or (refuse_busy) the lock is held: the caller tries again
	UNLOCK_CARRIER(X)
refuse_busy:
	// AX = the refusal, BX = 0: an eface whose type word no type has
	MOVL $const_refusedBusy, AX
	XORL BX, BX
	RET
unlock_marking:
	// a white stack would move to a g that is not scanned any more: the caller scans both
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVL $const_refusedMarking, AX
	XORL BX, BX
	RET
refuse_foreign:
	// the caller panics
	MOVL $const_refusedForeign, AX
	XORL BX, BX
	RET
refuse_state:
	// not suspended, or no carrier at hand: a bug of the caller
	MOVL $const_refusedState, AX
	XORL BX, BX
	RET

// func finishLocked(s, next *Stack, token uint64) (why refusal)
// Does:    ends s, the running stack, and resumes next, suspended or fresh, under the carrier's
//          lock, if the collector's rules (native_gc.go) allow it; otherwise returns why not,
//          having moved nothing.
// Called:  from Go, on s, ABI0.
// In:      s+0(FP), next+8(FP), token+16(FP) = a token for the mark phase if it has none yet. The
//          value is in owner.transfer.
// Out:     why+24(FP); does not return here if it switched.
// Keeps:   R14.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE
//          yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT ·finishLocked(SB), NOSPLIT|NOFRAME, $0-32
	// DI s, BX next, CX the token offered
	MOVQ s+0(FP), DI
	MOVQ next+8(FP), BX
	MOVQ token+16(FP), CX
	MOVQ Stack_owner(BX), SI
	MOVQ const_gM(G), R8
	// as in switchLocked
	CMPL const_mNcgo(R8), $0
	JNE  refuse_foreign
	// The carrier that next is on gets the ended stack, and goes to the cache: DX = cache,
	// R9 = the index that it will have there.
	MOVQ owner_cache(SI), DX
	MOVQ carrierCache_n(DX), R9
	CARRIER(BX)
	// a fresh next has no carrier yet
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  take_carrier
	// the caller has made room
	CMPQ R9, $const_cacheSlots
	JAE  refuse_state
	JMP  have_carrier
take_carrier:
	// The carrier that next takes is the one that s leaves its stack to,
	// so it stays in the cache.
	SUBQ $1, R9
	JCS  refuse_state
	MOVQ carrierCache_slots(DX)(R9*8), X
have_carrier:
	// Here: X the carrier of next, 0 if it is done.
	TESTQ X, X
	JZ   refuse_state
	LOCK_CARRIER(X)
	JNE  refuse_busy

	// as in switchLocked: the lock keeps the collector and the tracer off, a profile needs
	// its own mark
	CMPL const_gGoroutineProfiled(G), $0
	JEQ  profile_done
	LOCK_PROFILE
	JNE  unlock_busy
profile_done:
	// Here: X is locked against the collector, the tracer and the profiler.

	CMPL runtime·writeBarrier(SB), $0
	JEQ  exchange
	TOKEN
	// The stack that ends holds nothing afterwards, so only the target
	// is asked: it must be black, or G pending.
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  target_black
	CMPQ Stack_black(BX), CX
	JEQ  exchange
	// Black where it rests? Then it is recorded, as in switchLocked.
	CMPB const_gGcscandone(X), $0
	JNE  target_black
	// White: G must be pending, as in MAY_EXCHANGE.
	CMPB const_gGcscandone(G), $0
	JNE  unlock_marking
	CMPQ owner_attachToken(SI), CX
	JEQ  unlock_marking
	JMP  exchange
target_black:
	// Here: next is black where it rests, or fresh.
	MOVQ CX, Stack_black(BX)

exchange:
	// Here: DI s, BX next, SI owner, X locked, DX R9 the place in the cache. Whatever is
	// refused has been by now.
	// For a fresh next this writes back what is there. Only this goroutine looks at the
	// cache, so X may be in it while it is locked, and not fresh yet.
	MOVQ X, carrierCache_slots(DX)(R9*8)
	ADDQ $1, R9
	MOVQ R9, carrierCache_n(DX)
	// the heads are exchanged in any case: here a few loads do not count
	ORQ  $const_hasDeferOrPanic, X
	SWAP_LISTS
	// the ended stack's lists are not the next one's
	CLEAR_LISTS
	EXCHANGE
	// as in switchLocked
	SWAP(const_gRacectx)
	MAKE_FRESH
	// s is done: its Stack names no carrier, and may be collected or used again
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	MOVQ $const_stateDone, Stack_state(DI)
	// next is the running stack from here on
	MOVQ BX, owner_current(SI)
	// as in switchFast
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// Here: still on the stack that ends. X, still locked, holds it in the fresh state.
	RESUME
	// From here on nothing of s is needed: its memory is what the next stack on X starts
	// with.
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	// as in switchLocked
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  start
	ARRIVE
start:
	// Here: a fresh target. Its trampoline finds SI the owner and X = 0: the value is in
	// owner.transfer.
	MOVQ $const_stateStarted, Stack_state(BX)
	XORL X, X
	XORL AX, AX
	XORL BX, BX
	JMP  R13

preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
unlock_busy:
	// as in switchLocked; finishNative tries again
	UNLOCK_CARRIER(X)
refuse_busy:
	// Here: nothing is locked, or not any more.
	MOVQ $const_refusedBusy, why+24(FP)
	RET
unlock_marking:
	// next is white, and G scanned
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVQ $const_refusedMarking, why+24(FP)
	RET
refuse_foreign:
	// a callback from C must return to C first: finishNative panics
	MOVQ $const_refusedForeign, why+24(FP)
	RET
refuse_state:
	// next is not suspended, or the cache is empty, or full: a bug of the caller
	MOVQ $const_refusedState, why+24(FP)
	RET

// The trampolines are the outermost frames of all our stacks, in place of a
// goroutine's own function: goexit is what they would return to. They differ in
// the size of their frames, by one cache line each; and in no more, since a stack of
// 2 KiB leaves 1,120 bytes to the frames of all functions that are not NOSPLIT.
//
// func trampolineN()
// Does:    calls runEntry(s, v, inTransfer), and, if that returns, endRecovered with its result.
// Called:  by the jump at the end of a switch to a fresh stack.
// In:      SI = the owner of s, which is current; AX BX = v; X = 0 if inTransfer.
// Out:     does not return.
// Keeps:   R14.   Smashes: all else.
// Stack:   its frame, whose first 32 bytes are runEntry's spill area and whose last
//          two words are s and its complement, for native_resting.go; SPWRITE no.
// Safe if: C1, C2, C3.
//
// size must leave room for the two words and the spill area. The assembler's prologue saves the
// BP that RESUME has loaded, which is 0: frame pointers end here.
#define TRAMPOLINE(name, size) \
TEXT name<>(SB), NOSPLIT, $size-0; \
	NO_LOCAL_POINTERS; \
	/* the fixed zero of Go's ABI, which nothing has restored on this stack (C11) */ \
	XORPS X15, X15; \
	/* DI = inTransfer */ \
	XORL DI, DI; \
	TESTQ X, X; \
	SETEQ DI; \
	/* s, left in the frame with its complement, for restingOn: right below stktopsp, at the */ \
	/* same distance in each trampoline */ \
	MOVQ owner_current(SI), SI; \
	MOVQ SI, stack-8(SP); \
	MOVQ SI, R8; \
	NOTQ R8; \
	MOVQ R8, complement-16(SP); \
	/* the arguments of runEntry: s, v, inTransfer */ \
	MOVQ BX, CX; \
	MOVQ AX, BX; \
	MOVQ SI, AX; \
	/* Go code is entered here in ABIInternal: R14 is G, X15 zero, DX the closure */ \
	MOVQ ·runEntryValue(SB), DX; \
	CALL (DX); \
	/* it has recovered from the last panic of the stack that it returns */ \
	MOVQ ·endRecoveredValue(SB), DX; \
	CALL (DX); \
	/* endRecovered does not return */ \
	UNDEF

// The smallest has room for the spill area of runEntry and the two words, and no more; the others
// have 64 and 128 bytes in between.
TRAMPOLINE(trampoline0, 48)
TRAMPOLINE(trampoline1, 112)
TRAMPOLINE(trampoline2, 176)

// For MAKE_FRESH: the index is bits 9 and 10 of the carrier's address. Each word is an address of
// code, not a func value, as it goes into sched.pc. The one in the middle serves two of four values: a fourth
// size would cost each stack 32 bytes more on average, and has made switches among 16 and 1,024 stacks no faster.
DATA trampolines<>+0(SB)/8, $trampoline0<>(SB)
DATA trampolines<>+8(SB)/8, $trampoline1<>(SB)
DATA trampolines<>+16(SB)/8, $trampoline2<>(SB)
DATA trampolines<>+24(SB)/8, $trampoline1<>(SB)
GLOBL trampolines<>(SB), RODATA, $32

// func exitTrampoline()
// Does:    returns to goexit, which ends the goroutine.
// Called:  by the scheduler, when a free carrier has been made ready (carrierEnd).
// In:      none.   Out: does not return here.
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; SPWRITE no.
// Safe if: C3.
TEXT exitTrampoline<>(SB), NOSPLIT|NOFRAME, $0-0
	// the only word on the stack is the return address, in goexit
	RET

// func carrierFresh(carrier uintptr)
// Does:    puts a carrier that has just parked into the fresh state, and marks it as born in this
//          mark phase if one runs.
// Called:  by carrierParked, on the scheduler's stack, ABI0.
// In:      carrier+0(FP) = the carrier's g, parked for good.
// Out:     none.
// Keeps:   R14.   Smashes: AX, R8, R9, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C3, C7; native_gc.go.
TEXT ·carrierFresh(SB), NOSPLIT, $0-8
	// gopark has made X a waiting goroutine by now, so its scan lock can be taken
	MOVQ carrier+0(FP), X
lock:
	// spins: the collector or the tracer holds it for a moment only
	LOCK_CARRIER(X)
	JNE  lock
	// gopark has left the resume point in carrierMain: the carrier starts anew instead
	MAKE_FRESH
	MOVQ R8, const_gSchedCtxt(X) // nobody sets these two again
	MOVQ R8, const_gSchedLR(X)
	// 0 between phases: the next one then counts X among those that it found.
	// 1 in a phase: X may have no job in it, and does not count as pending (native_gc.go).
	XORL R8, R8
	CMPL runtime·writeBarrier(SB), $0
	SETNE R8
	MOVQ R8, const_gGcAssistBytes(X)
	// from here on the collector may scan X or shrink its stack, and finds the fresh state
	UNLOCK_CARRIER(X)
	RET

// func count(n *int64) int64
// Does:    adds 1 to *n, atomically, and returns what it was.
// Called:  by carrierParked, on the scheduler's stack, ABI0.
// In:      n+0(FP).   Out: ret+8(FP).
// Keeps:   R14.   Smashes: AX, R8, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: none.
TEXT ·count(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), R8
	MOVL $1, AX
	// several carriers of a batch may park at once, on as many threads
	LOCK
	XADDQ AX, (R8)
	// XADD leaves what was there
	MOVQ AX, ret+8(FP)
	RET

// func armCarrierExit(carrier uintptr)
// Does:    makes a free carrier end its goroutine when it runs.
// Called:  by carrierEnd, on any stack, ABI0.
// In:      carrier+0(FP) = the carrier's g, holding a fresh stack.
// Out:     none.
// Keeps:   R14.   Smashes: AX, R8, R12, flags.
// Stack:   0 bytes; NOSPLIT because it takes a scan lock; SPWRITE no.
// Safe if: C3, C7.
TEXT ·armCarrierExit(SB), NOSPLIT, $0-8
	MOVQ carrier+0(FP), X
lock:
	// as in carrierFresh
	LOCK_CARRIER(X)
	JNE  lock
	// the fresh stack has goexit's address as its only word, or in LR;
	// under the lock, as the collector reads sched when it scans X
	LEAQ exitTrampoline<>(SB), R8
	MOVQ R8, const_gSchedPC(X)
	UNLOCK_CARRIER(X)
	RET

// func phaseToken(offered uint64) uint64
// Does:    returns the token of the mark phase, giving it the offered one if it has none; 0 if no
//          phase runs.
// Called:  from Go, ABI0.
// In:      offered+0(FP) = a token never used before.
// Out:     ret+8(FP).
// Keeps:   R14.   Smashes: AX, R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: native_gc.go.
TEXT ·phaseToken(SB), NOSPLIT, $0-16
	XORL AX, AX
	// no phase, no token
	CMPL runtime·writeBarrier(SB), $0
	JEQ  done
	// as TOKEN: the sentinel's assist credit is the token, 0 in a phase that has none yet
	MOVQ ·sentinel(SB), R8
	MOVQ offered+0(FP), R9
	LOCK
	CMPXCHGQ R9, const_gGcAssistBytes(R8)
	JNE  done             // AX = the token that is there
	// there was none: the offered one is the phase's now
	MOVQ R9, AX
done:
	// Here: AX = the token, 0 if no phase runs.
	MOVQ AX, ret+8(FP)
	RET

// func onForeignThread() bool
// Does:    returns g.m.isextra.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R14.   Smashes: AX.
// Stack:   0 bytes; NOSPLIT because g.m must not change in between; SPWRITE no.
// Safe if: C1, C7.
TEXT ·onForeignThread(SB), NOSPLIT, $0-1
	// a thread that C made has an m of the runtime's pool of extra ones
	MOVQ const_gM(G), AX
	MOVB const_mIsextra(AX), AX
	MOVB AX, ret+0(FP)
	RET

// func peek(address uintptr) uintptr
// Does:    returns the word at an address; nothing that follows is read before it.
// Called:  from Go, ABI0, with faults turned into panics.
// In:      address+0(FP), a multiple of 8.   Out: ret+8(FP).
// Keeps:   R14.   Smashes: AX.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C8.
TEXT ·peek(SB), NOSPLIT, $0-16
	MOVQ address+0(FP), AX
	// may fault, which is a panic in the caller (C8)
	MOVQ (AX), AX         // loads are in order on amd64
	MOVQ AX, ret+8(FP)
	RET

// func goidgen() uint64
// Does:    returns runtime.sched.goidgen, its first field.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R14.   Smashes: AX.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C12.
TEXT ·goidgen(SB), NOSPLIT, $0-8
	// the highest id that a processor has reserved for the goroutines that it makes
	MOVQ runtime·sched(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// func nearOwner() *owner
// Does:    returns the running goroutine's owner if it is in ownersNear, else nil.
// Called:  through a func value, ABIInternal.
// In:      none.   Out: AX.
// Keeps:   R14, X15, BP.   Smashes: R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearOwner<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ const_gGoid(G), R8
	// a direct-mapped table, by the low bits of the goroutine's id
	MOVL R8, R9
	ANDL $(const_nearOwners-1), R9
	LEAQ ·ownersNear(SB), AX
	// The place may change at any time: one load, of a pointer or nil. What it gave is found
	// by the collector again in the result register, as no safe point comes before (C7).
	MOVQ (AX)(R9*8), AX
	TESTQ AX, AX
	JZ   none
	// the place may be another goroutine's
	CMPQ owner_goid(AX), R8
	JNE  none
	RET
none:
	// currentOwner looks in the complete table
	XORL AX, AX
	RET

// func nearSlot() unsafe.Pointer
// Does:    returns the slot of the running goroutine's owner if it is in ownersNear; otherwise goes
//          on in slotSlow.
// Called:  through a func value, inlined into the callers of Slot, ABIInternal.
// In:      none.   Out: AX.
// Keeps:   R14, X15, BP.   Smashes: all else in slotSlow; here R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearSlot<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ const_gGoid(G), R8
	// as in nearOwner
	MOVL R8, R9
	ANDL $(const_nearOwners-1), R9
	LEAQ ·ownersNear(SB), AX
	MOVQ (AX)(R9*8), AX
	// nil, or an owner that is not collected before the next safe point
	TESTQ AX, AX
	JZ   slow
	// the owner of another goroutine whose id has the same low bits
	CMPQ owner_goid(AX), R8
	JNE  slow
	// what SetSlot has stored, nil if nothing
	MOVQ owner_slot(AX), AX
	RET
slow:
	// Here: no arguments; slotSlow returns to our caller.
	MOVQ ·slotSlowValue(SB), DX
	JMP  (DX)

// The code of the routines that are called as func values: bindAssembly makes each of these words
// a func value, which is a pointer to a word with the address of the code.
// Go code cannot name a static symbol of assembly, so these words are its only way to them. NOPTR:
// the collector does not follow addresses of code.
DATA ·scanOnSystemStackCode(SB)/8, $scanOnSystemStack<>(SB)
GLOBL ·scanOnSystemStackCode(SB), NOPTR, $8
DATA ·switchFastCode(SB)/8, $switchFast<>(SB)
GLOBL ·switchFastCode(SB), NOPTR, $8
DATA ·panicFastCode(SB)/8, $panicFast<>(SB)
GLOBL ·panicFastCode(SB), NOPTR, $8
DATA ·finishFastCode(SB)/8, $finishFast<>(SB)
GLOBL ·finishFastCode(SB), NOPTR, $8
DATA ·switchLockedCode(SB)/8, $switchLocked<>(SB)
GLOBL ·switchLockedCode(SB), NOPTR, $8
DATA ·nearOwnerCode(SB)/8, $nearOwner<>(SB)
GLOBL ·nearOwnerCode(SB), NOPTR, $8
DATA ·nearSlotCode(SB)/8, $nearSlot<>(SB)
GLOBL ·nearSlotCode(SB), NOPTR, $8
DATA ·yieldMemoryCode(SB)/8, $yieldMemory<>(SB)
GLOBL ·yieldMemoryCode(SB), NOPTR, $8
DATA ·nextFastCode(SB)/8, $nextFast<>(SB)
GLOBL ·nextFastCode(SB), NOPTR, $8
// The code of yieldN, giveN and sendN, N = index + 1: each is chosen by the words of the value that it
// takes (yieldCode, generator_send.go).
DATA ·yieldCodes+0(SB)/8, $yield1<>(SB)
DATA ·yieldCodes+8(SB)/8, $yield2<>(SB)
DATA ·yieldCodes+16(SB)/8, $yield3<>(SB)
DATA ·yieldCodes+24(SB)/8, $yield4<>(SB)
DATA ·yieldCodes+32(SB)/8, $yield5<>(SB)
DATA ·yieldCodes+40(SB)/8, $yield6<>(SB)
DATA ·yieldCodes+48(SB)/8, $yield7<>(SB)
DATA ·yieldCodes+56(SB)/8, $yield8<>(SB)
GLOBL ·yieldCodes(SB), NOPTR, $64
DATA ·giveCodes+0(SB)/8, $give1<>(SB)
DATA ·giveCodes+8(SB)/8, $give2<>(SB)
DATA ·giveCodes+16(SB)/8, $give3<>(SB)
DATA ·giveCodes+24(SB)/8, $give4<>(SB)
DATA ·giveCodes+32(SB)/8, $give5<>(SB)
DATA ·giveCodes+40(SB)/8, $give6<>(SB)
DATA ·giveCodes+48(SB)/8, $give7<>(SB)
DATA ·giveCodes+56(SB)/8, $give8<>(SB)
GLOBL ·giveCodes(SB), NOPTR, $64
DATA ·sendCodes+0(SB)/8, $send1<>(SB)
DATA ·sendCodes+8(SB)/8, $send2<>(SB)
DATA ·sendCodes+16(SB)/8, $send3<>(SB)
DATA ·sendCodes+24(SB)/8, $send4<>(SB)
DATA ·sendCodes+32(SB)/8, $send5<>(SB)
DATA ·sendCodes+40(SB)/8, $send6<>(SB)
DATA ·sendCodes+48(SB)/8, $send7<>(SB)
DATA ·sendCodes+56(SB)/8, $send8<>(SB)
GLOBL ·sendCodes(SB), NOPTR, $64
