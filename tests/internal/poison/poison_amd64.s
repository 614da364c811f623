#include "textflag.h"
#include "go_asm.h"

// func Registers()
// Does:    fills all registers that a call may change.
// Called:  from Go, on any stack, ABI0.
// In:      none.   Out: none.
// Keeps:   SP, BP, R14, X15.   Smashes: all else; flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C2.
TEXT ·Registers(SB), NOSPLIT, $0-0
	MOVQ $const_FloatGarbage, AX
	MOVQ AX, X0
	PUNPCKLQDQ X0, X0
	MOVQ AX, X1
	PUNPCKLQDQ X1, X1
	MOVQ AX, X2
	PUNPCKLQDQ X2, X2
	MOVQ AX, X3
	PUNPCKLQDQ X3, X3
	MOVQ AX, X4
	PUNPCKLQDQ X4, X4
	MOVQ AX, X5
	PUNPCKLQDQ X5, X5
	MOVQ AX, X6
	PUNPCKLQDQ X6, X6
	MOVQ AX, X7
	PUNPCKLQDQ X7, X7
	MOVQ AX, X8
	PUNPCKLQDQ X8, X8
	MOVQ AX, X9
	PUNPCKLQDQ X9, X9
	MOVQ AX, X10
	PUNPCKLQDQ X10, X10
	MOVQ AX, X11
	PUNPCKLQDQ X11, X11
	MOVQ AX, X12
	PUNPCKLQDQ X12, X12
	MOVQ AX, X13
	PUNPCKLQDQ X13, X13
	MOVQ AX, X14
	PUNPCKLQDQ X14, X14
	MOVQ $const_IntGarbage, AX
	MOVQ AX, BX
	MOVQ AX, CX
	MOVQ AX, DX
	MOVQ AX, SI
	MOVQ AX, DI
	MOVQ AX, R8
	MOVQ AX, R9
	MOVQ AX, R10
	MOVQ AX, R11
	MOVQ AX, R12
	MOVQ AX, R13
	MOVQ AX, R15
	ADDQ AX, AX           // carry and sign set, zero and parity as they come
	MOVQ R13, AX
	RET

// func Fixed() (current, zeroLow, zeroHigh uint64)
// Does:    returns R14 and X15.
// Called:  from Go, on any stack, ABI0.
// In:      none.   Out: current+0(FP), zeroLow+8(FP), zeroHigh+16(FP).
// Keeps:   all but X0.   Smashes: X0.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C2.
TEXT ·Fixed(SB), NOSPLIT, $0-24
	MOVQ R14, current+0(FP)
	MOVQ X15, zeroLow+8(FP)
	MOVOU X15, X0
	PSRLO $8, X0
	MOVQ X0, zeroHigh+16(FP)
	RET

// func FloatControl() uint64
// Does:    returns MXCSR without its status bits.
// Called:  from Go, on any stack, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   all but AX.   Smashes: AX, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C6.
TEXT ·FloatControl(SB), NOSPLIT, $0-8
	MOVQ $0, ret+0(FP)
	STMXCSR ret+0(FP)
	MOVQ ret+0(FP), AX
	ANDQ $0xffc0, AX
	MOVQ AX, ret+0(FP)
	RET

// func Frame() uint64
// Does:    returns BP.
// Called:  from Go, on any stack, ABI0.
// In:      none.   Out: ret+0(FP).
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C5.
TEXT ·Frame(SB), NOSPLIT, $0-8
	MOVQ BP, ret+0(FP)
	RET
