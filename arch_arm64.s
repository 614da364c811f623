//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd || windows)

// The switch, on arm64: the routines of arch_amd64.s in the same order, with the
// same steps. A comment here says what a block does, or what differs; the reasons are there.
//
// # Registers
//
// In all routines of the exchange:
//
//	R28  G, the running goroutine's g (fixed by Go's ABI)
//	R9   X, the g of the carrier that holds the target, and will hold the stack that is left
//	R10  owner of both stacks
//	R11  target, the Stack that will run
//	R12  the Stack that is left
//	R13 R14  value (type and data word of an any)
//	R4 R5    scratch
//	R6 R7 R8 R15  saved FP, SP, PC and LR of the target, after EXCHANGE
//
// Arguments and results are in R0 R1 R2 R3 ..., the closure of a func value is in R26 (C2).
//
// "Here:" in a comment says which registers are live, as in arch_amd64.s, whose header has the steps
// of a switch, a table of what a suspended stack expects, and a list of the routines.
//
// # What moves
//
// As on amd64, and the frame pointer is called sched.bp here, too. In addition:
//
//	CPU: LR                        <----  sched.lr: goexit if the target is fresh, else 0
//	0                              ---->  sched.lr: LR, our return address, is the PC
//
// # What differs
//
//   - The return address is in LR, not on the stack: a fresh stack is entered with LR =
//     goexit. A suspended one has its own saved LR at 0(SP), and 0 in sched.lr, which tells the
//     unwinder so.
//   - ORR and AND set no flags: a test is CBZ or CBNZ of a register, which the macros leave.
//   - An atomic operation is a loop of a load exclusive and a store conditional, which every
//     processor has; a store that must be seen last is a store with release.
//   - LDP and STP take the place of moves of 16 bytes.
//   - A call pushes nothing. So a routine finds SP as its caller has it, a jump to another function
//     with LR as it was is a tail call, and a function is called "as if by" a frame by setting LR.
//   - Loads and stores may be reordered. The routines without a lock need no barrier for that, since
//     nobody else looks; a lock is taken by a load with acquire and given back by a store with
//     release (LDAXR, STLR), and peek, which reads what other threads write, is a load with acquire.
//   - The frame pointer is R29, saved right below the caller's SP (C5); RESUME sets it with SP.
//   - R27 is the assembler's: it addresses symbols by it, and builds constants and offsets that do
//     not fit an instruction. R16 and R17 are the linker's, R18 the system's. No routine uses these.
//   - A value of eight words and its bool take R0 to R8, so the registers of an exchange begin at R9.
//     R4 to R8, scratch or the target's elsewhere, are not to be used while such a value is in
//     registers: R19 to R21 take their place.
//   - No register holds a fixed zero as X15 does: ZR is an operand.
//   - An indexed load or store takes no offset besides, hence an ADD before each one of a cache slot.
//   - No entry is aligned (PCALIGN).
//

#include "textflag.h"
#include "funcdata.h"
#include "go_asm.h"

#define G g
#define X R9

// SWAP exchanges a word of G with the same word of X. R4 and R5 are smashed. Both g's belong to
// this routine while it runs, so plain loads and stores do.
#define SWAP(field) \
	MOVD field(G), R4; \
	MOVD field(X), R5; \
	MOVD R5, field(G); \
	MOVD R4, field(X)

// JUMP_UNLESS_FAST goes to no unless the running goroutine owns the stacks of the owner R10 and
// its fast path is open. The owner of a detached stack has 0 in fast, which is no goroutine's id.
// R4 and R5 are smashed.
#define JUMP_UNLESS_FAST(no) JUMP_UNLESS_FAST_BY(R10, R4, R5, no)

// JUMP_UNLESS_FAST_BY is the same for another register than R10, with the scratch registers a and
// b. It needs one more than on amd64, which compares with memory.
#define JUMP_UNLESS_FAST_BY(owner, a, b, no) \
	MOVD owner_fast(owner), b; \
	MOVD const_gGoid(G), a; \
	CMP  a, b; \
	BNE  no

// SLOW_PATH_NEEDED leaves R4 not 0 if a switch must not take the fast path. (ORR sets no flags.)
#define SLOW_PATH_NEEDED SLOW_PATH_NEEDED_BY(R4, R5)

// SLOW_PATH_NEEDED_BY is the same with other registers: a holds the result. The loads are plain,
// in any order: none of the words becomes other than 0 before the routine ends.
// runtime·writeBarrier is addressed by way of R27, the assembler's temporary.
#define SLOW_PATH_NEEDED_BY(a, b) \
	/* the collector marks */ \
	MOVWU runtime·writeBarrier(SB), a; \
	/* a goroutine profile is being taken */ \
	MOVWU const_gGoroutineProfiled(G), b; \
	ORR  b, a; \
	/* no OR with memory: each word is loaded into b first */ \
	MOVD const_gM(G), b; \
	/* C frames are below */ \
	MOVWU const_mNcgo(b), b; \
	ORR  b, a; \
	/* the tracer has seen G: three words of 32 bits */ \
	MOVD const_gStatusTraced(G), b; \
	ORR  b, a; \
	MOVWU (const_gStatusTraced+8)(G), b; \
	ORR  b, a

// CARRIER loads into X the carrier of the suspended stack s, 0 if host has none. It sets no
// flags. It does not say whether s is suspended: host is stale while a stack runs.
#define CARRIER(s) \
	MOVD Stack_host(s), X; \
	AND  $~const_hasDeferOrPanic, X

// JUMP_IF_LISTS goes to lists if SWAP_LISTS has something to do; else X is the carrier. R4 and R5
// are smashed.
#define JUMP_IF_LISTS(lists) \
	/* _panic and _defer of G, which are neighbours in g */ \
	LDP  const_gPanic(G), (R4, R5); \
	ORR  R5, R4; \
	CBNZ R4, lists; \
	/* those of the target, of which the bit in its host word tells. TBNZ takes the number of */ \
	/* the bit, which is 0 for hasDeferOrPanic. */ \
	TBNZ $0, X, lists

// SWAP_LISTS exchanges the lists, and leaves R8 = the word for the stack that is left. R4 and R5
// are smashed. In: X is a word as Stack.host has it. Out: X is the carrier. Jumps in macros
// without labels count the instructions as they stand here, whatever the assembler makes of each.
#define SWAP_LISTS \
	/* of G the heads themselves, of the target the bit tells */ \
	LDP  const_gPanic(G), (R4, R5); \
	ORR  R5, R4; \
	AND  $const_hasDeferOrPanic, X, R5; \
	ORR  R5, R4; \
	/* the word for the stack that is left, if there are no lists: the bit is clear then */ \
	MOVD X, R8; \
	/* neither has any: past the end of the macro */ \
	CBZ  R4, 15(PC); \
	AND  $~const_hasDeferOrPanic, X; \
	/* one of the two has a list: exchange both heads */ \
	SWAP(const_gPanic); \
	SWAP(const_gDefer); \
	/* what X holds now belongs to the stack that is left: its bit says so */ \
	MOVD X, R8; \
	LDP  const_gPanic(X), (R4, R5); \
	ORR  R5, R4; \
	CBZ  R4, 2(PC); \
	ORR  $const_hasDeferOrPanic, R8

// TARGET_BOUNDS makes the target's bounds, R6 and R7, those of G; on Windows RESUME_BOUNDS does so,
// and F0 and F1 have them in between, since F0 to F31 are nobody's.
#ifdef GOOS_windows
#define TARGET_BOUNDS \
	FMOVD R6, F0; \
	FMOVD R7, F1; \
	MOVD  $-1, R8; \
	STP   (ZR, R8), const_gStackLo(G)
#define RESUME_BOUNDS \
	FSTPD (F0, F1), const_gStackLo(G)
#else
#define TARGET_BOUNDS \
	STP (R6, R7), const_gStackLo(G)
#define RESUME_BOUNDS
#endif

// EXCHANGE exchanges what describes the two stacks, but for the lists, and loads the target's
// resume point into R7 (SP), R8 (PC), R15 (LR) and R6 (FP). R4 and R5 are smashed. In: X without
// the bit, after the lists. G's guard is a clean one afterwards, so the caller must look at
// g.preempt next. X's guard is left as it is. The target's LR counts only if it is fresh: goexit,
// which its trampoline saves.
#define EXCHANGE \
	/* the bounds of both stacks, lo and hi */ \
	LDP  const_gStackLo(G), (R4, R5); \
	/* All four are loaded before one is stored. Apart from a switch only a move of the stack */ \
	/* writes to a pair (C9). */ \
	LDP  const_gStackLo(X), (R6, R7); \
	TARGET_BOUNDS; \
	/* X takes the bounds of the stack that is left */ \
	STP  (R4, R5), const_gStackLo(X); \
	/* G's guard, from the lo of the target */ \
	ADD  $const_guardDistance, R6, R4; \
	MOVD R4, const_gStackguard0(G); \
	/* stktopsp of both, from the hi of each */ \
	SUB  $const_topGap, R7; \
	MOVD R7, const_gStktopsp(G); \
	SUB  $const_topGap, R5; \
	MOVD R5, const_gStktopsp(X); \
	/* the target's resume point, before SUSPEND writes over it */ \
	MOVD const_gSchedSP(X), R7; \
	MOVD const_gSchedPC(X), R8; \
	/* 0 for a suspended target, goexit for a fresh one */ \
	MOVD const_gSchedLR(X), R15; \
	MOVD const_gSchedBP(X), R6

// SUSPEND makes X resume where our caller would go on: at LR, with our SP, since the routines
// have no frame. sched.lr = 0 says that the caller's own LR is on its stack. R4 is smashed; LR
// must still be our return address. It must come after EXCHANGE, which loads what it writes over.
#define SUSPEND \
	/* SP is our caller's already: a call pushes nothing */ \
	MOVD RSP, R4; \
	MOVD R4, const_gSchedSP(X); \
	MOVD R30, const_gSchedPC(X); \
	/* the unwinder then takes LR from 0(SP), where our caller's prologue has saved it */ \
	MOVD ZR, const_gSchedLR(X); \
	MOVD R29, const_gSchedBP(X)

