//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd)

// The switch, on arm64: the routines of arch_amd64.s in the same order; what is
// explained there is not repeated here.
//
// Registers, in all routines of the exchange:
//
//	R28  G, the running goroutine's g (fixed by Go's ABI)
//	R9   X, the g of the carrier that holds the target stack, and will hold the one that is left
//	R10  owner of both stacks
//	R11  target stack
//	R12  stack that is left
//	R13 R14  value (type and data word of an any)
//	R4 R5    scratch
//	R6 R7 R8 R15  saved FP, SP, PC and LR of the target
//
// Here the return address is in LR, not on the stack: a fresh stack is entered
// with LR = goexit, a suspended one has its own saved LR at 0(SP) and 0 in
// sched.lr, which tells the unwinder so.

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

#define G g
#define X R9

#define SWAP(field) \
	MOVD field(G), R4; \
	MOVD field(X), R5; \
	MOVD R5, field(G); \
	MOVD R4, field(X)

#define JUMP_UNLESS_FAST(no) JUMP_UNLESS_FAST_BY(R10, R4, R5, no)

#define JUMP_UNLESS_FAST_BY(owner, a, b, no) \
	MOVD owner_fast(owner), b; \
	MOVD const_gGoid(G), a; \
	CMP  a, b; \
	BNE  no

// SLOW_PATH_NEEDED leaves R4 nonzero if a switch must not go the fast way.
#define SLOW_PATH_NEEDED SLOW_PATH_NEEDED_BY(R4, R5)

#define SLOW_PATH_NEEDED_BY(a, b) \
	MOVWU runtime·writeBarrier(SB), a; \
	MOVWU const_gGoroutineProfiled(G), b; \
	ORR  b, a; \
	MOVD const_gM(G), b; \
	MOVWU const_mNcgo(b), b; \
	ORR  b, a; \
	MOVD const_gStatusTraced(G), b; \
	ORR  b, a; \
	MOVWU (const_gStatusTraced+8)(G), b; \
	ORR  b, a

// CARRIER loads the carrier of the suspended stack s.
#define CARRIER(s) \
	MOVD Stack_host(s), X; \
	AND  $~const_hasDeferOrPanic, X

// JUMP_IF_LISTS goes to lists if SWAP_LISTS has something to do; else X is the carrier.
#define JUMP_IF_LISTS(lists) \
	LDP  const_gPanic(G), (R4, R5); \
	ORR  R5, R4; \
	CBNZ R4, lists; \
	TBNZ $0, X, lists

// SWAP_LISTS swaps the lists, and leaves R8 = the word for the stack that is left.
#define SWAP_LISTS \
	LDP  const_gPanic(G), (R4, R5); \
	ORR  R5, R4; \
	AND  $const_hasDeferOrPanic, X, R5; \
	ORR  R5, R4; \
	MOVD X, R8; \
	CBZ  R4, 15(PC); \
	AND  $~const_hasDeferOrPanic, X; \
	SWAP(const_gPanic); \
	SWAP(const_gDefer); \
	MOVD X, R8; \
	LDP  const_gPanic(X), (R4, R5); \
	ORR  R5, R4; \
	CBZ  R4, 2(PC); \
	ORR  $const_hasDeferOrPanic, R8

#define EXCHANGE \
	LDP  const_gStackLo(G), (R4, R5); \
	LDP  const_gStackLo(X), (R6, R7); \
	STP  (R6, R7), const_gStackLo(G); \
	STP  (R4, R5), const_gStackLo(X); \
	ADD  $const_guardDistance, R6, R4; \
	MOVD R4, const_gStackguard0(G); \
	SUB  $const_topGap, R7; \
	MOVD R7, const_gStktopsp(G); \
	SUB  $const_topGap, R5; \
	MOVD R5, const_gStktopsp(X); \
	MOVD const_gSchedSP(X), R7; \
	MOVD const_gSchedPC(X), R8; \
	MOVD const_gSchedLR(X), R15; \
	MOVD const_gSchedBP(X), R6

#define SUSPEND \
	MOVD RSP, R4; \
	MOVD R4, const_gSchedSP(X); \
	MOVD R30, const_gSchedPC(X); \
	MOVD ZR, const_gSchedLR(X); \
	MOVD R29, const_gSchedBP(X)

#define SWITCH_STACKS \
	SWAP_LISTS; \
	MOVD R8, Stack_host(R12); \
	EXCHANGE; \
	SUSPEND; \
	MOVD R11, owner_current(R10)

#define MAKE_FRESH \
	MOVD const_gStktopsp(X), R4; \
	MOVD R4, const_gSchedSP(X); \
	MOVD ·goexitPC(SB), R4; \
	MOVD R4, const_gSchedLR(X); \
	LSR  $9, X, R4; \
	AND  $3, R4; \
	MOVD $trampolines<>(SB), R5; \
	MOVD (R5)(R4<<3), R4; \
	MOVD R4, const_gSchedPC(X); \
	MOVD ZR, const_gSchedBP(X)

#define CLEAR_LISTS \
	CMP  R8, X; \
	BEQ  3(PC); \
	MOVD ZR, const_gPanic(X); \
	MOVD ZR, const_gDefer(X)

#define RESUME \
	MOVD R7, RSP; \
	MOVD R6, R29; \
	MOVD R15, R30

#define PREEMPT \
	MOVD $const_stackPreempt, R4; \
	MOVD R4, const_gStackguard0(G)

