//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd)

// The switch, on amd64. Read doc.go first: it has the pictures of a stack in
// each of its resting states. arch_arm64.s has the same routines in the same
// order. The constraints C1, C2, ... are in asm/contract.md.
//
// Registers, in all routines of the exchange:
//
//	R14  G, the running goroutine's g (fixed by Go's ABI)
//	R12  X, the g of the carrier that holds the target stack, and will hold the one that is left
//	BX   target stack
//	SI   owner of both stacks
//	DI   stack that is left
//	CX DX  value (type and data word of an any)
//	R8 R9 X0 X1  scratch
//	R10 R11 R13  saved BP, SP and PC of the target
//
// What moves:
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
// own: a narrow store followed by a wide load would stall on store forwarding.
// The bounds are the exception, since nothing but a move of the stack writes them.

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

#define G R14
#define X R12

#define SWAP(field) \
	MOVQ field(G), R8; \
	MOVQ field(X), R9; \
	MOVQ R9, field(G); \
	MOVQ R8, field(X)

// JUMP_UNLESS_FAST goes to no unless the running goroutine owns the stacks of the owner SI, and
// its fast way is open.
#define JUMP_UNLESS_FAST(no) JUMP_UNLESS_FAST_BY(SI, R8, no)

// JUMP_UNLESS_FAST_BY is JUMP_UNLESS_FAST for another register than SI, with the scratch register a.
#define JUMP_UNLESS_FAST_BY(owner, a, no) \
	MOVQ const_gGoid(G), a; \
	CMPQ owner_fast(owner), a; \
	JNE  no

// SLOW_PATH_NEEDED sets NZ if a switch must not go the fast way, for one of four
// reasons. Why the carrier needs no lock otherwise is proven in native_lockfree.go.
#define SLOW_PATH_NEEDED SLOW_PATH_NEEDED_BY(R8, R9)

// SLOW_PATH_NEEDED_BY is SLOW_PATH_NEEDED with other scratch registers.
#define SLOW_PATH_NEEDED_BY(a, b) \
	MOVL runtime·writeBarrier(SB), a; \
	MOVQ const_gM(G), b; \
	ORL  const_gGoroutineProfiled(G), a; \
	ORL  const_mNcgo(b), a; \
	ORQ  const_gStatusTraced(G), a; \
	MOVL (const_gStatusTraced+8)(G), b; \
	ORQ  b, a

// CARRIER loads the carrier of the suspended stack s, without the bit that says
// whether there are lists in it.
#define CARRIER(s) \
	MOVQ Stack_host(s), X; \
	ANDQ $~const_hasDeferOrPanic, X

// JUMP_IF_LISTS goes to lists if SWAP_LISTS has something to do; else X is the carrier.
#define JUMP_IF_LISTS(lists) \
	MOVQ const_gPanic(G), R8; \
	ORQ  const_gDefer(G), R8; \
	JNE  lists; \
	TESTB $const_hasDeferOrPanic, X; \
	JNE  lists

// SWAP_LISTS swaps the lists of panics and of deferred calls. X is a word as Stack.host
// has it, and is the carrier afterwards; R13 is the same word for the stack that is
// left. Its bit spares the other switches a look at the lists of X, and a list is rare.
#define SWAP_LISTS \
	MOVQ X, R13; \
	MOVL X, R8; \
	ANDL $const_hasDeferOrPanic, R8; \
	ORQ  const_gPanic(G), R8; \
	ORQ  const_gDefer(G), R8; \
	JEQ  15(PC); \
	ANDQ $~const_hasDeferOrPanic, X; \
	SWAP(const_gPanic); \
	SWAP(const_gDefer); \
	MOVQ X, R13; \
	MOVQ const_gPanic(X), R8; \
	ORQ  const_gDefer(X), R8; \
	JEQ  2(PC); \
	ORQ  $const_hasDeferOrPanic, R13

// EXCHANGE swaps what describes the two stacks, but for SWAP_LISTS, and loads the target's
// resume point. What a switch costs is mostly the number of its loads and stores, so
// there are no needless ones: the bounds move as one 16-byte word; what follows from
// them is computed from them (C3: stktopsp is always that far below stack.hi); and X's
// stackguard0 is left as it is, since the scheduler sets it before a parked goroutine
// runs (execute).
//
// The guard of G is clean afterwards, and the caller must look at g.preempt,
// since a request may have been written over.
#define EXCHANGE \
	MOVUPS const_gStackLo(G), X0; \
	MOVUPS const_gStackLo(X), X1; \
	MOVUPS X1, const_gStackLo(G); \
	MOVQ X1, R8; \
	ADDQ $const_guardDistance, R8; \
	MOVQ R8, const_gStackguard0(G); \
	MOVUPS X0, const_gStackLo(X); \
	MOVHLPS X1, X1; \
	MOVQ X1, R8; \
	SUBQ $const_topGap, R8; \
	MOVQ R8, const_gStktopsp(G); \
	MOVHLPS X0, X0; \
	MOVQ X0, R8; \
	SUBQ $const_topGap, R8; \
	MOVQ R8, const_gStktopsp(X); \
	MOVQ const_gSchedSP(X), R11; \
	MOVQ const_gSchedPC(X), R13; \
	MOVQ const_gSchedBP(X), R10

// SUSPEND makes X resume where our caller would go on.
#define SUSPEND \
	LEAQ 8(SP), R8; \
	MOVQ (SP), R9; \
	MOVQ R8, const_gSchedSP(X); \
	MOVQ R9, const_gSchedPC(X); \
	MOVQ BP, const_gSchedBP(X)

// SWITCH_STACKS makes BX, on X (as SWAP_LISTS takes it), the stack that runs, and suspends
// DI, which ran.
#define SWITCH_STACKS \
	SWAP_LISTS; \
	MOVQ R13, Stack_host(DI); \
	EXCHANGE; \
	SUSPEND; \
	MOVQ BX, owner_current(SI)