// SWITCH_STACKS makes R11, on X, the running stack, and suspends R12, which ran. In: X a word as
// SWAP_LISTS takes it, R10 the owner. Out: R7 R8 R6 R15 as EXCHANGE has them. R4 and R5 are
// smashed; R13 and R14, the value, are not.
#define SWITCH_STACKS \
	/* the lists first, since the host word of the stack that is left depends on them */ \
	SWAP_LISTS; \
	MOVD R8, Stack_host(R12); \
	/* R8 is the PC from here on */ \
	EXCHANGE; \
	SUSPEND; \
	MOVD R11, owner_current(R10)

// MAKE_FRESH puts the stack that X holds into the fresh state: nothing on it, LR = goexit. R4 and
// R5 are smashed. X's stktopsp must be that of the stack already. goexitPC was found at start-up
// (C3); amd64 finds it on the stack.
#define MAKE_FRESH \
	/* as newproc1 makes a goroutine: SP at the top, and the address that ends it in LR */ \
	MOVD const_gStktopsp(X), R4; \
	MOVD R4, const_gSchedSP(X); \
	/* exitTrampoline returns by it, and tracebacks end at it; amd64 has it on the stack */ \
	MOVD ·goexitPC(SB), R4; \
	MOVD R4, const_gSchedLR(X); \
	/* the trampoline, by two bits of the carrier's address */ \
	LSR  $9, X, R4; \
	AND  $3, R4; \
	MOVD $trampolines<>(SB), R5; \
	MOVD (R5)(R4<<3), R4; \
	MOVD R4, const_gSchedPC(X); \
	/* the outermost frame: there is no frame pointer to follow */ \
	MOVD ZR, const_gSchedBP(X)

// CLEAR_LISTS, after SWAP_LISTS, empties the lists of X. R8 = X if there are none. A fresh stack
// starts with the lists that its carrier has.
#define CLEAR_LISTS \
	/* the bit in R8 is the only difference */ \
	CMP  R8, X; \
	BEQ  3(PC); \
	MOVD ZR, const_gPanic(X); \
	MOVD ZR, const_gDefer(X)

// RESUME goes over to the target: from here on SP, FP and LR are its own. LR as such matters to a
// trampoline alone; a suspended frame has its own on its stack. R8, the PC, is left to the jump
// that follows. No other register changes.
#define RESUME \
	/* One after the other: a traceback by a signal handler in between stops at this routine */ \
	/* (C4). */ \
	MOVD R7, RSP; \
	RESUME_BOUNDS; \
	MOVD R6, R29; \
	MOVD R15, R30

// PREEMPT puts a request to preempt back into G's guard, after EXCHANGE. A request that comes too
// late for our look at g.preempt is repeated. The processor may order that look before the store
// of the guard: the same case. R4 is smashed.
#define PREEMPT \
	MOVD $const_stackPreempt, R4; \
	MOVD R4, const_gStackguard0(G)

// DELIVER puts the value R13 R14 where the suspended frame expects its result, and goes on there.
// A trampoline finds the owner in R10 besides, and X = 0 if the value is in owner.transfer. In:
// R8 = PC of the target.
#define DELIVER \
	MOVD R13, R0; \
	MOVD R14, R1; \
	JMP  (R8)

// ARRIVE, after RESUME, calls arrive(R11), or arriveYield or the slow function of a nextClosure,
// as if the suspended frame did. In: R11 = the target, R8 = its PC; SP is at its frame. LR takes
// the place of the word that amd64 writes below SP. arrive spills its argument above the word for
// its LR, where the frame has left room for three (native.go).
#define ARRIVE \
	/* the resume point is the return address of that call */ \
	MOVD R8, R30; \
	/* the argument of arrive and of arriveYieldFrame; a slow function takes none */ \
	MOVD R11, R0; \
	/* all three are entered in ABIInternal: R28 is G, as no routine changes it (C11) */ \
	MOVD ·arriveValue(SB), R26; \
	MOVD Stack_yieldHost(R11), R5; \
	CBZ  R5, 6(PC); \
	/* in a fast function, which it leaves: a bool or a value is expected there, not an any */ \
	MOVD ZR, Stack_yieldHost(R11); \
	MOVD Stack_nextCall(R11), R26; \
	CBNZ R26, 2(PC); \
	JMP  arriveYieldFrame<>(SB); \
	/* nextCall stays for Arrived, which that function begins with */ \
	MOVD nextClosure_slow(R26), R26; \
	/* Here: R26 a closure, R0 the target, LR where it goes on. A jump by memory, as on */ \
	/* amd64, does not exist. */ \
	MOVD (R26), R4; \
	JMP  (R4)

// LOCK_CARRIER takes the scan lock of the carrier c, and sets EQ if it could. R4, R5 and R6 are
// smashed. The store conditional may fail without a reason, so it is tried again. The load has
// acquire, so that nothing of the carrier is read before it was found unlocked. The flags are
// those of CMPW to the end: neither the store nor CBNZ sets any.
#define LOCK_CARRIER(c) \
	/* an exclusive load takes an address without an offset */ \
	ADD  $const_gAtomicstatus, c, R4; \
	/* parked and not locked? */ \
	LDAXRW (R4), R5; \
	CMPW $const_statusWaiting, R5; \
	BNE  4(PC); \
	MOVD $const_statusWaitingLocked, R5; \
	/* R6 != 0 if another thread has written to the word meanwhile */ \
	STLXRW R5, (R4), R6; \
	CBNZ R6, -5(PC)

// UNLOCK_CARRIER gives it back, by a store with release. R4 and R5 are smashed. What was written
// to the carrier and to its stack is seen before the lock is free. amd64 has a plain store here.
#define UNLOCK_CARRIER(c) \
	/* so does a store with release */ \
	ADD  $const_gAtomicstatus, c, R4; \
	MOVD $const_statusWaiting, R5; \
	STLRW R5, (R4)

// LOCK_PROFILE sets EQ if X may be touched. R4, R5 and R6 are smashed. amd64 compares and swaps,
// and then looks at what it found; here both answers that allow it are looked for first. As
// there, a mark that was found InProgress is the profiler's.
#define LOCK_PROFILE \
	ADD  $const_gGoroutineProfiled, X, R4; \
	/* done with it: X may be touched, without the mark */ \
	LDAXRW (R4), R5; \
	CMPW $const_profileSatisfied, R5; \
	BEQ  6(PC); \
	/* absent: ours, if the store below succeeds */ \
	CMPW $0, R5; \
	BNE  4(PC); \
	MOVD $const_profileInProgress, R5; \
	STLXRW R5, (R4), R6; \
	CBNZ R6, -7(PC)

// UNLOCK_PROFILE takes the mark away, if it is ours. R4 and R5 are smashed. With release, as
// UNLOCK_CARRIER: the profiler then reads a whole stack.
#define UNLOCK_PROFILE \
	ADD  $const_gGoroutineProfiled, X, R4; \
	/* not taken in a switch outside of a profile, nor if the profile was done with X */ \
	MOVWU (R4), R5; \
	CMPW $const_profileInProgress, R5; \
	BNE  2(PC); \
	STLRW ZR, (R4)

// func switchFast(s *Stack, v any) any
// Does:    switches to s, on the fast path, or under the carrier's lock if all that forbids the
//          fast path is a tracer or a profile; otherwise goes on in switchNative, having changed
//          nothing.
// Called:  through the func value switchTo, inlined into the callers of Switch, on the stack that
//          is left, ABIInternal.
// In:      R0 = target, R1 R2 = the value passed, LR = return address, FP = the caller's.
// Out:     R0 R1 = the value that is passed to this stack when it is resumed.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT switchFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: R0 target, R1 R2 the value, LR the return address, R29 as our caller has
	// it. A refusal, of a nil target for one, is switchNative's to put into words.
	CBZ  R0, refuse
	// A Stack without Init has neither host nor owner: the owner is followed only where host
	// or state has shown that there is one.
	MOVD Stack_host(R0), X
	MOVD Stack_owner(R0), R10
	// without a host it is fresh, done, or suspended in a fast yield, give, next or send function
	CBZ  X, not_suspended
	// a stack of another goroutine's, a detached one, or a switch hook that has to be called
	JUMP_UNLESS_FAST(refuse)
	// the running stack itself has a host, too, a stale one
	MOVD owner_current(R10), R12
	CMP  R12, R0
	BEQ  refuse
	// the collector, a profile, the tracer, or C frames below
	SLOW_PATH_NEEDED
	CBNZ R4, slow_path
exchange:
	// Here: R0 target, R1 R2 value, R10 owner, R12 the stack that is left, X the target's
	// host word. Nothing has been written yet, but for a fresh target.
	JUMP_IF_LISTS(lists)
	// no lists on either side, which is the rule: X is the carrier, and the word for R12 has
	// no bit
	MOVD X, Stack_host(R12)
places:
	// X is the carrier, and the stack that is left knows that it rests there.
	// No barrier, here and in the other routines without a lock: another thread relies on
	// what is written here only after a stop of the world (native_lockfree.go), which orders
	// it. Only restingOn looks earlier, and expects to find anything (native_resting.go).
	EXCHANGE
	SUSPEND
	// all else on the stack that is left is written; from here on the target runs
	MOVD R0, owner_current(R10)
	// a request to preempt that EXCHANGE's clean guard has overwritten?
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: R7 R8 R6 R15 = SP, PC, FP, LR of the target; R5, from LR, = the PC at which the
	// stack that was left goes on.
	MOVD R30, R5
	RESUME
	// to the registers of the result: of the Switch in which the target is suspended; or v
	// for a trampoline, which also finds R10 the owner, and X not 0, which says that v is
	// here
	MOVD R1, R0
	MOVD R2, R1
	// RET, which the return-address predictor takes for one, only where the target goes on
	// where our caller would
	CMP  R5, R8
	BEQ  near
	JMP  (R8)
