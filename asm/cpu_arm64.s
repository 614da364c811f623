//go:build gc && !stackful_portable

#include "textflag.h"

// func cycles() uint64
// Does:    returns the virtual counter.
// Called:  by Go code, ABI0.
// In:      none.
// Out:     ret+0(FP) = ticks.
// Keeps:   all but R0.   Smashes: R0.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: none.
TEXT ·cycles(SB), NOSPLIT, $0-8
	ISB  $15            // MRS may run early, like RDTSC
	MRS  CNTVCT_EL0, R0
	ISB  $15
	MOVD R0, ret+0(FP)
	RET

// func counterHz() uint64
// Does:    returns the rate of the virtual counter in Hz, 0 if firmware set none.
// Called:  by CyclesPerSecond, ABI0.
// In:      none.
// Out:     ret+0(FP) = Hz.
// Keeps:   all but R0.   Smashes: R0.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: none.
TEXT ·counterHz(SB), NOSPLIT, $0-8
	MRS   CNTFRQ_EL0, R0
	MOVWU R0, R0         // the upper half is reserved
	MOVD  R0, ret+0(FP)
	RET

// func lockCASAL(n int)
// Does:    n times CASAL on one word of its frame.
// Called:  by lockCmpxchg if the CPU has it, at most chunk times at once, ABI0.
// In:      n+0(FP) = how often, more than 0.
// Out:     none.
// Keeps:   all but R0 to R3.   Smashes: R0, R1, R2, R3, flags.
// Stack:   16 bytes; NOSPLIT because a frame that small may go without; SPWRITE
//          no (but for the assembler's own frame).
// Safe if: none.
TEXT ·lockCASAL(SB), NOSPLIT, $16-8
	MOVD n+0(FP), R0
	MOVD $word-8(SP), R1
	MOVD ZR, (R1)
	MOVD ZR, R2
	MOVD ZR, R3

again:
	CASALD R2, (R1), R3
	SUBS   $1, R0, R0
	BNE    again
	RET

// func lockExclusive(n int)
// Does:    n times LDAXR and STLXR on one word of its frame.
// Called:  by lockCmpxchg if the CPU lacks CASAL, at most chunk times at once, ABI0.
// In:      n+0(FP) = how often, more than 0.
// Out:     none.
// Keeps:   all but R0 to R3.   Smashes: R0, R1, R2, R3, flags.
// Stack:   16 bytes; NOSPLIT because a frame that small may go without; SPWRITE
//          no (but for the assembler's own frame).
// Safe if: none.
TEXT ·lockExclusive(SB), NOSPLIT, $16-8
	MOVD n+0(FP), R0
	MOVD $word-8(SP), R1
	MOVD ZR, (R1)

again:
	LDAXR (R1), R2
	STLXR R2, (R1), R3
	CBNZW R3, again    // an interrupt came between the two
	SUBS  $1, R0, R0
	BNE   again
	RET

// func callRet(n int)
// Does:    n times BL and RET.
// Called:  by CallRet, at most chunk times at once, ABI0.
// In:      n+0(FP) = how often, more than 0.
// Out:     none.
// Keeps:   all but R0.   Smashes: R0, R30, flags.
// Stack:   16 bytes for R30; NOSPLIT because a frame that small may go without;
//          SPWRITE no (but for the assembler's own frame).
// Safe if: none.
TEXT ·callRet(SB), NOSPLIT, $8-8
	MOVD n+0(FP), R0

again:
	BL   ·empty<>(SB)
	SUBS $1, R0, R0
	BNE  again
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