// MAKE_FRESH puts the stack that X holds, with empty lists, into the fresh state: one word on
// it, the return address that ends a goroutine, which newproc1 left at stktopsp-8 and
// which has been the trampoline's return address since. Which trampoline it
// gets spreads the frames of different stacks over different cache sets. It follows
// from the carrier and not from where the stack is: the ones with large frames are
// outgrown first, and what they leave is where the next stacks are made, so that in
// the end nearly all would have the largest.
#define MAKE_FRESH \
	MOVQ const_gStktopsp(X), R8; \
	SUBQ $8, R8; \
	MOVQ R8, const_gSchedSP(X); \
	MOVQ X, R8; \
	SHRQ $9, R8; \
	ANDQ $3, R8; \
	LEAQ trampolines<>(SB), R9; \
	MOVQ (R9)(R8*8), R8; \
	MOVQ R8, const_gSchedPC(X); \
	XORL R8, R8; \
	MOVQ R8, const_gSchedBP(X)

// CLEAR_LISTS empties the lists of X, after SWAP_LISTS: those of a stack that has ended.
#define CLEAR_LISTS \
	CMPQ R13, X; \
	JEQ  4(PC); \
	XORL R8, R8; \
	MOVQ R8, const_gPanic(X); \
	MOVQ R8, const_gDefer(X)

// RESUME leaves the stack. A macro, because vet's framepointer check would have
// BP saved first in each routine.
#define RESUME \
	MOVQ R11, SP; \
	MOVQ R10, BP

// PREEMPT puts a request to yield back into the guard of G. It is ordered after
// the store of the clean guard in EXCHANGE only by the program; if a request
// falls between the two it is late, not lost: who asks asks again.
#define PREEMPT \
	MOVQ $const_stackPreempt, R8; \
	MOVQ R8, const_gStackguard0(G)

// DELIVER puts the value where every suspended frame expects the result of the
// call that it waits in; so does a trampoline, with the owner still in SI, and X = 0
// if the value is in owner.transfer.
#define DELIVER \
	MOVQ CX, AX; \
	MOVQ DX, BX; \
	JMP  R13

// ARRIVE calls arrive(BX) as if the suspended frame did; arriveYield if that
// frame is in a yield function, arriveNext if it is in a next function (generator.go).
#define ARRIVE \
	MOVQ R13, -8(R11); \
	SUBQ $8, R11; \
	MOVQ R11, SP; \
	MOVQ BX, AX; \
	MOVQ ·arriveValue(SB), DX; \
	CMPQ Stack_yieldHost(BX), $0; \
	JNE  2(PC); \
	JMP  (DX); \
	MOVQ $0, Stack_yieldHost(BX); \
	CMPQ Stack_nextCall(BX), $0; \
	JNE  2(PC); \
	JMP  arriveYieldFrame<>(SB); \
	JMP  arriveNextFrame<>(SB)

// LOCK_CARRIER takes the scan lock of the carrier c, after which neither the collector
// nor the tracer looks at its stack; AX and R8 are smashed, ZF set if it was had.
#define LOCK_CARRIER(c) \
	MOVL $const_statusWaiting, AX; \
	MOVL $const_statusWaitingLocked, R8; \
	LOCK; \
	CMPXCHGL R8, const_gAtomicstatus(c)

// An aligned store on amd64 is a release; XCHG would only cost.
#define UNLOCK_CARRIER(c) \
	MOVL $const_statusWaiting, const_gAtomicstatus(c)

// LOCK_PROFILE is for the time of a goroutine profile, which reads the stacks
// of parked goroutines without their scan lock and marks each that it is at.
// X gets that mark while it is touched, unless the profile is done with it; AX
// is smashed, ZF set if X may be touched.
#define LOCK_PROFILE \
	XORL AX, AX; \
	MOVL $const_profileInProgress, R8; \
	LOCK; \
	CMPXCHGL R8, const_gGoroutineProfiled(X); \
	JEQ  2(PC); \
	CMPL AX, $const_profileSatisfied

// UNLOCK_PROFILE takes the mark away, if it is ours: nobody else's can be there.
#define UNLOCK_PROFILE \
	CMPL const_gGoroutineProfiled(X), $const_profileInProgress; \
	JNE  2(PC); \
	MOVL $0, const_gGoroutineProfiled(X)

// func switchFast(s *Stack, v any) any
// Does:    exchanges the running stack with s if nobody else can look at a carrier now; otherwise goes on in switchRefused.
// Called:  through the func value switchTo, inlined into the callers of Switch, on the stack that is left, ABIInternal.
// In:      AX = target, BX CX = the value passed.
// Out:     AX BX = the value that is passed back, when somebody switches back.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT switchFast<>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $64           // a twentieth of the time depends on where the cache lines of the code begin
	TESTQ AX, AX
	JZ   refuse
	MOVQ Stack_host(AX), X
	MOVQ Stack_owner(AX), SI
	TESTQ X, X
	JZ   not_suspended
	JUMP_UNLESS_FAST(refuse)
	MOVQ owner_current(SI), DI
	CMPQ DI, AX
	JEQ  refuse
	SLOW_PATH_NEEDED
	JNZ  slow_path
exchange:
	JUMP_IF_LISTS(lists)
	MOVQ X, Stack_host(DI)
places:
	EXCHANGE
	SUSPEND
	MOVQ AX, owner_current(SI)
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	RESUME
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
	SUBQ $8, SP
	MOVQ R13, (SP)
	RET

preempt:
	PREEMPT
	JMP go_on
lists:
	SWAP_LISTS
	MOVQ R13, Stack_host(DI)
	JMP places
refuse:
	MOVQ ·switchRefusedValue(SB), DX
	JMP  (DX)             // same arguments, same result

not_suspended:
	// A stack that has not run takes a free carrier of its owner's.
	CMPQ Stack_state(AX), $const_stateFresh
	JNE  refuse
	MOVQ owner_cache(SI), DX
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	JNZ  refuse
	MOVQ carrierCache_n(DX), R9
	SUBQ $1, R9
	JCS  refuse
	MOVQ carrierCache_slots(DX)(R9*8), X
	MOVQ R9, carrierCache_n(DX)
	MOVQ owner_current(SI), DI
	MOVQ $const_stateStarted, Stack_state(AX)
	JMP  exchange