near:
	// Nothing is written to the stack, unlike on amd64: RET takes the address from a
	// register.
	RET  (R8)

preempt:
	// A request is pending: put it back into the guard. The target yields at its next safe
	// point.
	PREEMPT
	JMP go_on
lists:
	// One of the two stacks has a panic or a deferred call on its lists.
	SWAP_LISTS
	MOVD R8, Stack_host(R12)
	JMP  places
refuse:
	// Here: R0 R1 R2 as on entry, and nothing changed.
	MOVD ·switchNativeValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)             // same arguments, same result

not_suspended:
	// A stack that has not run takes a free carrier of its owner's.
	MOVD Stack_state(R0), R4
	CMP  $const_stateFresh, R4
	BNE  not_fresh
	MOVD owner_cache(R10), R14
	// the cache belongs to the owner's goroutine, which must be the running one
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	// The last free carrier. If there is none the slow path fills the cache.
	// Here: R0 R1 R2 as on entry, R10 owner, R14 its cache.
	MOVD carrierCache_n(R14), R4
	CBZ  R4, refuse
	SUB  $1, R4
	MOVD R4, carrierCache_n(R14)
	// a load with an index takes no offset besides
	ADD  $carrierCache_slots, R14
	// Its lists are empty (CLEAR_LISTS), so X has no bit. Nothing refuses from here on.
	MOVD (R14)(R4<<3), X
	// R12 as at exchange; a fresh stack is not the running one
	MOVD owner_current(R10), R12
	// X resumes at a trampoline, which calls runEntry with the value.
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R0)
	JMP  exchange

slow_path:
	// Here: as at exchange, before its look at the lists.
	// A goroutine that the tracer has seen stays marked: all that it needs may be the lock.
	// A value must not travel in registers while the collector marks: switchNative stores
	// it.
	MOVWU runtime·writeBarrier(SB), R4
	CBNZ R4, refuse
	MOVD const_gM(G), R4
	// inside a callback from C a switch is refused
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse
	// to the registers of SWITCH_STACKS: R11 target, R13 R14 value;
	// R0 to R2 keep them, too, for refuse: the locks need R4 to R6 only
	MOVD R0, R11
	MOVD R1, R13
	MOVD R2, R14
	// the lock that suspendG takes, for the length of this routine
	AND  $~const_hasDeferOrPanic, X
	LOCK_CARRIER(X)
	BNE  refuse           // R0, R1 and R2 are as they were
	// a profile does not respect the scan lock
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, locked
	// Here: X locked, the registers as at exchange, and as SWITCH_STACKS takes them.
	LOCK_PROFILE
	BNE  unlock_busy
locked:
	ORR  $const_hasDeferOrPanic, X // maybe
	SWITCH_STACKS
	// as above
	MOVBU const_gPreempt(G), R4
	CBZ  R4, leave
	PREEMPT
leave:
	// Here: still on the stack that is left, which X holds, locked, as a suspended one.
	// SP leaves that stack before it is given free: it may be moved at once then.
	RESUME
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	// R13 R14 R8 have outlasted the unlocking, which needs R4 and R5 only
	DELIVER

unlock_busy:
	// the profile reads X's stack now
	UNLOCK_CARRIER(X)
	JMP  refuse

not_fresh:
	// A yield function returns false for a nil, which is in the register of the type. Anything else is
	// switchNative's.
	MOVD Stack_yieldHost(R0), X
	CBZ  X, refuse
	MOVD Stack_nextCall(R0), R4
	CBNZ R4, refuse
	CBNZ R1, refuse
	JUMP_UNLESS_FAST(refuse)
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	// nothing refuses from here on; R12 as at exchange: a stack that runs has no yieldHost
	MOVD owner_current(R10), R12
	MOVD ZR, Stack_yieldHost(R0)
	JMP  exchange

// func panicFast(s *Stack, v any) any
// Does:    switches to s, which is suspended in a Switch, on the fast path, and calls gopanic(v)
//          there; otherwise goes on in panicRefused, having changed nothing.
// Called:  through the func value panicTo, inlined into the callers of SwitchPanic, on the stack
//          that is left, ABIInternal.
// In:      R0 = target, R1 R2 = v.
// Out:     R0 R1 = the value that is passed to this stack when it is resumed.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7, C12; native_lockfree.go.
TEXT panicFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: as switchFast, with v in place of the value.
	CBZ  R0, refuse
	// only a suspended target: on a fresh one the panic must come in runEntry
	MOVD Stack_host(R0), X
	MOVD Stack_owner(R0), R10
	// nor one in a fast function, which has no host
	CBZ  X, refuse
	// the checks of switchFast, in its order
	JUMP_UNLESS_FAST(refuse)
	MOVD owner_current(R10), R12
	CMP  R12, R0
	BEQ  refuse
	SLOW_PATH_NEEDED
	// There is no second attempt under the lock: panicRefused takes the slow path.
	CBNZ R4, refuse
	// nothing has been written; to the registers of SWITCH_STACKS: R11 target, R13 R14
	// value
	MOVD R0, R11
	MOVD R1, R13
	MOVD R2, R14
	SWITCH_STACKS
	// as in switchFast
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: the target's R7 R8 R6 R15, v in R13 R14.
	RESUME
	MOVD R8, R30          // as if the suspended frame called gopanic where it called Switch
	// gopanic saves LR in its own frame and spills its arguments above that, where a frame
	// that calls Switch has left room
	MOVD R13, R0
	MOVD R14, R1
	// gopanic is entered in ABIInternal: R28 is G (C11)
	MOVD ·gopanicValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)
preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
refuse:
	// Here: R0 R1 R2 as on entry.
	// It finds the reason, or raises the panic in the target by way of the slow path.
	MOVD ·panicRefusedValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)             // same arguments, same result

// func nextFast() (V, bool)
// Does:    resumes the closure's stack, which is suspended in a fast yield function, on the fast
//          path; otherwise goes on in the slow closure, having changed nothing.
// Called:  as a func value that NewNext made, on the stack that is left, ABIInternal.
// In:      R26 = closure (a nextClosure).
// Out:     the value where yieldN or yieldMemory got it, and true in the register after; at the
//          resume point of s R0 = 1.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT nextFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: R26 the closure; no arguments.
	MOVD nextClosure_s(R26), R11
	MOVD Stack_yieldHost(R11), X
	// without a yieldHost it is fresh, done, running, or suspended where an any is expected
	CBZ  X, not_yielded
	MOVD Stack_nextCall(R11), R4
	// with a nextCall it is suspended in a next function itself, where another value is expected
	CBNZ R4, slow
	MOVD Stack_owner(R11), R10
	// as in switchFast; yieldHost is set, so that there is an owner
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	CBNZ R4, slow
	// the result of the yield: true
	MOVD $1, R0
exchange:
	// Here: R11 the stack that yields, X its yieldHost, R10 owner, R0 what it gets.
	// Nothing has been written yet, but for a fresh one.
	MOVD owner_current(R10), R12
	// X may have the bit: a yieldHost is a word as host is
	SWAP_LISTS
	// the caller is suspended in a next function: in yieldHost, not in host, so that
	// nothing else passes it an any
	MOVD R8, Stack_yieldHost(R12)
	EXCHANGE
	SUSPEND
	// the caller expects a value, from this closure's stack
	MOVD ZR, Stack_host(R12)
	MOVD R26, Stack_nextCall(R12)
	// that stack is no longer suspended in its yield, and its resumer is the caller's
	MOVD ZR, Stack_yieldHost(R11)
	MOVD R12, Stack_resumer(R11)
	MOVD R11, owner_current(R10)
	// as in switchFast
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: the target's R7 R8 R6 R15, R0 what it gets; R10 and X for a trampoline.
	RESUME
	MOVD ZR, R1
	JMP  (R8)
preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
not_yielded:
	// a fresh stack takes a carrier as in switchFast
	MOVD Stack_state(R11), R4
	CMP  $const_stateFresh, R4
	BNE  slow
	MOVD Stack_owner(R11), R10
	JUMP_UNLESS_FAST(slow)
	SLOW_PATH_NEEDED
	CBNZ R4, slow
	MOVD owner_cache(R10), R14
	MOVD carrierCache_n(R14), R4
	CBZ  R4, slow
	SUB  $1, R4
	// nothing refuses from here on
	MOVD R4, carrierCache_n(R14)
	ADD  $carrierCache_slots, R14
	MOVD (R14)(R4<<3), X
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R11)
	// the value that it starts with: nil
	MOVD ZR, R0
	JMP  exchange
slow:
	// Here: R26 the closure, and nothing changed.
	// its result is ours, and LR still our return address
	MOVD nextClosure_slow(R26), R26
	MOVD (R26), R4
	JMP  (R4)

// YIELD_CHECKS goes to slow unless the fast path is open. R26 is the closure; R19 to R21 are
// smashed. All of R0 to R7 may hold v, so that the scratch registers are others than elsewhere.
// The closure's stack need not be the running one: see YIELD_EXCHANGE. A stack that has had no Init
// has no owner.
#define YIELD_CHECKS \
	MOVD yieldClosure_s(R26), R19; \
	MOVD Stack_owner(R19), R19; \
	CBZ  R19, slow; \
	JUMP_UNLESS_FAST_BY(R19, R20, R21, slow); \
	SLOW_PATH_NEEDED_BY(R19, R20); \
	CBNZ R19, slow