// DELIVER: a trampoline finds the owner in R10 besides, and X = 0 if the value is in
// owner.transfer.
#define DELIVER \
	MOVD R13, R0; \
	MOVD R14, R1; \
	JMP  (R8)

#define ARRIVE \
	MOVD R8, R30; \
	MOVD R11, R0; \
	MOVD ·arriveValue(SB), R26; \
	MOVD (R26), R4; \
	MOVD Stack_yieldHost(R11), R5; \
	CBNZ R5, 2(PC); \
	JMP  (R4); \
	MOVD ZR, Stack_yieldHost(R11); \
	MOVD Stack_nextCall(R11), R5; \
	CBNZ R5, 2(PC); \
	JMP  arriveYieldFrame<>(SB); \
	JMP  arriveNextFrame<>(SB)

// LOCK_CARRIER sets EQ if it had the lock; R4, R5 and R6 are smashed.
#define LOCK_CARRIER(c) \
	ADD  $const_gAtomicstatus, c, R4; \
	LDAXRW (R4), R5; \
	CMPW $const_statusWaiting, R5; \
	BNE  4(PC); \
	MOVD $const_statusWaitingLocked, R5; \
	STLXRW R5, (R4), R6; \
	CBNZ R6, -5(PC)

#define UNLOCK_CARRIER(c) \
	ADD  $const_gAtomicstatus, c, R4; \
	MOVD $const_statusWaiting, R5; \
	STLRW R5, (R4)

// LOCK_PROFILE sets EQ if X may be touched.
#define LOCK_PROFILE \
	ADD  $const_gGoroutineProfiled, X, R4; \
	LDAXRW (R4), R5; \
	CMPW $const_profileSatisfied, R5; \
	BEQ  6(PC); \
	CMPW $0, R5; \
	BNE  4(PC); \
	MOVD $const_profileInProgress, R5; \
	STLXRW R5, (R4), R6; \
	CBNZ R6, -7(PC)

#define UNLOCK_PROFILE \
	ADD  $const_gGoroutineProfiled, X, R4; \
	MOVWU (R4), R5; \
	CMPW $const_profileInProgress, R5; \
	BNE  2(PC); \
	STLRW ZR, (R4)

// func switchFast(s *Stack, v any) any
// Does:    exchanges the running stack with s if nobody else can look at a carrier now; otherwise goes on in switchRefused.
// Called:  through the func value switchTo, inlined into the callers of Switch, on the stack that is left, ABIInternal.
// In:      R0 = target, R1 R2 = the value passed, LR = return address, FP = the caller's.
// Out:     R0 R1 = the value that is passed back, when somebody switches back.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT switchFast<>(SB), NOSPLIT|NOFRAME, $0-0
	CBZ  R0, refuse
	MOVD Stack_host(R0), X
	MOVD Stack_owner(R0), R10
	CBZ  X, not_suspended
	JUMP_UNLESS_FAST(refuse)
	MOVD owner_current(R10), R12
	CMP  R12, R0
	BEQ  refuse
	SLOW_PATH_NEEDED
	CBNZ R4, slow_path
exchange:
	JUMP_IF_LISTS(lists)
	MOVD X, Stack_host(R12)
places:
	EXCHANGE
	SUSPEND
	MOVD R0, owner_current(R10)
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	MOVD R30, R5
	RESUME
	MOVD R1, R0
	MOVD R2, R1
	CMP  R5, R8
	BEQ  near
	JMP  (R8)
near:
	RET  (R8)

preempt:
	PREEMPT
	JMP go_on
lists:
	SWAP_LISTS
	MOVD R8, Stack_host(R12)
	JMP  places
refuse:
	MOVD ·switchRefusedValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)             // same arguments, same result

not_suspended:
	MOVD Stack_state(R0), R4
	CMP  $const_stateFresh, R4
	BNE  refuse
	MOVD owner_cache(R10), R14
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	MOVD carrierCache_n(R14), R4
	CBZ  R4, refuse
	SUB  $1, R4
	MOVD R4, carrierCache_n(R14)
	ADD  $carrierCache_slots, R14
	MOVD (R14)(R4<<3), X
	MOVD owner_current(R10), R12
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R0)
	JMP  exchange

slow_path:
	MOVWU runtime·writeBarrier(SB), R4
	CBNZ R4, refuse
	MOVD const_gM(G), R4
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse
	MOVD R0, R11
	MOVD R1, R13
	MOVD R2, R14
	AND  $~const_hasDeferOrPanic, X
	LOCK_CARRIER(X)
	BNE  refuse           // R0, R1 and R2 are as they were
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, locked
	LOCK_PROFILE
	BNE  unlock_busy
locked:
	ORR  $const_hasDeferOrPanic, X // maybe
	SWITCH_STACKS
	MOVBU const_gPreempt(G), R4
	CBZ  R4, leave
	PREEMPT
leave:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	DELIVER

unlock_busy:
	UNLOCK_CARRIER(X)
	JMP  refuse

// func panicFast(s *Stack, v any) any
// Does:    exchanges the running stack with s, which is suspended, and calls gopanic(v) there, if nobody else can look at a carrier now; otherwise goes on in panicRefused.
// Called:  through the func value panicTo, inlined into the callers of SwitchPanic, on the stack that is left, ABIInternal.
// In:      R0 = target, R1 R2 = v.
// Out:     R0 R1 = the value that is passed back, when somebody switches back.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7, C12; native_lockfree.go.
TEXT panicFast<>(SB), NOSPLIT|NOFRAME, $0-0
	CBZ  R0, refuse
	MOVD Stack_host(R0), X
	MOVD Stack_owner(R0), R10
	CBZ  X, refuse
	JUMP_UNLESS_FAST(refuse)
	MOVD owner_current(R10), R12
	CMP  R12, R0
	BEQ  refuse
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	MOVD R0, R11
	MOVD R1, R13
	MOVD R2, R14
	SWITCH_STACKS
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	RESUME
	MOVD R8, R30          // as if the suspended frame called gopanic where it called Switch
	MOVD R13, R0
	MOVD R14, R1
	MOVD ·gopanicValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)