slow_path:
	// A goroutine that lived while the tracer ran stays marked for good, so
	// it is worth to go on here if all that is needed is the carrier's lock.
	CMPL runtime·writeBarrier(SB), $0
	JNE  refuse
	MOVQ const_gM(G), R9
	CMPL const_mNcgo(R9), $0
	JNE  refuse
	MOVQ CX, DX
	MOVQ BX, CX
	MOVQ AX, BX
	ANDQ $~const_hasDeferOrPanic, X
	LOCK_CARRIER(X)
	JNE  busy
	CMPL const_gGoroutineProfiled(G), $0
	JEQ  locked
	LOCK_PROFILE
	JNE  unlock_busy
locked:
	ORQ  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWITCH_STACKS
	CMPB const_gPreempt(G), $0
	JEQ  leave
	PREEMPT
leave:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)     // from here on the stack that was left may be moved
	DELIVER

unlock_busy:
	UNLOCK_CARRIER(X)
busy:
	MOVQ BX, AX
	MOVQ CX, BX
	MOVQ DX, CX
	JMP  refuse

// func panicFast(s *Stack, v any) any
// Does:    exchanges the running stack with s, which is suspended, and calls gopanic(v) there, if nobody else can look at a carrier now; otherwise goes on in panicRefused.
// Called:  through the func value panicTo, inlined into the callers of SwitchPanic, on the stack that is left, ABIInternal.
// In:      AX = target, BX CX = v.
// Out:     AX BX = the value that is passed back, when somebody switches back.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7, C12; native_lockfree.go.
TEXT panicFast<>(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ AX, AX
	JZ   refuse
	MOVQ Stack_host(AX), X
	MOVQ Stack_owner(AX), SI
	TESTQ X, X
	JZ   refuse
	JUMP_UNLESS_FAST(refuse)
	MOVQ owner_current(SI), DI
	CMPQ DI, AX
	JEQ  refuse
	SLOW_PATH_NEEDED
	JNZ  refuse
	MOVQ CX, DX
	MOVQ BX, CX
	MOVQ AX, BX
	SWITCH_STACKS
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	// As if the suspended frame called gopanic where it called Switch.
	MOVQ R13, -8(R11)
	SUBQ $8, R11
	RESUME
	MOVQ CX, AX
	MOVQ DX, BX
	MOVQ ·gopanicValue(SB), DX
	JMP  (DX)
preempt:
	PREEMPT
	JMP go_on
refuse:
	MOVQ ·panicRefusedValue(SB), DX
	JMP  (DX)             // same arguments, same result

// func nextFast() (V, bool)
// Does:    resumes the stack that yields, which is suspended in a fast yield function, if nobody else can look at a carrier now; otherwise goes on in the slow closure.
// Called:  as a func value that NewNext made, on the stack that is left, ABIInternal.
// In:      DX = closure (an asker).
// Out:     the value in the registers that yieldN got it in, and true in the next one; at the resume point of s AX = 1.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go. Pointers are stored without a barrier since SLOW_PATH_NEEDED saw that none is needed.
TEXT nextFast<>(SB), NOSPLIT|NOFRAME, $0-0
	PCALIGN $64           // as in switchFast
	MOVQ nextClosure_s(DX), BX
	MOVQ Stack_yieldHost(BX), X
	TESTQ X, X
	JZ   slow
	MOVQ Stack_owner(BX), SI
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	JNZ  slow
	MOVQ owner_current(SI), DI
	SWAP_LISTS
	MOVQ R13, Stack_yieldHost(DI)
	EXCHANGE
	SUSPEND
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	MOVQ DX, Stack_nextCall(DI)
	MOVQ R8, Stack_yieldHost(BX)
	MOVQ DI, Stack_resumer(BX)
	MOVQ BX, owner_current(SI)
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	RESUME
	MOVL $1, AX
	XORL BX, BX
	JMP  R13
preempt:
	PREEMPT
	JMP go_on
slow:
	MOVQ nextClosure_slow(DX), DX
	MOVQ (DX), R8
	JMP  R8

// func yieldN(v V) bool, N words, 0 to 8
// Does:    stores v in its slot and goes back to the stack that resumed this one, if nobody else can look at a carrier now; otherwise goes on in the slow closure. If that stack is suspended in a next function, v goes from the slot into the registers of its results.
// Called:  as a func value that NewYield made, on the stack that is left, ABIInternal.
// In:      DX = closure (a yielder), v in AX BX CX DI SI R8 R9 R10, as far as it goes.
// Out:     AX = whether to go on, when somebody resumes this stack.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go. v is stored without a barrier since it has been seen that none is needed.
#define YIELD(name, STORE, LOAD, TRUE) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	PCALIGN $64; \
	MOVQ yieldClosure_s(DX), R12; \
	MOVQ Stack_owner(R12), R12; \
	JUMP_UNLESS_FAST_BY(R12, R13, slow); \
	SLOW_PATH_NEEDED_BY(R12, R13); \
	JNE  slow; \
	MOVQ yieldClosure_slot(DX), R12; \
	STORE; \
	MOVQ yieldClosure_s(DX), DI; \
	MOVQ Stack_owner(DI), SI; \
	CMPQ owner_current(SI), DI; \
	JNE  again; \
	MOVQ Stack_resumer(DI), BX; \
	TESTQ BX, BX; \
	JZ   again; \
	MOVQ Stack_owner(BX), R8; \
	CMPQ R8, SI; \
	JNE  again; \
	XORL AX, AX; \
	MOVQ Stack_host(BX), X; \
	TESTQ X, X; \
	JNZ  exchange; \
	MOVQ Stack_nextCall(BX), AX; \
	TESTQ AX, AX; \
	JZ   again; \
	CMPQ nextClosure_s(AX), DI; \
	JNE  again; \
	MOVQ Stack_yieldHost(BX), X; \
	XORL R8, R8; \
	MOVQ R8, Stack_yieldHost(BX); \
	MOVQ R8, Stack_nextCall(BX); \
exchange: \
	SWAP_LISTS; \
	MOVQ R13, Stack_yieldHost(DI); \
	EXCHANGE; \
	SUSPEND; \
	XORL R8, R8; \
	MOVQ R8, Stack_host(DI); \
	MOVQ R8, Stack_resumer(DI); \
	MOVQ BX, owner_current(SI); \
	CMPB const_gPreempt(G), $0; \
	JNE  preempt; \
go_on: \
	RESUME; \
	TESTQ AX, AX; \
	JNZ  asked; \
	XORL BX, BX; \
	JMP  R13; \
asked: \
	MOVQ yieldClosure_slot(DX), R12; \
	LOAD; \
	TRUE; \
	JMP  R13; \
preempt: \
	PREEMPT; \
	JMP  go_on; \
again: \
	MOVQ yieldClosure_slot(DX), R12; \
	LOAD; \
slow: \
	MOVQ yieldClosure_slow(DX), DX; \
	MOVQ (DX), R12; \
	JMP  R12

// The bool of a next function's results is in the register after the value's.
#define TRUE0 MOVL $1, AX
#define TRUE1 MOVL $1, BX
#define TRUE2 MOVL $1, CX
#define TRUE3 MOVL $1, DI
#define TRUE4 MOVL $1, SI
#define TRUE5 MOVL $1, R8
#define TRUE6 MOVL $1, R9
#define TRUE7 MOVL $1, R10
#define TRUE8 MOVL $1, R11

#define PUT0 NOP
#define PUT1 MOVQ AX, (R12)
#define PUT2 PUT1; MOVQ BX, 8(R12)
#define PUT3 PUT2; MOVQ CX, 16(R12)
#define PUT4 PUT3; MOVQ DI, 24(R12)
#define PUT5 PUT4; MOVQ SI, 32(R12)
#define PUT6 PUT5; MOVQ R8, 40(R12)
#define PUT7 PUT6; MOVQ R9, 48(R12)
#define PUT8 PUT7; MOVQ R10, 56(R12)

#define GET0 NOP
#define GET1 MOVQ (R12), AX
#define GET2 GET1; MOVQ 8(R12), BX
#define GET3 GET2; MOVQ 16(R12), CX
#define GET4 GET3; MOVQ 24(R12), DI
#define GET5 GET4; MOVQ 32(R12), SI
#define GET6 GET5; MOVQ 40(R12), R8
#define GET7 GET6; MOVQ 48(R12), R9
#define GET8 GET7; MOVQ 56(R12), R10

YIELD(yield0, PUT0, GET0, TRUE0)
YIELD(yield1, PUT1, GET1, TRUE1)
YIELD(yield2, PUT2, GET2, TRUE2)
YIELD(yield3, PUT3, GET3, TRUE3)
YIELD(yield4, PUT4, GET4, TRUE4)
YIELD(yield5, PUT5, GET5, TRUE5)
YIELD(yield6, PUT6, GET6, TRUE6)
YIELD(yield7, PUT7, GET7, TRUE7)
YIELD(yield8, PUT8, GET8, TRUE8)

// func arriveNextFrame(s *Stack) (V, bool)
// Does:    calls arriveNext, then the take closure of what it returns, whose results are the next function's.
// Called:  as if by the frame that is suspended in a next function, ABIInternal.
// In:      AX = s.   Out: as take's.
// Keeps:   R14, X15, BP.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveNextFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	MOVQ ·arriveNextValue(SB), DX
	CALL (DX)
	MOVQ nextClosure_take(AX), DX
	CALL (DX)
	RET

// func arriveYieldFrame(s *Stack) bool
// Does:    calls arriveYield with a frame that has room for its argument: the caller of a yield function reserves none if the value has no size.
// Called:  as if by the frame that is suspended in a yield function, ABIInternal.
// In:      AX = s.   Out: AX.
// Keeps:   R14, X15, BP.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveYieldFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	MOVQ ·arriveYieldValue(SB), DX
	CALL (DX)
	RET

// func finishFast(s, next *Stack, v any)
// Does:    ends s, the running stack, and resumes next, which is suspended, if nobody else can look at a carrier now; otherwise returns.
// Called:  through a func value, on s, ABIInternal.
// In:      AX = s, BX = next, CX DI = the value passed.
// Out:     none; does not return here if it switched: then AX BX = v at the resume point of next.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT finishFast<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ DI, DX
	MOVQ AX, DI
	MOVQ Stack_owner(BX), SI
	MOVQ Stack_host(BX), X
	TESTQ X, X
	JZ   refuse
	SLOW_PATH_NEEDED
	JNZ  refuse
	MOVQ owner_cache(SI), R10
	MOVQ carrierCache_n(R10), R11
	CMPQ R11, $const_cacheSlots
	JAE  refuse
	SWAP_LISTS
	CLEAR_LISTS
	MOVQ X, carrierCache_slots(R10)(R11*8)
	ADDQ $1, R11
	MOVQ R11, carrierCache_n(R10)
	EXCHANGE
	MAKE_FRESH
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	MOVQ $const_stateDone, Stack_state(DI)
	MOVQ BX, owner_current(SI)
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	RESUME
	DELIVER
preempt:
	PREEMPT
	JMP go_on
refuse:
	RET

// LOCK_SUSPENDED locks X, the carrier of BX, and leaves SI = its owner. It goes to refuse if
// BX is not suspended in a Switch, or X cannot be had, and to unlock if there is
// a panic or a list of deferred calls on the stack.
#define LOCK_SUSPENDED \
	CARRIER(BX); \
	MOVQ Stack_owner(BX), SI; \
	TESTQ X, X; \
	JZ   refuse; \
	JUMP_UNLESS_FAST(refuse); \
	CMPQ owner_current(SI), BX; \
	JEQ  refuse; \
	MOVL runtime·writeBarrier(SB), R8; \
	ORL  const_gGoroutineProfiled(G), R8; \
	JNE  refuse; \
	LOCK_CARRIER(X); \
	JNE  refuse; \
	MOVQ const_gPanic(X), R8; \
	ORQ  const_gDefer(X), R8; \
	JNE  unlock

// func suspendedFrames(s *Stack, pcs *[maxFrames]uintptr) int
// Does:    follows the frame pointers of s, which is suspended, and stores the PC in each frame; see native_discard.go.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), pcs+8(FP).
// Out:     ret+16(FP) = how many; 0 if they cannot be told.
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, R8, R10, R11, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C5, C7; native_lockfree.go.
TEXT ·suspendedFrames(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ s+0(FP), BX
	MOVQ pcs+8(FP), DX
	MOVQ $0, ret+16(FP)
	LOCK_SUSPENDED
	MOVQ const_gSchedPC(X), R8
	MOVQ R8, (DX)
	MOVL $1, CX
	MOVQ const_gSchedBP(X), R10
	MOVQ const_gStackLo(X), R11
frame:
	// A frame pointer lies on the stack, above the one before.
	CMPQ R10, R11
	JLS  unlock
	LEAQ 16(R10), R8
	CMPQ R8, const_gStackHi(X)
	JHI  unlock
	CMPQ CX, $const_maxFrames
	JEQ  unlock
	MOVQ 8(R10), R8
	MOVQ R8, (DX)(CX*8)
	INCQ CX
	MOVQ R10, R11
	MOVQ (R10), R10
	TESTQ R10, R10
	JNZ  frame            // the trampoline saved the 0 that MAKE_FRESH left
	MOVQ CX, ret+16(FP)
unlock:
	UNLOCK_CARRIER(X)
refuse:
	RET

// func discardLocked(s *Stack) bool
// Does:    ends s, which is suspended, and gives its carrier to the cache, if that has room and the carrier's lock can be had.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP).   Out: ret+8(FP).
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, R8, R9, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_lockfree.go, native_discard.go.
TEXT ·discardLocked(SB), NOSPLIT|NOFRAME, $0-9
	MOVQ s+0(FP), BX
	MOVB $0, ret+8(FP)
	LOCK_SUSPENDED
	MOVQ owner_cache(SI), DX
	MOVQ carrierCache_n(DX), CX
	CMPQ CX, $const_cacheSlots
	JAE  unlock
	MOVQ X, carrierCache_slots(DX)(CX*8)
	INCQ CX
	MOVQ CX, carrierCache_n(DX)
	MAKE_FRESH
	XORL R8, R8
	MOVQ R8, Stack_host(BX)
	MOVQ $const_stateDone, Stack_state(BX)
	MOVB $1, ret+8(FP)
unlock:
	UNLOCK_CARRIER(X)
refuse:
	RET

// func takePanic(v any) bool
// Does:    recovers from the panic of the running goroutine, as gorecover does, if its value is v, bit by bit.
// Called:  from Go, ABI0.
// In:      v+0(FP).   Out: ret+16(FP).
// Keeps:   R14.   Smashes: AX, CX, DX, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move in between; SPWRITE no.
// Safe if: C1, C7, C10, C16.
TEXT ·takePanic(SB), NOSPLIT|NOFRAME, $0-17
	MOVB $0, ret+16(FP)
	MOVQ const_gPanic(G), AX
	TESTQ AX, AX
	JZ   done
	MOVQ v_type+0(FP), CX
	MOVQ v_data+8(FP), DX
	CMPQ const_panicArg(AX), CX
	JNE  done
	CMPQ (const_panicArg+8)(AX), DX
	JNE  done
	CMPB const_panicRecovered(AX), $0
	JNE  done
	CMPB const_panicGoexit(AX), $0
	JNE  done
	MOVB $1, const_panicRecovered(AX)
	MOVB $1, ret+16(FP)
done:
	RET

// TOKEN makes CX the token of the mark phase, which is the one in CX if it had
// none. AX and R8 are smashed.
#define TOKEN \
	MOVQ ·sentinel(SB), R8; \
	XORL AX, AX; \
	LOCK; \
	CMPXCHGQ CX, const_gGcAssistBytes(R8); \
	CMOVQNE AX, CX

// MAY_EXCHANGE goes to wait if BX, on X, and DI, the running stack, must not be
// exchanged in the mark phase CX: see native_gc.go. DX and R13 are 1 then if BX and DI are black.
#define MAY_EXCHANGE(wait) \
	MOVL $1, DX; \
	CMPQ Stack_state(BX), $const_stateFresh; \
	JEQ  target_black; \
	CMPQ Stack_black(BX), CX; \
	JEQ  target_black; \
	CMPB const_gGcscandone(X), $0; \
	JNE  target_black; \
	XORL DX, DX; \
	CMPB const_gGcscandone(G), $0; \
	JNE  wait; \
	CMPQ owner_attachToken(SI), CX; \
	JEQ  wait; \
target_black: \
	MOVL $1, R13; \
	CMPQ Stack_black(DI), CX; \
	JEQ  self_black; \
	CMPB const_gGcscandone(G), $0; \
	JNE  self_black; \
	XORL R13, R13; \
	CMPB const_gGcscandone(X), $0; \
	JNE  wait; \
	CMPQ const_gGcAssistBytes(X), $0; \
	JNE  wait; \
self_black:

// func marking() bool
// Does:    says whether the collector marks.
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
// Does:    hints the processor to load what EXCHANGE needs of the carrier host, and the top frames of its stack.
// Called:  from Go, ABI0.
// In:      host+0(FP) = a carrier, as Stack.host has it.   Out: none.
// Keeps:   R14.   Smashes: R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C10. The SP that is read may be stale, or change at once: a hint cannot fault.
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ host+0(FP), R8
	ANDQ $~const_hasDeferOrPanic, R8
	PREFETCHT0 const_gStackLo(R8)
	PREFETCHT0 const_gStktopsp(R8)
	MOVQ const_gSchedSP(R8), R9
	PREFETCHT0 (R9)
	PREFETCHT0 64(R9)
	PREFETCHT0 128(R9)
	RET

// func mustWait(s *Stack, token uint64) bool
// Does:    says whether switchLocked would refuse to exchange the running stack with s, as the collector marks.
// Called:  from Go, on a stack of the same owner, ABI0.
// In:      s+0(FP), token+8(FP) = a token for the mark phase if it has none yet.
// Out:     ret+16(FP).
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, DI, R8, R12, R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C7; native_gc.go. The carrier is not locked: the answer may be old at once.
TEXT ·mustWait(SB), NOSPLIT|NOFRAME, $0-17
	MOVB $0, ret+16(FP)
	CMPL runtime·writeBarrier(SB), $0
	JEQ  no
	MOVQ s+0(FP), BX
	MOVQ token+8(FP), CX
	MOVQ Stack_owner(BX), SI
	MOVQ owner_current(SI), DI
	CMPQ BX, DI
	JEQ  no
	CARRIER(BX)
	JNE  suspended
	MOVQ Stack_yieldHost(BX), X
	ANDQ $~const_hasDeferOrPanic, X
	JEQ  no               // has no carrier yet, or is done
suspended:
	TOKEN
	MAY_EXCHANGE(wait)
no:
	RET
wait:
	MOVB $1, ret+16(FP)
	RET

// SWAP_XY swaps a word of the carriers X and Y.
#define SWAP_XY(field) \
	MOVQ field(X), R8; \
	MOVQ field(Y), R9; \
	MOVQ R9, field(X); \
	MOVQ R8, field(Y)

// REHOST makes word, Stack.host or Stack.yieldHost, name the carrier new if it names old.
#define REHOST(word, old, new) \
	MOVQ word, R8; \
	MOVL R8, R9; \
	ANDL $const_hasDeferOrPanic, R9; \
	ANDQ $~const_hasDeferOrPanic, R8; \
	CMPQ R8, old; \
	JNE  3(PC); \
	ORQ  new, R9; \
	MOVQ R9, word

// MAY_CHANGE_CARRIER goes to no if stack, on the carrier from, must not lie on the carrier to in
// the mark phase CX: see native_gc.go. If it is black it is recorded so.
#define MAY_CHANGE_CARRIER(stack, from, to, no) \
	CMPQ Stack_black(stack), CX; \
	JEQ  9(PC); \
	CMPB const_gGcscandone(from), $0; \
	JEQ  3(PC); \
	MOVQ CX, Stack_black(stack); \
	JMP  5(PC); \
	CMPB const_gGcscandone(to), $0; \
	JNE  no; \
	CMPQ const_gGcAssistBytes(to), $0; \
	JNE  no

// func swapCarriers(s *Stack, carrier uintptr, token uint64, other uintptr) bool
// Does:    exchanges s, which is suspended, with what carrier holds, by the collector's rules (native_gc.go): with other, of the same owner, or, if that is 0, with a fresh one.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), carrier+8(FP), token+16(FP) = a token for the mark phase if it has none yet, other+24(FP) = the Stack that restingOn found there, or 0: carrier is a free one of the owner's.
// Out:     ret+32(FP).
// Keeps:   R14.   Smashes: AX, BX, CX, DX, SI, DI, R8, R9, R12, R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_gc.go, native_lockfree.go, native_resting.go.
#define Y R13
TEXT ·swapCarriers(SB), NOSPLIT|NOFRAME, $0-33
	MOVB $0, ret+32(FP)
	CMPL runtime·writeBarrier(SB), $0
	JEQ  refuse
	CMPL const_gGoroutineProfiled(G), $0 // a profile reads stacks without the locks
	JNE  refuse
	MOVQ s+0(FP), BX
	MOVQ carrier+8(FP), Y
	MOVQ Stack_owner(BX), SI
	CARRIER(BX)
	JNE  suspended
	MOVQ Stack_yieldHost(BX), X
	ANDQ $~const_hasDeferOrPanic, X
	JEQ  refuse
suspended:
	CMPQ X, Y
	JEQ  refuse
	LOCK_CARRIER(Y)
	JNE  refuse
	LOCK_CARRIER(X)
	JNE  unlock_y
	MOVQ token+16(FP), CX
	TOKEN
	MAY_CHANGE_CARRIER(BX, X, Y, unlock)
	MOVQ other+24(FP), DX // DX = the stack on Y, or nil
	TESTQ DX, DX
	JZ   trade
	// Does it rest there, now that nobody can change that? See native_resting.go.
	CMPQ Stack_owner(DX), SI
	JNE  unlock
	CMPQ owner_current(SI), DX // its host is stale
	JEQ  unlock
	MOVQ Stack_host(DX), R8
	ORQ  Stack_yieldHost(DX), R8 // one is 0, or both are the same
	ANDQ $~const_hasDeferOrPanic, R8
	CMPQ R8, Y
	JNE  unlock
	MAY_CHANGE_CARRIER(DX, Y, X, unlock)
trade:
	SWAP_XY(const_gStackLo)
	SWAP_XY(const_gStackHi)
	SWAP_XY(const_gStktopsp)
	SWAP_XY(const_gPanic)
	SWAP_XY(const_gDefer)
	SWAP_XY(const_gRacectx)
	SWAP_XY(const_gSchedSP)
	SWAP_XY(const_gSchedPC)
	SWAP_XY(const_gSchedLR)
	SWAP_XY(const_gSchedBP)
	REHOST(Stack_host(BX), X, Y)
	REHOST(Stack_yieldHost(BX), X, Y)
	MOVB $1, ret+32(FP)
	TESTQ DX, DX
	JZ   unlock
	REHOST(Stack_host(DX), Y, X)
	REHOST(Stack_yieldHost(DX), Y, X)
unlock:
	UNLOCK_CARRIER(X)
unlock_y:
	UNLOCK_CARRIER(Y)
refuse:
	RET
#undef Y

// func switchLocked(s *Stack, token, _ uint64) (typ uintptr, data unsafe.Pointer)
// Does:    exchanges the running stack with s under the carrier's lock, by the collector's rules (native_gc.go).
// Called:  through a func value by switchNative, on the stack that is left, ABIInternal.
// In:      AX = target, BX = a token for the mark phase if it has none yet. The value is in owner.transfer.
// Out:     AX BX = the value that is passed back, when somebody switches back;
//          or AX = a refusal, at once, which no type word can be. s goes on in
//          arrive, or (fresh) in its trampoline with X = 0.
// Keeps:   R14, X15, BP.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT switchLocked<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ BX, CX           // CX = token offered
	MOVQ AX, BX
	MOVQ Stack_owner(BX), SI
	MOVQ const_gM(G), R8
	CMPL const_mNcgo(R8), $0
	JNE  refuse_foreign
	CARRIER(BX)
	CMPQ Stack_state(BX), $const_stateFresh
	JNE  have_carrier
	MOVQ owner_cache(SI), R8
	MOVQ carrierCache_n(R8), R9
	SUBQ $1, R9
	JCS  refuse_state
	MOVQ carrierCache_slots(R8)(R9*8), X
have_carrier:
	TESTQ X, X
	JZ   refuse_state
	LOCK_CARRIER(X)
	JNE  refuse_busy

	// G is marked while a profile is collected.
	CMPL const_gGoroutineProfiled(G), $0
	JEQ  profile_done
	LOCK_PROFILE
	JNE  unlock_busy
profile_done:

	MOVQ owner_current(SI), DI // DI = the stack that is left
	CMPL runtime·writeBarrier(SB), $0
	JEQ  exchange

	TOKEN
	MAY_EXCHANGE(unlock_marking)
	// Both may move. Who was black stays so, wherever it sits next.
	TESTL DX, DX
	JZ   target_recorded
	MOVQ CX, Stack_black(BX)
target_recorded:
	TESTL R13, R13
	JZ   exchange
	MOVQ CX, Stack_black(DI)

exchange:
	ORQ  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWAP_LISTS
	MOVQ R13, Stack_host(DI)
	EXCHANGE
	SWAP(const_gRacectx)
	SUSPEND
	MOVQ BX, owner_current(SI)
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)     // from here on the stack that was left may be moved
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  start
	ARRIVE
start:
	MOVQ $const_stateStarted, Stack_state(BX)
	MOVQ owner_cache(SI), R8
	SUBQ $1, carrierCache_n(R8)
	XORL X, X
	XORL AX, AX
	XORL BX, BX
	JMP  R13

preempt:
	PREEMPT
	JMP go_on
unlock_busy:
	UNLOCK_CARRIER(X)
refuse_busy:
	MOVL $const_refusedBusy, AX
	XORL BX, BX
	RET
unlock_marking:
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVL $const_refusedMarking, AX
	XORL BX, BX
	RET
refuse_foreign:
	MOVL $const_refusedForeign, AX
	XORL BX, BX
	RET
refuse_state:
	MOVL $const_refusedState, AX
	XORL BX, BX
	RET

// func finishLocked(s, next *Stack, token uint64) (why refusal)
// Does:    ends s, the running stack, and resumes next under the carrier's lock, by the collector's rules (native_gc.go).
// Called:  from Go, on s, ABI0.
// In:      s+0(FP), next+8(FP), token+16(FP) = a token for the mark phase if it has none yet. The value is in owner.transfer.
// Out:     why+24(FP); does not return here if it switched.
// Keeps:   R14.   Smashes: all else, flags.
// Stack:   0 bytes, 8 on the resumed stack; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT ·finishLocked(SB), NOSPLIT|NOFRAME, $0-32
	MOVQ s+0(FP), DI
	MOVQ next+8(FP), BX
	MOVQ token+16(FP), CX
	MOVQ Stack_owner(BX), SI
	MOVQ const_gM(G), R8
	CMPL const_mNcgo(R8), $0
	JNE  refuse_foreign
	MOVQ owner_cache(SI), DX
	MOVQ carrierCache_n(DX), R9
	CARRIER(BX)
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  take_carrier
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
	TESTQ X, X
	JZ   refuse_state
	LOCK_CARRIER(X)
	JNE  refuse_busy

	CMPL const_gGoroutineProfiled(G), $0
	JEQ  profile_done
	LOCK_PROFILE
	JNE  unlock_busy
profile_done:

	CMPL runtime·writeBarrier(SB), $0
	JEQ  exchange
	TOKEN
	// The stack that ends holds nothing afterwards, so only the target
	// is asked: it must be black, or G pending.
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  target_black
	CMPQ Stack_black(BX), CX
	JEQ  exchange
	CMPB const_gGcscandone(X), $0
	JNE  target_black
	CMPB const_gGcscandone(G), $0
	JNE  unlock_marking
	CMPQ owner_attachToken(SI), CX
	JEQ  unlock_marking
	JMP  exchange
target_black:
	MOVQ CX, Stack_black(BX)

exchange:
	MOVQ X, carrierCache_slots(DX)(R9*8)
	ADDQ $1, R9
	MOVQ R9, carrierCache_n(DX)
	ORQ  $const_hasDeferOrPanic, X
	SWAP_LISTS
	CLEAR_LISTS
	EXCHANGE
	SWAP(const_gRacectx)
	MAKE_FRESH
	XORL R8, R8
	MOVQ R8, Stack_host(DI)
	MOVQ $const_stateDone, Stack_state(DI)
	MOVQ BX, owner_current(SI)
	CMPB const_gPreempt(G), $0
	JNE  preempt
go_on:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	CMPQ Stack_state(BX), $const_stateFresh
	JEQ  start
	ARRIVE
start:
	MOVQ $const_stateStarted, Stack_state(BX)
	XORL X, X
	XORL AX, AX
	XORL BX, BX
	JMP  R13

preempt:
	PREEMPT
	JMP go_on
unlock_busy:
	UNLOCK_CARRIER(X)
refuse_busy:
	MOVQ $const_refusedBusy, why+24(FP)
	RET
unlock_marking:
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVQ $const_refusedMarking, why+24(FP)
	RET
refuse_foreign:
	MOVQ $const_refusedForeign, why+24(FP)
	RET
refuse_state:
	MOVQ $const_refusedState, why+24(FP)
	RET

// The trampolines are the outermost frames of all our stacks, in place of a
// goroutine's own function: goexit is what they would return to. They differ in
// the size of their frames, by one cache line each; and in no more, since a stack of
// 2 KiB leaves 1,120 bytes to the frames of all functions that are not NOSPLIT.
//
// func trampolineN()
// Does:    calls runEntry(s, v, inTransfer), which does not return.
// Called:  by the jump at the end of a switch to a fresh stack.
// In:      SI = the owner of s, which is current; AX BX = v; X = 0 if inTransfer.
// Out:     does not return.
// Keeps:   R14.   Smashes: all else.
// Stack:   its frame, whose first 32 bytes are runEntry's spill area and whose last
//          two words are s and its complement, for native_orphan.go; SPWRITE no.
// Safe if: C1, C2, C3.
#define TRAMPOLINE(name, size) \
TEXT name<>(SB), NOSPLIT, $size-0; \
	NO_LOCAL_POINTERS; \
	XORPS X15, X15; \
	XORL DI, DI; \
	TESTQ X, X; \
	SETEQ DI; \
	MOVQ owner_current(SI), SI; \
	MOVQ SI, stack-8(SP); \
	MOVQ SI, R8; \
	NOTQ R8; \
	MOVQ R8, complement-16(SP); \
	MOVQ BX, CX; \
	MOVQ AX, BX; \
	MOVQ SI, AX; \
	MOVQ ·runEntryValue(SB), DX; \
	CALL (DX); \
	UNDEF

TRAMPOLINE(trampoline0, 48)
TRAMPOLINE(trampoline1, 112)
TRAMPOLINE(trampoline2, 176)
TRAMPOLINE(trampoline3, 240)

DATA trampolines<>+0(SB)/8, $trampoline0<>(SB)
DATA trampolines<>+8(SB)/8, $trampoline1<>(SB)
DATA trampolines<>+16(SB)/8, $trampoline2<>(SB)
DATA trampolines<>+24(SB)/8, $trampoline3<>(SB)
GLOBL trampolines<>(SB), RODATA, $32

// func exitTrampoline()
// Does:    returns to goexit, which ends the goroutine.
// Called:  by the scheduler, when a free carrier has been made ready (carrierEnd).
// In:      none.   Out: does not return here.
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; SPWRITE no.
// Safe if: C3.
TEXT exitTrampoline<>(SB), NOSPLIT|NOFRAME, $0-0
	RET

// func carrierFresh(carrier uintptr)
// Does:    puts a carrier that has just parked into the fresh state, and marks it as born in this mark phase if one runs.
// Called:  by carrierParked, on the scheduler's stack, ABI0.
// In:      carrier+0(FP) = the carrier's g, parked for good.
// Out:     none.
// Keeps:   R14.   Smashes: AX, R8, R9, R12, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C3, C7; native_gc.go.
TEXT ·carrierFresh(SB), NOSPLIT, $0-8
	MOVQ carrier+0(FP), X
lock:
	LOCK_CARRIER(X)
	JNE  lock
	MAKE_FRESH
	MOVQ R8, const_gSchedCtxt(X) // nobody sets these two again
	MOVQ R8, const_gSchedLR(X)
	// 0 between phases: the next one then counts X among those that it found.
	XORL R8, R8
	CMPL runtime·writeBarrier(SB), $0
	SETNE R8
	MOVQ R8, const_gGcAssistBytes(X)
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
	LOCK
	XADDQ AX, (R8)
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
	LOCK_CARRIER(X)
	JNE  lock
	LEAQ exitTrampoline<>(SB), R8
	MOVQ R8, const_gSchedPC(X)
	UNLOCK_CARRIER(X)
	RET

// func phaseToken(offered uint64) uint64
// Does:    returns the token of the running mark phase, giving it the offered one if it has none; 0 if none runs.
// Called:  from Go, ABI0.
// In:      offered+0(FP) = a token never used before.
// Out:     ret+8(FP).
// Keeps:   R14.   Smashes: AX, R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: native_gc.go.
TEXT ·phaseToken(SB), NOSPLIT, $0-16
	XORL AX, AX
	CMPL runtime·writeBarrier(SB), $0
	JEQ  done
	MOVQ ·sentinel(SB), R8
	MOVQ offered+0(FP), R9
	LOCK
	CMPXCHGQ R9, const_gGcAssistBytes(R8)
	JNE  done             // AX = the token that is there
	MOVQ R9, AX
done:
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
	MOVL R8, R9
	ANDL $(const_nearOwners-1), R9
	LEAQ ·ownersNear(SB), AX
	MOVQ (AX)(R9*8), AX
	TESTQ AX, AX
	JZ   none
	CMPQ owner_goid(AX), R8
	JNE  none
	RET
none:
	XORL AX, AX
	RET

// func nearSlot() unsafe.Pointer
// Does:    returns the slot of the running goroutine's owner if it is in ownersNear; otherwise goes on in slotSlow.
// Called:  through a func value, inlined into the callers of Slot, ABIInternal.
// In:      none.   Out: AX.
// Keeps:   R14, X15, BP.   Smashes: all else in slotSlow; here R8, R9, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearSlot<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ const_gGoid(G), R8
	MOVL R8, R9
	ANDL $(const_nearOwners-1), R9
	LEAQ ·ownersNear(SB), AX
	MOVQ (AX)(R9*8), AX
	TESTQ AX, AX
	JZ   slow
	CMPQ owner_goid(AX), R8
	JNE  slow
	MOVQ owner_slot(AX), AX
	RET
slow:
	MOVQ ·slotSlowValue(SB), DX
	JMP  (DX)

// The code of the routines that are called as func values.
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
DATA ·yield0Code(SB)/8, $yield0<>(SB)
GLOBL ·yield0Code(SB), NOPTR, $8
DATA ·yield1Code(SB)/8, $yield1<>(SB)
GLOBL ·yield1Code(SB), NOPTR, $8
DATA ·yield2Code(SB)/8, $yield2<>(SB)
GLOBL ·yield2Code(SB), NOPTR, $8
DATA ·yield3Code(SB)/8, $yield3<>(SB)
GLOBL ·yield3Code(SB), NOPTR, $8
DATA ·yield4Code(SB)/8, $yield4<>(SB)
GLOBL ·yield4Code(SB), NOPTR, $8
DATA ·yield5Code(SB)/8, $yield5<>(SB)
GLOBL ·yield5Code(SB), NOPTR, $8
DATA ·yield6Code(SB)/8, $yield6<>(SB)
GLOBL ·yield6Code(SB), NOPTR, $8
DATA ·yield7Code(SB)/8, $yield7<>(SB)
GLOBL ·yield7Code(SB), NOPTR, $8
DATA ·yield8Code(SB)/8, $yield8<>(SB)
GLOBL ·yield8Code(SB), NOPTR, $8
DATA ·nextFastCode(SB)/8, $nextFast<>(SB)
GLOBL ·nextFastCode(SB), NOPTR, $8