// YIELD_EXCHANGE makes the resumer the running stack, up to RESUME, or goes to again. R0 is not 0
// then if the resumer is in a next function. R26 stays the closure, X is the carrier of the stack
// that was left; the target's are R7 R8 R6 R15. v is not in registers any more: R0 and R4 to R8
// are smashed. It defines the labels exchange and go_on and goes to preempt, so a routine can use
// it once.
#define YIELD_EXCHANGE \
	/* R12 the stack that yields, R10 its owner. It must be the running one: a yield */ \
	/* function may be called anywhere. */ \
	MOVD yieldClosure_s(R26), R12; \
	MOVD Stack_owner(R12), R10; \
	MOVD owner_current(R10), R4; \
	CMP  R4, R12; \
	BNE  again; \
	/* R11 the resumer, the target; it may have been moved to another goroutine since */ \
	MOVD Stack_resumer(R12), R11; \
	/* nil if no Resume, next or send function is waiting for a value of R12 */ \
	CBZ  R11, again; \
	MOVD Stack_owner(R11), R4; \
	CMP  R4, R10; \
	BNE  again; \
	/* R0 the closure of the next function that it is suspended in, 0 if it is suspended in */ \
	/* a Switch */ \
	MOVD ZR, R0; \
	MOVD Stack_host(R11), X; \
	/* in a Switch: R0 = 0 */ \
	CBNZ X, exchange; \
	/* without a host it is suspended in a next function, or cannot be resumed from here */ \
	MOVD Stack_nextCall(R11), R0; \
	CBZ  R0, again; \
	/* it must be a next function of this stack, whose values have the type of this yield's */ \
	/* (a send function as well; the nextCall of a give function names no stack) */ \
	MOVD nextClosure_s(R0), R5; \
	CMP  R5, R12; \
	BNE  again; \
	/* it comes out of that function */ \
	MOVD Stack_yieldHost(R11), X; \
	MOVD ZR, Stack_yieldHost(R11); \
	MOVD ZR, Stack_nextCall(R11); \
exchange: \
	/* Here: R11 target, R10 owner, R12 the stack that yields, X the target's host word, R0 */ \
	/* as above, R26 the closure. */ \
	/* Nothing is refused from here on. */ \
	SWAP_LISTS; \
	/* suspended in a yield function: in yieldHost, not in host, so that nothing else passes */ \
	/* it an any */ \
	MOVD R8, Stack_yieldHost(R12); \
	EXCHANGE; \
	SUSPEND; \
	MOVD ZR, Stack_host(R12); \
	/* each Resume or next is for one yield */ \
	MOVD ZR, Stack_resumer(R12); \
	MOVD R11, owner_current(R10); \
	/* as in switchFast */ \
	MOVBU const_gPreempt(G), R4; \
	CBNZ R4, preempt; \
go_on:

// func yieldN(v V) bool, N words, 1 to 8
// Does:    stores v in its slot and switches to the resumer, on the fast path; otherwise goes on in
//          the slow closure, with v as it was, maybe after the store. A resumer that is suspended
//          in a next function gets v from the slot in the registers of its results.
// Called:  as a func value that NewYield made, on the stack that is left, ABIInternal.
// In:      R26 = closure (a yieldClosure), v in R0 to R7, as far as it goes.
// Out:     R0 = whether to go on, when this stack is resumed.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
#define YIELD(name, STORE, LOAD, TRUE) YIELD_AS(name, STORE, LOAD, TRUE, NOP)

// YIELD_AS is YIELD with what else marks the stack R12 that is left as suspended. STORE and LOAD
// are a PUTn and the GETn of the same n, with the slot in R19; TRUE sets the register after the
// last that LOAD sets. MARK may use R4, and finds R26 the closure.
#define YIELD_AS(name, STORE, LOAD, TRUE, MARK) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	/* On entry: R26 the closure, v in the first argument registers. Until v is stored, or */ \
	/* where it is not, these keep it. */ \
	YIELD_CHECKS; \
	MOVD yieldClosure_slot(R26), R19; \
	/* Whole words, so that the slot needs room for them (NewYield). From here on the */ \
	/* argument registers are free; no barrier, as SLOW_PATH_NEEDED has seen that none is */ \
	/* on. */ \
	STORE; \
	YIELD_EXCHANGE; \
	/* Here: R0 as YIELD_EXCHANGE has it, R11 target, R12 the stack that is left, R26 the */ \
	/* closure, X the carrier, and the target's R7 R8 R6 R15. */ \
	MARK; \
	RESUME; \
	CBNZ R0, asked; \
	/* in a Switch, by Resume: the result is nil, and the resumer reads the slot */ \
	MOVD ZR, R1; \
	JMP  (R8); \
asked: \
	/* in a next function: its results are v, from the slot, and true; */ \
	/* the PC is moved out of the way of TRUE8; R7 and R6, SP and FP, have been used by */ \
	/* RESUME */ \
	MOVD R8, R20; \
	MOVD yieldClosure_slot(R26), R19; \
	LOAD; \
	TRUE; \
	JMP  (R20); \
preempt: \
	/* as in switchFast */ \
	PREEMPT; \
	JMP  go_on; \
again: \
	/* The slow closure takes v as this function did: back to the argument registers. */ \
	MOVD yieldClosure_slot(R26), R19; \
	LOAD; \
slow: \
	/* Here: v in the argument registers. */ \
	/* It has the signature of this function, and its result is ours: LR is our return */ \
	/* address. */ \
	MOVD yieldClosure_slow(R26), R26; \
	MOVD (R26), R19; \
	JMP  (R19)

// func giveN(v V) W, N words, 1 to 8
// Does:    yieldN for a stack that gets a W from the Send that resumes it: it is suspended with a
//          nextCall, so that nothing but sendN of its Ends passes it a value.
// Called:  as a func value that SendEnds made, on the stack that is left, ABIInternal.
// In:      R26 = closure (a giveClosure), v as yieldN has it.
// Out:     the W, in as many registers as it has words.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
#define GIVE(name, STORE, LOAD, TRUE) YIELD_AS(name, STORE, LOAD, TRUE, MARK_GIVING)

// MARK_GIVING, as the MARK of YIELD_AS: the nextCall of a stack in a give function is the closure
// of the same Ends that returns what has been sent. R4 is smashed.
#define MARK_GIVING \
	ADD  $giveClosure_arrive, R26, R4; \
	MOVD R4, Stack_nextCall(R12)

// func sendN(v V) (W, bool), N words, 1 to 8
// Does:    nextFast with a value: resumes the closure's stack, which is suspended in the giveN of the same
//          SendEnds, on the fast path; otherwise goes on in the slow closure, with v as it was. The stack
//          gets v from the slot.
// Called:  as a func value that SendEnds made, on the stack that is left, ABIInternal.
// In:      R26 = closure (a sendClosure), v as yieldN has it.
// Out:     as nextFast.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
//
// STORE and LOAD are a PUTn and the GETn of the same n, which serves both ways: what the stack
// gets has the words that v has.
#define SEND(name, STORE, LOAD) \
TEXT name<>(SB), NOSPLIT|NOFRAME, $0-0; \
	/* On entry: R26 the closure, v in the first argument registers, which the checks keep. */ \
	/* As YIELD_CHECKS, for the stack that will run: R0 to R7 may hold v. */ \
	MOVD nextClosure_s(R26), R19; \
	MOVD Stack_owner(R19), R19; \
	CBZ  R19, slow; \
	JUMP_UNLESS_FAST_BY(R19, R20, R21, slow); \
	SLOW_PATH_NEEDED_BY(R19, R20); \
	CBNZ R19, slow; \
	/* the stack must be suspended in the function that takes values of this type */ \
	MOVD nextClosure_s(R26), R19; \
	MOVD Stack_nextCall(R19), R20; \
	MOVD sendClosure_partner(R26), R21; \
	CMP  R20, R21; \
	BNE  slow; \
	/* and be suspended there: nextCall outlasts that until Arrived clears it */ \
	MOVD Stack_yieldHost(R19), R20; \
	CBZ  R20, slow; \
	/* nothing refuses from here on; whole words, without a barrier, as in yieldN */ \
	MOVD sendClosure_slot(R26), R19; \
	STORE; \
	/* R11 the stack that yields, X its yieldHost, R10 owner, R12 the caller's stack */ \
	MOVD nextClosure_s(R26), R11; \
	MOVD Stack_owner(R11), R10; \
	MOVD owner_current(R10), R12; \
	MOVD Stack_yieldHost(R11), X; \
	SWAP_LISTS; \
	/* as in nextFast, but that each of the two has a nextCall of its own */ \
	MOVD R8, Stack_yieldHost(R12); \
	EXCHANGE; \
	SUSPEND; \
	/* as in YIELD_EXCHANGE: nothing else is to pass it an any */ \
	MOVD ZR, Stack_host(R12); \
	/* what the caller is suspended in, for a yield or give of that stack and for ARRIVE */ \
	ADD  $sendClosure_arrive, R26, R4; \
	MOVD R4, Stack_nextCall(R12); \
	/* that stack comes out of its give, and its next one is for the caller */ \
	MOVD ZR, Stack_yieldHost(R11); \
	MOVD ZR, Stack_nextCall(R11); \
	MOVD R12, Stack_resumer(R11); \
	MOVD R11, owner_current(R10); \
	/* as in switchFast */ \
	MOVBU const_gPreempt(G), R4; \
	CBNZ R4, preempt; \
go_on: \
	/* Here: the target's R7 R8 R6 R15, R26 the closure. */ \
	RESUME; \
	/* the result of the give: the value alone, so there is no TRUE; R20 as in YIELD_AS */ \
	MOVD R8, R20; \
	MOVD sendClosure_slot(R26), R19; \
	LOAD; \
	JMP  (R20); \
preempt: \
	/* as in switchFast */ \
	PREEMPT; \
	JMP  go_on; \
slow: \
	/* Here: v in the argument registers. */ \
	/* It has the signature of this function; sendClosure begins with a nextClosure. */ \
	MOVD nextClosure_slow(R26), R26; \
	MOVD (R26), R19; \
	JMP  (R19)

// The bool of a next function's results is in the register after the value's. TRUE8 sets R8,
// which is why the PC is moved to R20.
#define TRUE1 MOVD $1, R1
#define TRUE2 MOVD $1, R2
#define TRUE3 MOVD $1, R3
#define TRUE4 MOVD $1, R4
#define TRUE5 MOVD $1, R5
#define TRUE6 MOVD $1, R6
#define TRUE7 MOVD $1, R7
#define TRUE8 MOVD $1, R8