preempt:
	PREEMPT
	JMP go_on
refuse:
	MOVD ·panicRefusedValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)             // same arguments, same result

// func nextFast() (V, bool)
// Does:    resumes the stack that yields, which is suspended in a fast yield function, if nobody else can look at a carrier now; otherwise goes on in the slow closure.
// Called:  as a func value that NewNext made, on the stack that is left, ABIInternal.
// In:      R26 = closure (an asker).
// Out:     the value in the registers that yieldN got it in, and true in the next one; at the resume point of s R0 = 1.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT nextFast<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD nextClosure_s(R26), R11
	MOVD Stack_yieldHost(R11), X
	CBZ  X, slow
	MOVD Stack_owner(R11), R10
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	CBNZ R4, slow
	MOVD owner_current(R10), R12
	SWAP_LISTS
	MOVD R8, Stack_yieldHost(R12)
	EXCHANGE
	SUSPEND
	MOVD ZR, Stack_host(R12)
	MOVD R26, Stack_nextCall(R12)
	MOVD ZR, Stack_yieldHost(R11)
	MOVD R12, Stack_resumer(R11)
	MOVD R11, owner_current(R10)
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	RESUME
	MOVD $1, R0
	MOVD ZR, R1
	JMP  (R8)
preempt:
	PREEMPT
	JMP go_on
slow:
	MOVD nextClosure_slow(R26), R26
	MOVD (R26), R4
	JMP  (R4)

// func yieldN(v V) bool, N words, 0 to 8
// Does:    stores v in its slot and goes back to the stack that resumed this one, if nobody else can look at a carrier now; otherwise goes on in the slow closure. If that stack is suspended in a next function, v goes from the slot into the registers of its results.
// Called:  as a func value that NewYield made, on the stack that is left, ABIInternal.
// In:      R26 = closure (a yielder), v in R0 to R7, as far as it goes.
// Out:     R0 = whether to go on, when somebody resumes this stack.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
#define YIELD(name, STORE, LOAD, TRUE) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	MOVD yieldClosure_s(R26), R19; \
	MOVD Stack_owner(R19), R19; \
	JUMP_UNLESS_FAST_BY(R19, R20, R21, slow); \
	SLOW_PATH_NEEDED_BY(R19, R20); \
	CBNZ R19, slow; \
	MOVD yieldClosure_slot(R26), R19; \
	STORE; \
	MOVD yieldClosure_s(R26), R12; \
	MOVD Stack_owner(R12), R10; \
	MOVD owner_current(R10), R4; \
	CMP  R4, R12; \
	BNE  again; \
	MOVD Stack_resumer(R12), R11; \
	CBZ  R11, again; \
	MOVD Stack_owner(R11), R4; \
	CMP  R4, R10; \
	BNE  again; \
	MOVD ZR, R0; \
	MOVD Stack_host(R11), X; \
	CBNZ X, exchange; \
	MOVD Stack_nextCall(R11), R0; \
	CBZ  R0, again; \
	MOVD nextClosure_s(R0), R5; \
	CMP  R5, R12; \
	BNE  again; \
	MOVD Stack_yieldHost(R11), X; \
	MOVD ZR, Stack_yieldHost(R11); \
	MOVD ZR, Stack_nextCall(R11); \
exchange: \
	SWAP_LISTS; \
	MOVD R8, Stack_yieldHost(R12); \
	EXCHANGE; \
	SUSPEND; \
	MOVD ZR, Stack_host(R12); \
	MOVD ZR, Stack_resumer(R12); \
	MOVD R11, owner_current(R10); \
	MOVBU const_gPreempt(G), R4; \
	CBNZ R4, preempt; \
go_on: \
	RESUME; \
	CBNZ R0, asked; \
	MOVD ZR, R1; \
	JMP  (R8); \
asked: \
	MOVD R8, R20; \
	MOVD yieldClosure_slot(R26), R19; \
	LOAD; \
	TRUE; \
	JMP  (R20); \
preempt: \
	PREEMPT; \
	JMP  go_on; \
again: \
	MOVD yieldClosure_slot(R26), R19; \
	LOAD; \
slow: \
	MOVD yieldClosure_slow(R26), R26; \
	MOVD (R26), R19; \
	JMP  (R19)

#define TRUE0 MOVD $1, R0
#define TRUE1 MOVD $1, R1
#define TRUE2 MOVD $1, R2
#define TRUE3 MOVD $1, R3
#define TRUE4 MOVD $1, R4
#define TRUE5 MOVD $1, R5
#define TRUE6 MOVD $1, R6
#define TRUE7 MOVD $1, R7
#define TRUE8 MOVD $1, R8

#define PUT0 NOP
#define PUT1 MOVD R0, (R19)
#define PUT2 STP (R0, R1), (R19)
#define PUT3 PUT2; MOVD R2, 16(R19)
#define PUT4 PUT2; STP (R2, R3), 16(R19)
#define PUT5 PUT4; MOVD R4, 32(R19)
#define PUT6 PUT4; STP (R4, R5), 32(R19)
#define PUT7 PUT6; MOVD R6, 48(R19)
#define PUT8 PUT6; STP (R6, R7), 48(R19)

