//go:build gc && !stackful_portable

#include "textflag.h"

// func cycles() uint64
// Does:    returns the time-stamp counter.
// Called:  by Go code, ABI0.
// In:      none.
// Out:     ret+0(FP) = ticks.
// Keeps:   all but AX, DX.   Smashes: AX, DX, flags.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: none.
TEXT ·cycles(SB), NOSPLIT, $0-8
	// RDTSC waits for nothing. The first fence holds it back until earlier
	// instructions are done, the second holds later ones back until it is; RDTSCP
	// would replace only the first, and not every processor has it.
	LFENCE
	RDTSC
	LFENCE
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func lockCmpxchg(n int)
// Does:    n times LOCK CMPXCHGQ on one word of its frame.
// Called:  by LockCmpxchg, at most chunk times at once, ABI0.
// In:      n+0(FP) = how often, more than 0.
// Out:     none.
// Keeps:   all but AX, CX, DX.   Smashes: AX, CX, DX, flags.
// Stack:   8 bytes; NOSPLIT because a frame that small may go without; SPWRITE no
//          (but for the assembler's own frame).
// Safe if: none.
TEXT ·lockCmpxchg(SB), NOSPLIT, $8-8
	MOVQ n+0(FP), CX
	XORL AX, AX
	XORL DX, DX
	MOVQ AX, word-8(SP)

again:
	LOCK
	CMPXCHGQ DX, word-8(SP)
	DECQ     CX
	JNZ      again
	RET

// func callRet(n int)
// Does:    n times CALL and RET.
// Called:  by CallRet, at most chunk times at once, ABI0.
// In:      n+0(FP) = how often, more than 0.
// Out:     none.
// Keeps:   all but CX.   Smashes: CX, flags.
// Stack:   the return address of one call; NOSPLIT because a frame that small
//          may go without; SPWRITE no.
// Safe if: none.
TEXT ·callRet(SB), NOSPLIT, $0-8
	MOVQ n+0(FP), CX

again:
	CALL ·empty<>(SB)
	DECQ CX
	JNZ  again
	RET

// func empty<>()
// Does:    returns.
// Called:  by callRet, ABI0.
// In:      none.
// Out:     none.
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: none.
TEXT ·empty<>(SB), NOSPLIT, $0-0
	RET