// PUTn stores the first n registers of the arguments at the slot; GETn loads them back, or the
// first n registers of results, which are the same. LDP and STP move two words at once.
#define PUT1 MOVD R0, (R19)
#define PUT2 STP (R0, R1), (R19)
#define PUT3 PUT2; MOVD R2, 16(R19)
#define PUT4 PUT2; STP (R2, R3), 16(R19)
#define PUT5 PUT4; MOVD R4, 32(R19)
#define PUT6 PUT4; STP (R4, R5), 32(R19)
#define PUT7 PUT6; MOVD R6, 48(R19)
#define PUT8 PUT6; STP (R6, R7), 48(R19)

#define GET1 MOVD (R19), R0
#define GET2 LDP (R19), (R0, R1)
#define GET3 GET2; MOVD 16(R19), R2
#define GET4 GET2; LDP 16(R19), (R2, R3)
#define GET5 GET4; MOVD 32(R19), R4
#define GET6 GET4; LDP 32(R19), (R4, R5)
#define GET7 GET6; MOVD 48(R19), R6
#define GET8 GET6; LDP 48(R19), (R6, R7)

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
// In:      R26 = closure (a yieldClosure), v at 8(RSP), above the word for our LR.
// Out:     R0 = whether to go on, when this stack is resumed.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT yieldMemory<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: R26 the closure, no argument in a register.
	YIELD_CHECKS
	YIELD_EXCHANGE
	// Here: the target's R7 R8 R6 R15, R0 and R26 as YIELD_EXCHANGE has them, X the carrier of
	// the stack that was left.
	// Nobody looks at either stack before the end of this routine: v, above the SP at which
	// its stack is suspended, is read only then.
	RESUME
	// R4 v, R5 its words
	MOVD const_gSchedSP(X), R4
	// above the word that is for the LR of a callee, where the arguments of a call begin
	ADD  $8, R4
	MOVD yieldClosure_words(R26), R5
	// in a Switch: the result is nil, and the resumer reads the slot
	MOVD yieldClosure_slot(R26), R19
	MOVD ZR, R1
	CBZ  R0, copy
	// in a next function: its results are v, where the caller has room for it, and true;
	// R7 = SP, from EXCHANGE
	ADD  $8, R7, R19
	MOVD $1, R0
copy:
	// Here: R4 v, R19 where it goes, R5 how many words are left, from the last to the first.
	CBZ  R5, copied
	SUB  $1, R5
	MOVD (R4)(R5<<3), R20
	MOVD R20, (R19)(R5<<3)
	JMP  copy
copied:
	// Here: R0 R1 the result, or R0 the bool after a result in memory.
	JMP  (R8)
preempt:
	// as in switchFast
	PREEMPT
	JMP  go_on
again:
slow:
	// Here: v is where it was.
	// Nothing has been stored, so again and slow are one. LR and SP are as on entry.
	MOVD yieldClosure_slow(R26), R26
	MOVD (R26), R19
	JMP  (R19)

// func arriveYieldFrame(s *Stack) bool
// Does:    calls arriveYield with a frame that has room for its argument.
// Called:  as if by the frame that is suspended in a yield function, ABIInternal.
// In:      R0 = s.   Out: R0.
// Keeps:   R28, R18.   Smashes: all else.
// Stack:   its frame; SPWRITE no.
// Safe if: C1, C2.
TEXT arriveYieldFrame<>(SB), NOSPLIT, $24-0
	NO_LOCAL_POINTERS
	// its result is the yield's: the prologue has saved LR, which ARRIVE has set to the
	// resume point of the suspended frame
	MOVD ·arriveYieldValue(SB), R26
	MOVD (R26), R4
	CALL (R4)
	RET

// func finishFast(s, next *Stack, v any)
// Does:    ends s, the running stack, and resumes next, which is suspended in a Switch or in a next
//          function, on the fast path; otherwise returns, having changed nothing.
// Called:  through a func value, on s, ABIInternal.
// In:      R0 = s, R1 = next, R2 R3 = the value passed.
// Out:     none; does not return here if it switched: then R0 R1 = v at the resume point of next.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_lockfree.go.
TEXT finishFast<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: R0 s, which is not used further, R1 next, R2 R3 value; owner.fast has been
	// looked at by finish. To the registers of DELIVER: R13 R14 value.
	MOVD R0, R12
	MOVD R1, R11
	MOVD R2, R13
	MOVD R3, R14
	// s is the running stack, so its owner is this goroutine's; finish has seen that next
	// has the same one
	MOVD Stack_owner(R11), R10
	MOVD Stack_host(R11), X
	// a fresh target, or one in a yield function, is for the slow path
	CBZ  X, not_in_switch
suspended:
	// Here: X the host word of next, from host or from yieldHost; R10 to R14 as below.
	SLOW_PATH_NEEDED
	CBNZ R4, refuse
	// the carrier of next will hold the ended stack, so the cache must have room for it
	MOVD owner_cache(R10), R2
	MOVD carrierCache_n(R2), R3
	CMP  $const_cacheSlots, R3
	BHS  refuse
	// Here: R11 target, R10 owner, R12 the stack that ends, X the target's host word, R13
	// R14 value, R2 the cache, R3 its length.
	SWAP_LISTS
	// what a Goexit has left on the lists must not become the next stack's
	CLEAR_LISTS
	// into the cache, where only this goroutine looks for it
	ADD  $carrierCache_slots, R2, R4
	MOVD X, (R4)(R3<<3)
	ADD  $1, R3
	MOVD R3, carrierCache_n(R2)
	// no SUSPEND: nothing goes on here
	EXCHANGE
	// after EXCHANGE, by the stktopsp that X has now; it leaves R6, R7, R8 and R15
	MAKE_FRESH
	// s is done, and X free, with a stack in the fresh state
	MOVD ZR, Stack_host(R12)
	// its handle shows now that it is done, and Init may use it again
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R12)
	MOVD R11, owner_current(R10)
	// as in switchFast
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: the target's R7 R8 R6 R15, value in R13 R14.
	RESUME
	// an any for a Switch, or a call of what the nextCall has for the purpose
	MOVD Stack_nextCall(R11), R4
	CBNZ R4, in_next
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
	MOVD Stack_nextCall(R11), R4
	CBZ  R4, refuse
	// nextCall goes with a yieldHost, in place of host
	MOVD Stack_yieldHost(R11), X
	JMP  suspended
refuse:
	// nothing has been changed: finish goes on with finishNative
	RET

// LOCK_SUSPENDED locks X, the carrier of R11, and leaves R10 = its owner. It goes to refuse or
// unlock otherwise. The labels are the routine's. The lock keeps the tracer off X; the collector
// and a profile are excluded. R4, R5 and R6 are smashed.
#define LOCK_SUSPENDED \
	CARRIER(R11); \
	MOVD Stack_owner(R11), R10; \
	/* without a host it is fresh, done, or in a fast function */ \
	CBZ  X, refuse; \
	/* with a switch hook set, the hook must see the end */ \
	JUMP_UNLESS_FAST(refuse); \
	/* the running stack has a stale host */ \
	MOVD owner_current(R10), R5; \
	CMP  R5, R11; \
	BEQ  refuse; \
	/* neither a mark phase nor a profile, for the length of this routine (C7) */ \
	MOVWU runtime·writeBarrier(SB), R4; \
	MOVWU const_gGoroutineProfiled(G), R5; \
	ORR  R5, R4; \
	CBNZ R4, refuse; \
	LOCK_CARRIER(X); \
	BNE  refuse; \
	/* a panic, or the record of a deferred call: the stack must be unwound */ \
	MOVD const_gPanic(X), R4; \
	MOVD const_gDefer(X), R5; \
	ORR  R5, R4; \
	CBNZ R4, unlock

// func suspendedFrames(s *Stack, pcs *[maxFrames]uintptr) int
// Does:    follows the frame pointers of s, which is suspended, and stores the PC in each frame;
//          see native_discard.go.
// Called:  from Go, on another stack of the same owner, ABI0.
// In:      s+0(FP), pcs+8(FP).
// Out:     ret+16(FP) = how many; 0 if they cannot be told, or the carrier's lock cannot be had.
// Keeps:   R28, R18.   Smashes: R4 to R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C5, C7; native_lockfree.go.
TEXT ·suspendedFrames(SB), NOSPLIT|NOFRAME, $0-24
	MOVD s+0(FP), R11
	MOVD pcs+8(FP), R12
	// ret is 0 until all frames are known
	MOVD ZR, ret+16(FP)
	LOCK_SUSPENDED
	// Here: X the carrier of s, locked, R11 s. The first frame is that which called Switch.
	MOVD const_gSchedPC(X), R4
	MOVD R4, (R12)
	MOVD $1, R13
	// at R6 are the frame pointer of its caller and, above, where that goes on, as on amd64
	MOVD const_gSchedBP(X), R6
	// R7 and R8 = the bounds, as there is no comparison with memory
	MOVD const_gStackLo(X), R7
	MOVD const_gStackHi(X), R8