#define GET0 NOP
#define GET1 MOVD (R19), R0
#define GET2 LDP (R19), (R0, R1)
#define GET3 GET2; MOVD 16(R19), R2
#define GET4 GET2; LDP 16(R19), (R2, R3)
#define GET5 GET4; MOVD 32(R19), R4
#define GET6 GET4; LDP 32(R19), (R4, R5)
#define GET7 GET6; MOVD 48(R19), R6
#define GET8 GET6; LDP 48(R19), (R6, R7)

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
// In:      R0 = s.   Out: as take's.
// Keeps:   R28, R18.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveNextFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	MOVD ·arriveNextValue(SB), R26
	MOVD (R26), R4
	CALL (R4)
	MOVD nextClosure_take(R0), R26
	MOVD (R26), R4
	CALL (R4)
	RET

// func arriveYieldFrame(s *Stack) bool
// Does:    calls arriveYield with a frame that has room for its argument.
// Called:  as if by the frame that is suspended in a yield function, ABIInternal.
// In:      R0 = s.   Out: R0.
// Keeps:   R28, R18.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveYieldFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	MOVD ·arriveYieldValue(SB), R26
	MOVD (R26), R4
	CALL (R4)
	RET

// func finishFast(s, next *Stack, v any)
// Does:    ends s, the running stack, and resumes next, which is suspended, if nobody else can look at a carrier now; otherwise returns.
// Called:  through a func value, on s, ABIInternal.
// In:      R0 = s, R1 = next, R2 R3 = the value passed.
// Out:     none; does not return here if it switched: then R0 R1 = v at the resume point of next.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT finishFast<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD R0, R12
	MOVD R1, R11
	MOVD R2, R13
	MOVD R3, R14
	MOVD Stack_owner(R11), R10
	MOVD Stack_host(R11), X
	CBZ  X, refuse
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	MOVD owner_cache(R10), R2
	MOVD carrierCache_n(R2), R3
	CMP  $const_cacheSlots, R3
	BHS  refuse
	SWAP_LISTS
	CLEAR_LISTS
	ADD  $carrierCache_slots, R2, R4
	MOVD X, (R4)(R3<<3)
	ADD  $1, R3
	MOVD R3, carrierCache_n(R2)
	EXCHANGE
	MAKE_FRESH
	MOVD ZR, Stack_host(R12)
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R12)
	MOVD R11, owner_current(R10)
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	RESUME
	DELIVER
preempt:
	PREEMPT
	JMP go_on
refuse:
	RET

// LOCK_SUSPENDED locks X, the carrier of R11, and leaves R10 = its owner.
#define LOCK_SUSPENDED \
	CARRIER(R11); \
	MOVD Stack_owner(R11), R10; \
	CBZ  X, refuse; \
	JUMP_UNLESS_FAST(refuse); \
	MOVD owner_current(R10), R5; \
	CMP  R5, R11; \
	BEQ  refuse; \
	MOVWU runtime·writeBarrier(SB), R4; \
	MOVWU const_gGoroutineProfiled(G), R5; \
	ORR  R5, R4; \
	CBNZ R4, refuse; \
	LOCK_CARRIER(X); \
	BNE  refuse; \
	MOVD const_gPanic(X), R4; \
	MOVD const_gDefer(X), R5; \
	ORR  R5, R4; \
	CBNZ R4, unlock

// func suspendedFrames(s *Stack, pcs *[maxFrames]uintptr) int
// Does:    follows the frame pointers of s, which is suspended, and stores the PC in each frame; see native_discard.go.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), pcs+8(FP).
// Out:     ret+16(FP) = how many; 0 if they cannot be told.
// Keeps:   R28, R18.   Smashes: R4 to R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C5, C7; native_lockfree.go.
TEXT ·suspendedFrames(SB), NOSPLIT|NOFRAME, $0-24
	MOVD s+0(FP), R11
	MOVD pcs+8(FP), R12
	MOVD ZR, ret+16(FP)
	LOCK_SUSPENDED
	MOVD const_gSchedPC(X), R4
	MOVD R4, (R12)
	MOVD $1, R13
	MOVD const_gSchedBP(X), R6
	MOVD const_gStackLo(X), R7
	MOVD const_gStackHi(X), R8
frame:
	// A frame pointer lies on the stack, above the one before.
	CMP  R7, R6
	BLS  unlock
	ADD  $16, R6, R4
	CMP  R8, R4
	BHI  unlock
	CMP  $const_maxFrames, R13
	BEQ  unlock
	MOVD 8(R6), R4
	MOVD R4, (R12)(R13<<3)
	ADD  $1, R13
	MOVD R6, R7
	MOVD (R6), R6
	CBNZ R6, frame        // the trampoline saved the 0 that MAKE_FRESH left
	MOVD R13, ret+16(FP)
unlock:
	UNLOCK_CARRIER(X)
refuse:
	RET

// func discardLocked(s *Stack) bool
// Does:    ends s, which is suspended, and gives its carrier to the cache, if that has room and the carrier's lock can be had.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP).   Out: ret+8(FP).
// Keeps:   R28, R18.   Smashes: R4 to R6, R9 to R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_lockfree.go, native_discard.go.
TEXT ·discardLocked(SB), NOSPLIT|NOFRAME, $0-9
	MOVD s+0(FP), R11
	MOVB ZR, ret+8(FP)
	LOCK_SUSPENDED
	MOVD owner_cache(R10), R12
	MOVD carrierCache_n(R12), R13
	CMP  $const_cacheSlots, R13
	BHS  unlock
	ADD  $carrierCache_slots, R12, R6
	MOVD X, (R6)(R13<<3)
	ADD  $1, R13
	MOVD R13, carrierCache_n(R12)
	MAKE_FRESH
	MOVD ZR, Stack_host(R11)
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R11)
	MOVD $1, R4
	MOVB R4, ret+8(FP)
unlock:
	UNLOCK_CARRIER(X)
refuse:
	RET

// func takePanic(v any) bool
// Does:    recovers from the panic of the running goroutine, as gorecover does, if its value is v, bit by bit.
// Called:  from Go, ABI0.
// In:      v+0(FP).   Out: ret+16(FP).
// Keeps:   R28, R18.   Smashes: R4, R5, R6, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move in between; SPWRITE no.
// Safe if: C1, C7, C10, C16.
TEXT ·takePanic(SB), NOSPLIT|NOFRAME, $0-17
	MOVB ZR, ret+16(FP)
	MOVD const_gPanic(G), R4
	CBZ  R4, done
	MOVD v_type+0(FP), R5
	MOVD const_panicArg(R4), R6
	CMP  R5, R6
	BNE  done
	MOVD v_data+8(FP), R5
	MOVD (const_panicArg+8)(R4), R6
	CMP  R5, R6
	BNE  done
	MOVBU const_panicRecovered(R4), R5
	CBNZ R5, done
	MOVBU const_panicGoexit(R4), R5
	CBNZ R5, done
	MOVD $1, R5
	MOVB R5, const_panicRecovered(R4)
	MOVB R5, ret+16(FP)
done:
	RET

// TOKEN makes R13 the token of the mark phase, which is the one in R13 if it had
// none. R4, R5 and R6 are smashed.
#define TOKEN \
	MOVD ·sentinel(SB), R4; \
	ADD  $const_gGcAssistBytes, R4; \
	LDAXR (R4), R5; \
	CBNZ R5, 4(PC); \
	STLXR R13, (R4), R6; \
	CBNZ R6, -3(PC); \
	JMP  2(PC); \
	MOVD R5, R13

// MAY_EXCHANGE goes to wait if R11, on X, and R12, the running stack, must not be
// exchanged in the mark phase R13: see native_gc.go. R2 and R3 are 1 then if R11 and R12 are black.
#define MAY_EXCHANGE(wait) \
	MOVD $1, R2; \
	MOVD Stack_state(R11), R4; \
	CMP  $const_stateFresh, R4; \
	BEQ  target_black; \
	MOVD Stack_black(R11), R4; \
	CMP  R4, R13; \
	BEQ  target_black; \
	MOVBU const_gGcscandone(X), R4; \
	CBNZ R4, target_black; \
	MOVD ZR, R2; \
	MOVBU const_gGcscandone(G), R4; \
	CBNZ R4, wait; \
	MOVD owner_attachToken(R10), R4; \
	CMP  R4, R13; \
	BEQ  wait; \
target_black: \
	MOVD $1, R3; \
	MOVD Stack_black(R12), R4; \
	CMP  R4, R13; \
	BEQ  self_black; \
	MOVBU const_gGcscandone(G), R4; \
	CBNZ R4, self_black; \
	MOVD ZR, R3; \
	MOVBU const_gGcscandone(X), R4; \
	CBNZ R4, wait; \
	MOVD const_gGcAssistBytes(X), R4; \
	CBNZ R4, wait; \
self_black:

// func marking() bool
// Does:    says whether the collector marks.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R28, R18.   Smashes: R4, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C14.
TEXT ·marking(SB), NOSPLIT|NOFRAME, $0-1
	MOVWU runtime·writeBarrier(SB), R4
	CMP  $0, R4
	CSET NE, R4
	MOVB R4, ret+0(FP)
	RET

// func prefetch(host uintptr)
// In:      host+0(FP) = a carrier, as Stack.host has it.   Out: none.
// Smashes: R4, R5.
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVD host+0(FP), R4
	AND  $~const_hasDeferOrPanic, R4
	PRFM const_gStackLo(R4), PLDL1KEEP
	PRFM const_gStktopsp(R4), PLDL1KEEP
	MOVD const_gSchedSP(R4), R5
	PRFM (R5), PLDL1KEEP
	PRFM 64(R5), PLDL1KEEP
	PRFM 128(R5), PLDL1KEEP
	RET

// func mustWait(s *Stack, token uint64) bool
// Does:    says whether switchLocked would refuse to exchange the running stack with s, as the collector marks.
// Called:  from Go, on a stack of the same owner, ABI0.
// In:      s+0(FP), token+8(FP) = a token for the mark phase if it has none yet.
// Out:     ret+16(FP).
// Keeps:   R28, R18.   Smashes: R2 to R6, R9 to R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C7; native_gc.go. The carrier is not locked: the answer may be old at once.
TEXT ·mustWait(SB), NOSPLIT|NOFRAME, $0-17
	MOVB ZR, ret+16(FP)
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, no
	MOVD s+0(FP), R11
	MOVD token+8(FP), R13
	MOVD Stack_owner(R11), R10
	MOVD owner_current(R10), R12
	CMP  R11, R12
	BEQ  no
	CARRIER(R11)
	CBNZ X, suspended
	MOVD Stack_yieldHost(R11), X
	AND  $~const_hasDeferOrPanic, X
	CBZ  X, no            // has no carrier yet, or is done