frame:
	// Here: R6 the frame pointer to follow, R7 the lowest address that it may have, R12
	// pcs, R13 how many there are.
	// A frame pointer lies on the stack, above the one before.
	CMP  R7, R6
	BLS  unlock
	// its two words must end on the stack
	ADD  $16, R6, R4
	CMP  R8, R4
	BHI  unlock
	// no room: 0, as for anything that is not understood
	CMP  $const_maxFrames, R13
	BEQ  unlock
	// the return address is right above the saved frame pointer (C5)
	MOVD 8(R6), R4
	MOVD R4, (R12)(R13<<3)
	ADD  $1, R13
	// the next one must be higher, so that the loop ends whatever it reads
	MOVD R6, R7
	MOVD (R6), R6
	CBNZ R6, frame        // the trampoline saved the 0 that MAKE_FRESH left
	// the bottom was reached: all frames are known. Any other way out leaves 0.
	MOVD R13, ret+16(FP)
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
// Keeps:   R28, R18.   Smashes: R4 to R6, R9 to R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C1, C3, C7; native_lockfree.go, native_discard.go.
TEXT ·discardLocked(SB), NOSPLIT|NOFRAME, $0-9
	MOVD s+0(FP), R11
	// ret is false until nothing can refuse
	MOVB ZR, ret+8(FP)
	LOCK_SUSPENDED
	// Here: X the carrier of s, locked, R11 s, R10 its owner. Its lists are empty.
	MOVD owner_cache(R10), R12
	MOVD carrierCache_n(R12), R13
	// discardNative has made room, and only this goroutine fills the cache
	CMP  $const_cacheSlots, R13
	BHS  unlock
	// into the cache; X stays locked until it is fresh
	ADD  $carrierCache_slots, R12, R6
	MOVD X, (R6)(R13<<3)
	ADD  $1, R13
	MOVD R13, carrierCache_n(R12)
	// the frames of s are garbage; X is free, with a stack in the fresh state
	MAKE_FRESH
	MOVD ZR, Stack_host(R11)
	// its handle shows now that it is done, and Init may use it again
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R11)
	MOVD $1, R4
	MOVB R4, ret+8(FP)
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
// Keeps:   R28, R18.   Smashes: R4, R5, R6, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move in between; SPWRITE no.
// Safe if: C1, C7, C10, C16.
TEXT ·takePanic(SB), NOSPLIT|NOFRAME, $0-17
	MOVB ZR, ret+16(FP)
	MOVD const_gPanic(G), R4
	// R4 the record of the innermost panic
	CBZ  R4, done
	MOVD v_type+0(FP), R5
	// the value, word by word: equal ones that are not the same are not recovered from
	MOVD const_panicArg(R4), R6
	CMP  R5, R6
	BNE  done
	MOVD v_data+8(FP), R5
	MOVD (const_panicArg+8)(R4), R6
	CMP  R5, R6
	BNE  done
	// in a deferred call of another panic, or of a Goexit, which would go on
	MOVD const_panicLink(R4), R5
	CBNZ R5, done
	// recovered already, or no panic but a Goexit
	MOVBU const_panicRecovered(R4), R5
	CBNZ R5, done
	MOVBU const_panicGoexit(R4), R5
	CBNZ R5, done
	// all that gorecover does: the runtime looks there when the deferred function returns
	MOVD $1, R5
	MOVB R5, const_panicRecovered(R4)
	MOVB R5, ret+16(FP)
done:
	// Here: ret is true if the record is marked.
	RET

// TOKEN makes R13 the token of the mark phase, which is the one in R13 if it had none. R4, R5 and
// R6 are smashed. It is used only where the routine has seen that the collector marks, so that
// the word is not reset under it (C14).
#define TOKEN \
	MOVD ·sentinel(SB), R4; \
	ADD  $const_gGcAssistBytes, R4; \
	/* 0 there: a phase without a token */ \
	LDAXR (R4), R5; \
	CBNZ R5, 4(PC); \
	/* the one in R13 becomes the phase's, if no other has come first */ \
	STLXR R13, (R4), R6; \
	CBNZ R6, -3(PC); \
	JMP  2(PC); \
	/* the phase has one already */ \
	MOVD R5, R13

// MAY_EXCHANGE goes to wait if R11, on X, and R12, the running stack, must not be exchanged in
// the mark phase R13. Otherwise R2 and R3 are 1 if R11 and R12 are black. They are 0 if white,
// and will be scanned where they go. R4 is smashed, and nothing written. It has labels, so a
// routine can use it once.
#define MAY_EXCHANGE(wait) \
	/* Is the target black? A fresh one holds nothing; another is if it was found so earlier */ \
	/* in this phase, or its carrier has been scanned. */ \
	MOVD $1, R2; \
	MOVD Stack_state(R11), R4; \
	CMP  $const_stateFresh, R4; \
	BEQ  target_black; \
	MOVD Stack_black(R11), R4; \
	CMP  R4, R13; \
	BEQ  target_black; \
	/* a carrier whose job is done holds a black stack, by the same rules (docs/soundness.md, */ \
	/* S5.1) */ \
	MOVBU const_gGcscandone(X), R4; \
	CBNZ R4, target_black; \
	/* It is white, and goes to G: that must be pending. A goroutine that attached in this */ \
	/* phase may be younger than it, and have no job. */ \
	MOVD ZR, R2; \
	MOVBU const_gGcscandone(G), R4; \
	CBNZ R4, wait; \
	MOVD owner_attachToken(R10), R4; \
	CMP  R4, R13; \
	BEQ  wait; \
target_black: \
	/* Is the running stack black? */ \
	/* Here: R2 = whether the target is black. The running stack is never fresh. */ \
	MOVD $1, R3; \
	MOVD Stack_black(R12), R4; \
	CMP  R4, R13; \
	BEQ  self_black; \
	MOVBU const_gGcscandone(G), R4; \
	CBNZ R4, self_black; \
	/* It is white, and goes to X: that must be pending. The assist credit is not 0 in a */ \
	/* carrier that was made in this phase, which has no job. */ \
	MOVD ZR, R3; \
	MOVBU const_gGcscandone(X), R4; \
	CBNZ R4, wait; \
	MOVD const_gGcAssistBytes(X), R4; \
	CBNZ R4, wait; \
self_black:

// func marking() bool
// Does:    reports whether the collector marks.
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
// Does:    has the processor load what EXCHANGE needs of the carrier host, and the innermost frames
//          of its stack.
// Called:  from Go, ABI0.
// In:      host+0(FP) = a carrier, as Stack.host has it.   Out: none.
// Keeps:   R28, R18.   Smashes: R4, R5.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C10. The SP that is read may be stale, or change at once: a hint cannot fault.
TEXT ·prefetch(SB), NOSPLIT|NOFRAME, $0-8
	MOVD host+0(FP), R4
	AND  $~const_hasDeferOrPanic, R4
	// two cache lines of the carrier's g: the bounds with sched, and stktopsp
	PRFM const_gStackLo(R4), PLDL1KEEP
	PRFM const_gStktopsp(R4), PLDL1KEEP
	// the frames that will run first
	MOVD const_gSchedSP(R4), R5
	PRFM (R5), PLDL1KEEP
	PRFM 64(R5), PLDL1KEEP
	PRFM 128(R5), PLDL1KEEP
	RET

// func scanStacks(job *stackScan)
// Does:    scanOnSystemStack, on the system stack: the runtime's scanstack runs only there.
// Called:  from Go, ABI0.
// In:      job+0(FP), which is not on a stack.   Out: job.scanned.
// Keeps:   nothing, as any call.
// Stack:   32 bytes, and it may grow: see arch_amd64.s; SPWRITE no.
// Safe if: C11, C18.
TEXT ·scanStacks(SB), 0, $8-8
	// job is kept alive by the caller's argument, and does not move
	NO_LOCAL_POINTERS
	MOVD job+0(FP), R0
	// a func value is the address of its code's address, which a stackScan begins with
	MOVD R0, 8(RSP)
	MOVD ·systemstackPC(SB), R0
	CALL (R0)
	RET

// scanOnSystemStack does what a mark worker does with two stacks: job.target, on job.carrier, and
// job.running, on the goroutine that has called scanStacks. Each is scanned under its scan lock,
// unless it is black, and recorded black. job.scanned says that both are black, or that the phase
// is over. It is false if a lock could not be had: it is not waited for.
//
// Called:  by systemstack, on g0, R26 = job.   Smashes: all but R28 and R18.
// Stack:   64 bytes of g0; NOSPLIT, as all of it is one step, see arch_amd64.s; SPWRITE no.
// Safe if: C1, C7, C14, C18; native_gc.go.
//
//	 8(RSP)  16 bytes in which scanstack may spill its arguments
//	24(RSP)  job
//	32(RSP)  the token of the phase
//	40(RSP)  the gcWork of this P
//	48(RSP)  the goroutine that has called scanStacks
TEXT scanOnSystemStack<>(SB), NOSPLIT, $56-0
	MOVD R26, 24(RSP)
	MOVD $1, R4
	MOVB R4, stackScan_scanned(R26)
	// no phase, nothing to scan: what scanstack finds would be left over for the next one
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, done
	MOVD stackScan_token(R26), R13
	TOKEN
	MOVD R13, 32(RSP)
	// this thread's P and goroutine; G is g0
	MOVD const_gM(G), R4
	MOVD const_mP(R4), R5
	ADD  $const_pGcw, R5
	MOVD R5, 40(RSP)
	MOVD const_mCurg(R4), R14
	MOVD R14, 48(RSP)

	// Here: R26 job, R13 the token.
	MOVD stackScan_target(R26), R11
	MOVD Stack_black(R11), R4
	CMP  R4, R13
	BEQ  target_black
	MOVD stackScan_carrier(R26), X
	// a fresh one has none, and holds nothing
	CBZ  X, target_black
	LOCK_CARRIER(X)
	BNE  busy
	// the collector has been here: what a carrier holds is black from then on
	MOVBU const_gGcscandone(X), R4
	CBNZ R4, target_scanned
	// scanstack(X, gcw), in registers (ABIInternal)
	MOVD X, R0
	MOVD 40(RSP), R1
	MOVD ·scanstackPC(SB), R4
	CALL (R4)
	MOVD 24(RSP), R26
	MOVD 32(RSP), R13
	MOVD stackScan_target(R26), R11
	MOVD stackScan_carrier(R26), X
target_scanned:
	// before the lock is free: black says that it has been scanned
	MOVD R13, Stack_black(R11)
	UNLOCK_CARRIER(X)