suspended:
	TOKEN
	MAY_EXCHANGE(wait)
no:
	RET
wait:
	MOVD $1, R4
	MOVB R4, ret+16(FP)
	RET

#define SWAP_XY(field) \
	MOVD field(X), R4; \
	MOVD field(Y), R5; \
	MOVD R5, field(X); \
	MOVD R4, field(Y)

#define REHOST(word, old, new) \
	MOVD word, R4; \
	AND  $const_hasDeferOrPanic, R4, R5; \
	AND  $~const_hasDeferOrPanic, R4; \
	CMP  R4, old; \
	BNE  3(PC); \
	ORR  new, R5; \
	MOVD R5, word

// MAY_CHANGE_CARRIER: R13 is the mark phase.
#define MAY_CHANGE_CARRIER(stack, from, to, no) \
	MOVD Stack_black(stack), R4; \
	CMP  R4, R13; \
	BEQ  9(PC); \
	MOVBU const_gGcscandone(from), R4; \
	CBZ  R4, 3(PC); \
	MOVD R13, Stack_black(stack); \
	JMP  5(PC); \
	MOVBU const_gGcscandone(to), R4; \
	CBNZ R4, no; \
	MOVD const_gGcAssistBytes(to), R4; \
	CBNZ R4, no

// func swapCarriers(s *Stack, carrier uintptr, token uint64, other uintptr) bool
// Does:    exchanges s, which is suspended, with what carrier holds, by the collector's rules (native_gc.go): with other, of the same owner, or, if that is 0, with a fresh one.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), carrier+8(FP), token+16(FP) = a token for the mark phase if it has none yet, other+24(FP) = the Stack that restingOn found there, or 0: carrier is a free one of the owner's.
// Out:     ret+32(FP).
// Keeps:   R28, R18.   Smashes: R2 to R6, R9 to R15, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_gc.go, native_lockfree.go, native_resting.go.
#define Y R12
TEXT ·swapCarriers(SB), NOSPLIT|NOFRAME, $0-33
	MOVB ZR, ret+32(FP)
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, refuse
	MOVWU const_gGoroutineProfiled(G), R4
	CBNZ R4, refuse
	MOVD s+0(FP), R11
	MOVD carrier+8(FP), Y
	MOVD Stack_owner(R11), R10
	CARRIER(R11)
	CBNZ X, suspended
	MOVD Stack_yieldHost(R11), X
	AND  $~const_hasDeferOrPanic, X
	CBZ  X, refuse
suspended:
	CMP  X, Y
	BEQ  refuse
	LOCK_CARRIER(Y)
	BNE  refuse
	LOCK_CARRIER(X)
	BNE  unlock_y
	MOVD token+16(FP), R13
	TOKEN
	MAY_CHANGE_CARRIER(R11, X, Y, unlock)
	MOVD other+24(FP), R14 // R14 = the stack on Y, or nil
	CBZ  R14, trade
	// Does it rest there, now that nobody can change that? See native_resting.go.
	MOVD Stack_owner(R14), R4
	CMP  R4, R10
	BNE  unlock
	MOVD owner_current(R10), R4 // its host is stale
	CMP  R4, R14
	BEQ  unlock
	MOVD Stack_host(R14), R4
	MOVD Stack_yieldHost(R14), R5
	ORR  R5, R4           // one is 0, or both are the same
	AND  $~const_hasDeferOrPanic, R4
	CMP  R4, Y
	BNE  unlock
	MAY_CHANGE_CARRIER(R14, Y, X, unlock)
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
	REHOST(Stack_host(R11), X, Y)
	REHOST(Stack_yieldHost(R11), X, Y)
	MOVD $1, R4
	MOVB R4, ret+32(FP)
	CBZ  R14, unlock
	REHOST(Stack_host(R14), Y, X)
	REHOST(Stack_yieldHost(R14), Y, X)
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
// In:      R0 = target, R1 = a token for the mark phase if it has none yet. The value is in owner.transfer.
// Out:     R0 R1 = the value that is passed back, when somebody switches back;
//          or R0 = a refusal, at once, which no type word can be. s goes on in
//          arrive, or (fresh) in its trampoline with X = 0.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT switchLocked<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD R0, R11
	MOVD R1, R13          // R13 = token offered
	MOVD Stack_owner(R11), R10
	MOVD const_gM(G), R4
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse_foreign
	CARRIER(R11)
	MOVD Stack_state(R11), R14 // R14 = its state
	CMP  $const_stateFresh, R14
	BNE  have_carrier
	MOVD owner_cache(R10), R4
	MOVD carrierCache_n(R4), R5
	CBZ  R5, refuse_state
	SUB  $1, R5
	ADD  $carrierCache_slots, R4
	MOVD (R4)(R5<<3), X
have_carrier:
	CBZ  X, refuse_state
	LOCK_CARRIER(X)
	BNE  refuse_busy
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, profile_done
	LOCK_PROFILE
	BNE  unlock_busy
profile_done:

	MOVD owner_current(R10), R12
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, exchange

	TOKEN
	MAY_EXCHANGE(unlock_marking)
	// Both may move. Who was black stays so, wherever it sits next.
	CBZ  R2, target_recorded
	MOVD R13, Stack_black(R11)
target_recorded:
	CBZ  R3, exchange
	MOVD R13, Stack_black(R12)