target_black:
	// Here: R26 job, R13 the token.
	MOVD stackScan_running(R26), R12
	MOVD Stack_black(R12), R4
	CMP  R4, R13
	BEQ  done
	MOVD 48(RSP), R14
	MOVBU const_gGcscandone(R14), R4
	CBNZ R4, running_scanned
	// Its goroutine becomes one that waits and is locked, see arch_amd64.s.
	MOVD $const_waitReasonCoroutine, R4
	MOVB R4, const_gWaitreason(R14)
	// as LOCK_CARRIER, from another status
	ADD  $const_gAtomicstatus, R14, R4
lock:
	LDAXRW (R4), R5
	CMPW $const_statusRunning, R5
	BNE  busy
	MOVD $const_statusWaitingLocked, R5
	STLXRW R5, (R4), R6
	CBNZ R6, lock
	// the stack must not shrink: this thread is on its way through it
	MOVD $1, R4
	MOVB R4, const_gParkingOnChan(R14)
	MOVD R14, R0
	MOVD 40(RSP), R1
	MOVD ·scanstackPC(SB), R4
	CALL (R4)
	MOVD 24(RSP), R26
	MOVD 32(RSP), R13
	MOVD stackScan_running(R26), R12
	MOVD 48(RSP), R14
	MOVB ZR, const_gParkingOnChan(R14)
	// as UNLOCK_CARRIER
	ADD  $const_gAtomicstatus, R14, R4
	MOVD $const_statusRunning, R5
	STLRW R5, (R4)
running_scanned:
	MOVD R13, Stack_black(R12)
done:
	RET
busy:
	// Here: nothing is locked by us.
	MOVD 24(RSP), R26
	MOVB ZR, stackScan_scanned(R26)
	RET

// func switchLocked(s *Stack, token, _ uint64) (typ uintptr, data unsafe.Pointer)
// Does:    switches to s, suspended or fresh, under the carrier's lock, if the collector's rules
//          (native_gc.go) allow it; otherwise returns why not, having moved nothing.
// Called:  through a func value by switchNative, on the stack that is left, ABIInternal.
// In:      R0 = target, R1 = a token for the mark phase if it has none yet. The value is in
//          owner.transfer.
// Out:     R0 R1 = the value that is passed to this stack when it is resumed;
//          or R0 = a refusal, at once, which no type word can be. s goes on in
//          arrive, or (fresh) in its trampoline with X = 0.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT switchLocked<>(SB), NOSPLIT|NOFRAME, $0-0
	// On entry: R0 target, R1 the token offered. To the registers of the exchange: R11
	// target, R13 token.
	MOVD R0, R11
	MOVD R1, R13          // R13 = token offered
	MOVD Stack_owner(R11), R10
	MOVD const_gM(G), R4
	// a switch inside a callback from C would leave C frames behind
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse_foreign
	// switchNative has made host of yieldHost, if s is suspended in a fast function
	CARRIER(R11)
	// a fresh target takes the last carrier of the cache. It is taken off at start, when
	// nothing can refuse any more; switchNative has filled the cache.
	// R14 is free, as the value is in owner.transfer, and outlasts the exchange: it decides
	// at the end, too.
	MOVD Stack_state(R11), R14 // R14 = its state
	CMP  $const_stateFresh, R14
	BNE  have_carrier
	MOVD owner_cache(R10), R4
	MOVD carrierCache_n(R4), R5
	// only this goroutine uses the cache, so that it is filled still
	CBZ  R5, refuse_state
	SUB  $1, R5
	ADD  $carrierCache_slots, R4
	MOVD (R4)(R5<<3), X
have_carrier:
	// Here: X the target's carrier, 0 if it is done.
	CBZ  X, refuse_state
	LOCK_CARRIER(X)
	BNE  refuse_busy
	// G is marked while a profile is collected.
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, profile_done
	// (not if the profiler reads X now: it does not ask for the scan lock)
	LOCK_PROFILE
	BNE  unlock_busy
profile_done:
	// Here: X is locked against the collector, the tracer and the profiler.

	// R12 = the stack that is left
	MOVD owner_current(R10), R12
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, exchange

	// the collector marks: the rules of native_gc.go decide
	TOKEN
	MAY_EXCHANGE(unlock_marking)
	// Both may move. A black stack is recorded as such: its next carrier may not have been
	// scanned.
	CBZ  R2, target_recorded
	MOVD R13, Stack_black(R11)
target_recorded:
	// and the stack that is left, for X
	CBZ  R3, exchange
	MOVD R13, Stack_black(R12)

exchange:
	// Here: R11 target, R10 owner, R12 the stack that is left, X locked. Whatever is
	// refused has been by now.
	ORR  $const_hasDeferOrPanic, X // see SWAP_LISTS: maybe there are some
	SWAP_LISTS
	MOVD R8, Stack_host(R12)
	EXCHANGE
	// the race detector's context goes with the stack; without the detector it is 0 in both
	SWAP(const_gRacectx)
	SUSPEND
	// all else of the exchange is written: from here on the target is the running stack
	MOVD R11, owner_current(R10)
	// as in switchFast
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: still on the stack that is left. It is suspended, and X, still locked, holds
	// it.
	RESUME
	// The mark before the lock: while the lock is held the mark can only be ours. R8, R10,
	// R11 and R14 are still needed, and not touched.
	UNLOCK_PROFILE
	// from here on the stack that was left may be moved
	UNLOCK_CARRIER(X)
	// a suspended target takes the value in arrive, called as if by its innermost frame
	CMP  $const_stateFresh, R14
	BEQ  start
	ARRIVE
start:
	// Here: a fresh target. Its trampoline finds R10 the owner and X = 0: the value is in
	// owner.transfer.
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R11)
	// its carrier is taken off the cache now: it holds the stack that was left
	MOVD owner_cache(R10), R4
	MOVD carrierCache_n(R4), R5
	SUB  $1, R5
	MOVD R5, carrierCache_n(R4)
	// X = 0 stands for inTransfer; the argument v is nil then, and not used
	MOVD ZR, X
	MOVD ZR, R0
	MOVD ZR, R1
	// LR is goexit since RESUME
	JMP  (R8)

preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
unlock_busy:
	// the profiler reads X, or (refuse_busy) the lock is held: the caller tries again
	UNLOCK_CARRIER(X)
refuse_busy:
	// R0 = the refusal, R1 = 0: an eface whose type word no type has
	MOVD $const_refusedBusy, R0
	MOVD ZR, R1
	RET
unlock_marking:
	// a white stack would move to a g that is not scanned any more: the caller scans both
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVD $const_refusedMarking, R0
	MOVD ZR, R1
	RET
refuse_foreign:
	// the caller panics
	MOVD $const_refusedForeign, R0
	MOVD ZR, R1
	RET
refuse_state:
	// not suspended, or no carrier at hand: a bug of the caller
	MOVD $const_refusedState, R0
	MOVD ZR, R1
	RET

// func finishLocked(s, next *Stack, token uint64) (why refusal)
// Does:    ends s, the running stack, and resumes next, suspended or fresh, under the carrier's
//          lock, if the collector's rules (native_gc.go) allow it; otherwise returns why not,
//          having moved nothing.
// Called:  from Go, on s, ABI0.
// In:      s+0(FP), next+8(FP), token+16(FP) = a token for the mark phase if it has none yet. The
//          value is in owner.transfer.
// Out:     why+24(FP); does not return here if it switched.
// Keeps:   R28, R18.   Smashes: all else, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE yes, nobody above.
// Safe if: C1, C2, C4, C7; native_gc.go.
TEXT ·finishLocked(SB), NOSPLIT|NOFRAME, $0-32
	// R12 s, R11 next, R13 the token offered
	MOVD s+0(FP), R12
	MOVD next+8(FP), R11
	MOVD token+16(FP), R13
	MOVD Stack_owner(R11), R10
	MOVD const_gM(G), R4
	// as in switchLocked
	MOVWU const_mNcgo(R4), R4
	CBNZ R4, refuse_foreign
	MOVD owner_cache(R10), R2
	MOVD carrierCache_n(R2), R3
	// The carrier that next is on gets the ended stack, and goes to the cache: R2 = cache,
	// R3 = the index that it will have there.
	CARRIER(R11)
	// R14 = the state of next
	MOVD Stack_state(R11), R14
	// a fresh next has no carrier yet
	CMP  $const_stateFresh, R14
	BEQ  take_carrier
	// the caller has made room
	CMP  $const_cacheSlots, R3
	BHS  refuse_state
	JMP  have_carrier
take_carrier:
	CBZ  R3, refuse_state
	// The carrier that next takes is the one that s leaves its stack to, so it stays in the
	// cache.
	SUB  $1, R3
	ADD  $carrierCache_slots, R2, R4
	MOVD (R4)(R3<<3), X
have_carrier:
	// Here: X the carrier of next, 0 if it is done.
	CBZ  X, refuse_state
	LOCK_CARRIER(X)
	BNE  refuse_busy
	// as in switchLocked: the lock keeps the collector and the tracer off, a profile needs
	// its own mark
	MOVWU const_gGoroutineProfiled(G), R4
	CBZ  R4, profile_done
	LOCK_PROFILE
	BNE  unlock_busy
profile_done:
	// Here: X is locked against the collector, the tracer and the profiler.

	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, exchange
	TOKEN
	// The stack that ends holds nothing afterwards, so only the target is asked: it must be
	// black, or G pending.
	CMP  $const_stateFresh, R14
	BEQ  target_black
	MOVD Stack_black(R11), R4
	CMP  R4, R13
	BEQ  exchange
	// Black where it rests? Then it is recorded, as in switchLocked.
	MOVBU const_gGcscandone(X), R4
	CBNZ R4, target_black
	// White: G must be pending, as in MAY_EXCHANGE.
	MOVBU const_gGcscandone(G), R4
	CBNZ R4, unlock_marking
	MOVD owner_attachToken(R10), R4
	CMP  R4, R13
	BEQ  unlock_marking
	JMP  exchange
target_black:
	// Here: next is black where it rests, or fresh.
	MOVD R13, Stack_black(R11)