exchange:
	ORR  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWAP_LISTS
	MOVD R8, Stack_host(R12)
	EXCHANGE
	SWAP(const_gRacectx)
	SUSPEND
	MOVD R11, owner_current(R10)
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	CMP  $const_stateFresh, R14
	BEQ  start
	ARRIVE
start:
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R11)
	MOVD owner_cache(R10), R4
	MOVD carrierCache_n(R4), R5
	SUB  $1, R5
	MOVD R5, carrierCache_n(R4)
	MOVD ZR, X
	MOVD ZR, R0
	MOVD ZR, R1
	JMP  (R8)

preempt:
	PREEMPT
	JMP go_on
unlock_busy:
	UNLOCK_CARRIER(X)
refuse_busy:
	MOVD $const_refusedBusy, R0
	MOVD ZR, R1
	RET
unlock_marking:
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVD $const_refusedMarking, R0
	MOVD ZR, R1
	RET
refuse_foreign:
	MOVD $const_refusedForeign, R0
	MOVD ZR, R1
	RET
refuse_state:
	MOVD $const_refusedState, R0
	MOVD ZR, R1
	RET

// func finishLocked(s, next *Stack, token uint64) (why refusal)
// Does:    ends s, the running stack, and resumes next under the carrier's lock, by the collector's rules (native_gc.go).
// Called:  from Go, on s, ABI0.
// In:      s+0(FP), next+8(FP), token+16(FP) = a token for the mark phase if it has none yet. The value is in owner.transfer.
// Out:     why+24(FP); does not return here if it switched.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT ·finishLocked(SB), NOSPLIT|NOFRAME, $0-32
	MOVD s+0(FP), R12
	MOVD next+8(FP), R11
	MOVD token+16(FP), R13
	MOVD Stack_owner(R11), R10
	MOVD const_gM(G), R4
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse_foreign
	MOVD owner_cache(R10), R2 // R2 = cache, R3 = its length afterwards less one
	MOVD carrierCache_n(R2), R3
	CARRIER(R11)
	MOVD Stack_state(R11), R14
	CMP  $const_stateFresh, R14
	BEQ  take_carrier
	CMP  $const_cacheSlots, R3
	BHS  refuse_state
	JMP  have_carrier
take_carrier:
	CBZ  R3, refuse_state
	SUB  $1, R3
	ADD  $carrierCache_slots, R2, R4
	MOVD (R4)(R3<<3), X
have_carrier:
	CBZ  X, refuse_state
	LOCK_CARRIER(X)
	BNE  refuse_busy
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, profile_done
	LOCK_PROFILE
	BNE  unlock_busy
profile_done:

	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, exchange
	TOKEN
	CMP  $const_stateFresh, R14
	BEQ  target_black
	MOVD Stack_black(R11), R4
	CMP  R4, R13
	BEQ  exchange
	MOVBU const_gGcscandone(X), R4
	CBNZ R4, target_black
	MOVBU const_gGcscandone(G), R4
	CBNZ R4, unlock_marking
	MOVD owner_attachToken(R10), R4
	CMP  R4, R13
	BEQ  unlock_marking
	JMP  exchange
target_black:
	MOVD R13, Stack_black(R11)

exchange:
	ADD  $carrierCache_slots, R2, R4
	MOVD X, (R4)(R3<<3)
	ADD  $1, R3
	MOVD R3, carrierCache_n(R2)
	ORR  $const_hasDeferOrPanic, X
	SWAP_LISTS
	CLEAR_LISTS
	EXCHANGE
	SWAP(const_gRacectx)
	MAKE_FRESH
	MOVD ZR, Stack_host(R12)
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R12)
	MOVD R11, owner_current(R10)
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	CMP  $const_stateFresh, R14
	BEQ  start
	ARRIVE
start:
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R11)
	MOVD ZR, X
	MOVD ZR, R0
	MOVD ZR, R1
	JMP  (R8)

preempt:
	PREEMPT
	JMP go_on
unlock_busy:
	UNLOCK_CARRIER(X)
refuse_busy:
	MOVD $const_refusedBusy, R4
	MOVD R4, why+24(FP)
	RET
unlock_marking:
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVD $const_refusedMarking, R4
	MOVD R4, why+24(FP)
	RET
refuse_foreign:
	MOVD $const_refusedForeign, R4
	MOVD R4, why+24(FP)
	RET
refuse_state:
	MOVD $const_refusedState, R4
	MOVD R4, why+24(FP)
	RET

// func trampolineN()
// Does:    calls runEntry(s, v, inTransfer), which does not return.
// Called:  by the jump at the end of a switch to a fresh stack.
// In:      R10 = the owner of s, which is current; R0 R1 = v; X = 0 if inTransfer; LR = goexit.
// Out:     does not return.
// Keeps:   R28, R18.   Smashes: all else.
// Stack:   its frame, whose 32 bytes above the saved LR are runEntry's spill area and
//          whose last two words are s and its complement; SPWRITE no.
// Safe if: C1, C2, C3.
#define TRAMPOLINE(name, size) \
TEXT name<>(SB), NOSPLIT, $size-0; \
	NO_LOCAL_POINTERS; \
	CMP  $0, X; \
	CSET EQ, R3; \
	MOVD owner_current(R10), R4; \
	MOVD R4, stack-8(SP); \
	MVN  R4, R5; \
	MOVD R5, complement-16(SP); \
	MOVD R1, R2; \
	MOVD R0, R1; \
	MOVD R4, R0; \
	MOVD ·runEntryValue(SB), R26; \
	MOVD (R26), R4; \
	CALL (R4); \
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
// In:      LR = goexit.   Out: does not return here.
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
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R9, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C3, C7; native_gc.go.
TEXT ·carrierFresh(SB), NOSPLIT|NOFRAME, $0-8
	MOVD carrier+0(FP), X