exchange:
	// Here: R12 s, R11 next, R10 owner, X locked, R2 R3 the place in the cache. Whatever is
	// refused has been by now.
	// For a fresh next this writes back what is there. Only this goroutine looks at the
	// cache, so X may be in it while it is locked, and not fresh yet.
	ADD  $carrierCache_slots, R2, R4
	MOVD X, (R4)(R3<<3)
	ADD  $1, R3
	MOVD R3, carrierCache_n(R2)
	// the heads are exchanged in any case: here a few loads do not count
	ORR  $const_hasDeferOrPanic, X
	SWAP_LISTS
	// the ended stack's lists are not the next one's
	CLEAR_LISTS
	EXCHANGE
	// as in switchLocked
	SWAP(const_gRacectx)
	// s is done, and X holds a fresh stack
	MAKE_FRESH
	MOVD ZR, Stack_host(R12)
	MOVD $const_stateDone, R4
	MOVD R4, Stack_state(R12)
	// next is the running stack from here on
	MOVD R11, owner_current(R10)
	// as in switchFast
	MOVBU const_gPreempt(G), R4
	CBNZ R4, preempt
go_on:
	// Here: still on the stack that ends. X, still locked, holds it in the fresh state.
	RESUME
	// From here on nothing of s is needed: its memory is what the next stack on X starts
	// with.
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	// as in switchLocked
	CMP  $const_stateFresh, R14
	BEQ  start
	ARRIVE
start:
	// Here: a fresh target. Its trampoline finds R10 the owner and X = 0: the value is in
	// owner.transfer.
	MOVD $const_stateStarted, R4
	MOVD R4, Stack_state(R11)
	MOVD ZR, X
	MOVD ZR, R0
	MOVD ZR, R1
	// LR is goexit since RESUME
	JMP  (R8)

preempt:
	// as in switchFast
	PREEMPT
	JMP go_on
unlock_busy:
	// as in switchLocked; finishNative tries again
	UNLOCK_CARRIER(X)
refuse_busy:
	// Here: nothing is locked, or not any more.
	MOVD $const_refusedBusy, R4
	MOVD R4, why+24(FP)
	RET
unlock_marking:
	// next is white, and G scanned
	UNLOCK_PROFILE
	UNLOCK_CARRIER(X)
	MOVD $const_refusedMarking, R4
	MOVD R4, why+24(FP)
	RET
refuse_foreign:
	// a callback from C must return to C first: finishNative panics
	MOVD $const_refusedForeign, R4
	MOVD R4, why+24(FP)
	RET
refuse_state:
	// next is not suspended, or the cache is empty, or full: a bug of the caller
	MOVD $const_refusedState, R4
	MOVD R4, why+24(FP)
	RET

// The trampolines are the outermost frames of all our stacks. They differ in the size of their
// frames, by one cache line each.
//
// func trampolineN()
// Does:    calls runEntry(s, v, inTransfer), and, if that returns, endRecovered with its result.
// Called:  by the jump at the end of a switch to a fresh stack.
// In:      R10 = the owner of s, which is current; R0 R1 = v; X = 0 if inTransfer; LR = goexit.
// Out:     does not return.
// Keeps:   R28, R18.   Smashes: all else.
// Stack:   its frame, whose 32 bytes above the saved LR are runEntry's spill area and
//          whose last two words are s and its complement; SPWRITE no.
// Safe if: C1, C2, C3.
//
// size must leave room for the two words and the spill area. The assembler's prologue saves LR,
// which RESUME has made goexit, and the R29 that it has loaded, which is 0: frame pointers end
// here.
#define TRAMPOLINE(name, size) \
TEXT name<>(SB), NOSPLIT, $size-0; \
	NO_LOCAL_POINTERS; \
	/* R3 = inTransfer */ \
	CMP  $0, X; \
	CSET EQ, R3; \
	/* s, left in the frame with its complement, for restingOn: right below stktopsp, at the */ \
	/* same distance in each trampoline */ \
	MOVD owner_current(R10), R4; \
	MOVD R4, stack-8(SP); \
	MVN  R4, R5; \
	MOVD R5, complement-16(SP); \
	/* the arguments of runEntry: s, v, inTransfer */ \
	MOVD R1, R2; \
	MOVD R0, R1; \
	MOVD R4, R0; \
	/* Go code is entered here in ABIInternal: R28 is G, R26 the closure; there is no */ \
	/* register of zeros to restore */ \
	MOVD ·runEntryValue(SB), R26; \
	MOVD (R26), R4; \
	CALL (R4); \
	/* it has recovered from the last panic of the stack that it returns */ \
	MOVD ·endRecoveredValue(SB), R26; \
	MOVD (R26), R4; \
	CALL (R4); \
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
// In:      LR = goexit.   Out: does not return here.
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; SPWRITE no.
// Safe if: C3.
TEXT exitTrampoline<>(SB), NOSPLIT|NOFRAME, $0-0
	// gogo has loaded LR from sched.lr, where MAKE_FRESH left goexit
	RET

// func carrierFresh(carrier uintptr)
// Does:    puts a carrier that has just parked into the fresh state, and marks it as born in this
//          mark phase if one runs.
// Called:  by carrierParked, on the scheduler's stack, ABI0.
// In:      carrier+0(FP) = the carrier's g, parked for good.
// Out:     none.
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R9, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: C3, C7; native_gc.go.
TEXT ·carrierFresh(SB), NOSPLIT|NOFRAME, $0-8
	// gopark has made X a waiting goroutine by now, so its scan lock can be taken
	MOVD carrier+0(FP), X
lock:
	// spins: the collector or the tracer holds it for a moment only
	LOCK_CARRIER(X)
	BNE  lock
	// gopark has left the resume point in carrierMain: the carrier starts anew instead
	MAKE_FRESH
	// nobody sets this word again; sched.lr is part of the fresh state
	MOVD ZR, const_gSchedCtxt(X)
	MOVD ZR, R5
	// 0 between phases: the next one then counts X among those that it found.
	// 1 in a phase: X may have no job in it, and does not count as pending (native_gc.go).
	MOVWU runtime·writeBarrier(SB), R4
	CMPW $0, R4
	CSET NE, R5
	MOVD R5, const_gGcAssistBytes(X)
	// from here on the collector may scan X or shrink its stack, and finds the fresh state
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
	// R5 = what it was, R13 = what it becomes
	// (again until no other thread writes in between)
	LDAXR (R4), R5
	ADD  $1, R5, R13
	// several carriers of a batch may park at once, on as many threads: R6 is not 0 then
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
	// as in carrierFresh
	LOCK_CARRIER(X)
	BNE  lock
	// the fresh stack has goexit's address as its only word, or in LR;
	// under the lock, as the collector reads sched when it scans X
	MOVD $exitTrampoline<>(SB), R4
	MOVD R4, const_gSchedPC(X)
	UNLOCK_CARRIER(X)
	RET

// func phaseToken(offered uint64) uint64
// Does:    returns the token of the mark phase, giving it the offered one if it has none; 0 if no
//          phase runs.
// Called:  from Go, ABI0.
// In:      offered+0(FP) = a token never used before.
// Out:     ret+8(FP).
// Keeps:   R28, R18.   Smashes: R4, R5, R6, R13, flags.
// Stack:   0 bytes; NOSPLIT because no safe point may divide it; SPWRITE no.
// Safe if: native_gc.go.
TEXT ·phaseToken(SB), NOSPLIT|NOFRAME, $0-16
	// R13 = the answer
	MOVD ZR, R13
	// no phase, no token
	MOVWU runtime·writeBarrier(SB), R4
	CBZ  R4, done
	// as TOKEN: the sentinel's assist credit is the token, 0 in a phase that has none yet
	MOVD offered+0(FP), R13
	MOVD ·sentinel(SB), R4
	ADD  $const_gGcAssistBytes, R4
again:
	// Here: R4 the address of the word, R13 the offered token.
	LDAXR (R4), R5
	CBNZ R5, found
	// the offered one becomes the phase's, if no other has come first
	STLXR R13, (R4), R6
	CBNZ R6, again
	JMP  done
found:
	// the phase has one already
	MOVD R5, R13
done:
	// Here: R13 = the token, 0 if no phase runs.
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
	// a thread that C made has an m of the runtime's pool of extra ones
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
	// with acquire: what is read after it is not read before;
	// may fault, which is a panic in the caller (C8)
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
	// the highest id that a processor has reserved for the goroutines that it makes
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
	// a direct-mapped table, by the low bits of the goroutine's id
	AND  $(const_nearOwners-1), R4, R5
	MOVD $·ownersNear(SB), R0
	// The place may change at any time: one load, of a pointer or nil. What it points to is
	// read by way of it, which orders the two loads.
	MOVD (R0)(R5<<3), R0
	CBZ  R0, none
	// the place may be another goroutine's
	MOVD owner_goid(R0), R5
	CMP  R4, R5
	BNE  none
	RET
none:
	// currentOwner looks in the complete table
	MOVD ZR, R0
	RET

// func nearSlot() unsafe.Pointer
// Does:    returns the slot of the running goroutine's owner if it is in ownersNear; otherwise goes
//          on in slotSlow.
// Called:  through a func value, inlined into the callers of Slot, ABIInternal.
// In:      none.   Out: R0.
// Keeps:   R28, R18.   Smashes: all else in slotSlow; here R4, R5, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT nearSlot<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD const_gGoid(G), R4
	// as in nearOwner
	AND  $(const_nearOwners-1), R4, R5
	MOVD $·ownersNear(SB), R0
	MOVD (R0)(R5<<3), R0
	// nil, or an owner that is not collected before the next safe point
	CBZ  R0, slow
	// the owner of another goroutine whose id has the same low bits?
	MOVD owner_goid(R0), R5
	CMP  R4, R5
	BNE  slow
	// what SetSlot has stored, nil if nothing
	MOVD owner_slot(R0), R0
	RET
slow:
	// Here: no arguments; slotSlow returns to our caller.
	MOVD ·slotSlowValue(SB), R26
	MOVD (R26), R4
	JMP  (R4)

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