lock:
	LOCK_CARRIER(X)
	BNE  lock
	MAKE_FRESH
	MOVD ZR, const_gSchedCtxt(X)
	MOVD ZR, R5
	MOVWU runtime·writeBarrier(SB), R4
	CMPW $0, R4
	CSET NE, R5
	MOVD R5, const_gGcAssistBytes(X)
	UNLOCK_CARRIER(X)
	RET

// func count(n *int64) int64
// Does:    adds 1 to *n, atomically, and returns what it was.
// Called:  by carrierParked, on the scheduler's stack, ABI0.
// In:      n+0(FP).   Out: ret+8(FP).
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R13.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: none.
TEXT ·count(SB), NOSPLIT|NOFRAME, $0-16
	MOVD n+0(FP), R4
again:
	LDAXR (R4), R5
	ADD  $1, R5, R13
	STLXR R13, (R4), R6
	CBNZ R6, again
	MOVD R5, ret+8(FP)
	RET

// func armCarrierExit(carrier uintptr)
// Does:    makes a free carrier end its goroutine when it runs.
// Called:  by carrierEnd, on any stack, ABI0.
// In:      carrier+0(FP) = the carrier's g, holding a fresh stack.
// Out:     none.
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R9, flags.
// Stack:   0 bytes; NOSPLIT because it takes a scan lock; SPWRITE no.
// Safe if: C3, C7.
TEXT ·armCarrierExit(SB), NOSPLIT|NOFRAME, $0-8
	MOVD carrier+0(FP), X
lock:
	LOCK_CARRIER(X)
	BNE  lock
	MOVD $exitTrampoline<>(SB), R4
	MOVD R4, const_gSchedPC(X)
	UNLOCK_CARRIER(X)
	RET

// func phaseToken(offered uint64) uint64
// Does:    returns the token of the running mark phase, giving it the offered one if it has none; 0 if none runs.
// Called:  from Go, ABI0.
// In:      offered+0(FP) = a token never used before.
// Out:     ret+8(FP).
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: native_gc.go.
TEXT ·phaseToken(SB), NOSPLIT|NOFRAME, $0-16
	MOVD ZR, R13
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, done
	MOVD offered+0(FP), R13
	MOVD ·sentinel(SB), R4
	ADD  $const_gGcAssistBytes, R4
again:
	LDAXR (R4), R5
	CBNZ R5, found
	STLXR R13, (R4), R6
	CBNZ R6, again
	JMP  done
found:
	MOVD R5, R13
done:
	MOVD R13, ret+8(FP)
	RET

// func onForeignThread() bool
// Does:    returns g.m.isextra.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R28, R18.   Smashes: R4.
// Stack:   0 bytes; NOSPLIT because g.m must not change in between; SPWRITE no.
// Safe if: C1, C7.
TEXT ·onForeignThread(SB), NOSPLIT|NOFRAME, $0-1
	MOVD const_gM(G), R4
	MOVBU const_mIsextra(R4), R4
	MOVB R4, ret+0(FP)
	RET

// func peek(address uintptr) uintptr
// Does:    returns the word at an address; nothing that follows is read before it.
// Called:  from Go, ABI0, with faults turned into panics.
// In:      address+0(FP), a multiple of 8.   Out: ret+8(FP).
// Keeps:   R28, R18.   Smashes: R0.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C8.
TEXT ·peek(SB), NOSPLIT, $0-16
	MOVD address+0(FP), R0
	LDAR (R0), R0
	MOVD R0, ret+8(FP)
	RET

// func goidgen() uint64
// Does:    returns runtime.sched.goidgen, its first field.
// Called:  from Go, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   R28, R18.   Smashes: R4.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C12.
TEXT ·goidgen(SB), NOSPLIT|NOFRAME, $0-8
	MOVD $runtime·sched(SB), R4
	MOVD (R4), R4
	MOVD R4, ret+0(FP)
	RET

// func nearOwner() *owner
// Does:    returns the running goroutine's owner if it is in ownersNear, else nil.
// Called:  through a func value, ABIInternal.
// In:      none.   Out: R0.
// Keeps:   R28, R18.   Smashes: R4, R5, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearOwner<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD const_gGoid(G), R4
	AND  $(const_nearOwners-1), R4, R5
	MOVD $·ownersNear(SB), R0
	MOVD (R0)(R5<<3), R0
	CBZ  R0, none
	MOVD owner_goid(R0), R5
	CMP  R4, R5
	BNE  none
	RET
none:
	MOVD ZR, R0
	RET

// func nearSlot() unsafe.Pointer
// Does:    returns the slot of the running goroutine's owner if it is in ownersNear; otherwise goes on in slotSlow.
// Called:  through a func value, inlined into the callers of Slot, ABIInternal.
// In:      none.   Out: R0.
// Keeps:   R28, R18.   Smashes: all else in slotSlow; here R4, R5, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearSlot<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD const_gGoid(G), R4
	AND  $(const_nearOwners-1), R4, R5
	MOVD $·ownersNear(SB), R0
	MOVD (R0)(R5<<3), R0
	CBZ  R0, slow
	MOVD owner_goid(R0), R5
	CMP  R4, R5
	BNE  slow
	MOVD owner_slot(R0), R0
	RET
slow:
	MOVD ·slotSlowValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)

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
