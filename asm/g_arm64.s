//go:build gc

#include "go_asm.h"
#include "textflag.h"

// func G() uintptr
// Does:    returns the address of the running g.
// Called:  by Go code, on any goroutine stack, ABI0.
// In:      none.
// Out:     ret+0(FP) = g.
// Keeps:   all.   Smashes: none.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1.
TEXT ·G(SB), NOSPLIT, $0-8
	// R28 is g in ABI0 too; the assembler knows it only by this name.
	MOVD g, ret+0(FP)
	RET

// func goid() uint64
// Does:    returns g.goid.
// Called:  by Go code once checkGoid has approved of const_GGoid, ABI0.
// In:      none.
// Out:     ret+0(FP) = goroutine id.
// Keeps:   all but R0.   Smashes: R0.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C10.
TEXT ·goid(SB), NOSPLIT, $0-8
	MOVD const_GGoid(g), R0
	MOVD R0, ret+0(FP)
	RET

// func goidAndLockedm() (id uint64, m uintptr)
// Does:    returns g.goid and g.lockedm.
// Called:  as goid.
// In:      none.
// Out:     id+0(FP) = goroutine id
//          m+8(FP) = the m that the goroutine is locked to, or 0.
// Keeps:   all but R0, R1.   Smashes: R0, R1.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C10.
TEXT ·goidAndLockedm(SB), NOSPLIT, $0-16
	MOVD const_GGoid(g), R0
	MOVD const_GLockedm(g), R1
	MOVD R0, id+0(FP)
	MOVD R1, m+8(FP)
	RET

// func goidUnlocked() uint64
// Does:    returns g.goid, or NoGoid if g.lockedm is not 0.
// Called:  through the func value unlockedGoid once checkGoid has approved of const_GGoid, ABIInternal.
// In:      none.
// Out:     R0 = goroutine id, or NoGoid.
// Keeps:   all but R0, R1.   Smashes: R0, R1.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C2, C10.
TEXT goidUnlocked<>(SB), NOSPLIT, $0
	MOVD const_GLockedm(g), R1
	MOVD const_GGoid(g), R0
	CBZ  R1, unlocked
	MOVD $const_NoGoid, R0

unlocked:
	RET

DATA ·goidUnlockedCode(SB)/8, $goidUnlocked<>(SB)
GLOBL ·goidUnlockedCode(SB), NOPTR, $8

// func copyG(dst *byte, n int) (sp uintptr)
// Does:    copies the first n bytes of the running g to dst.
// Called:  by Layout.Check, ABI0.
// In:      dst+0(FP) = destination
//          n+8(FP) = bytes, a multiple of 8, at most what is readable at g.
// Out:     sp+16(FP) = hardware SP inside this function.
// Keeps:   R4 to R26, F0 to F31.   Smashes: R0, R1, R3, R27, flags.
// Stack:   0 bytes; NOSPLIT because a stack check may move the stack and
//          rewrite the fields of g between two calls; SPWRITE no.
// Safe if: C1, C7.
TEXT ·copyG(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD n+8(FP), R1
	MOVD RSP, R3
	MOVD R3, sp+16(FP)

copy_down:
	SUBS $8, R1, R1
	BLT  copied
	MOVD (g)(R1), R3
	MOVD R3, (R0)(R1)
	B    copy_down

copied:
	RET

// func copyMem(dst *byte, src uintptr, n int)
// Does:    copies n bytes from src to dst.
// Called:  by Layout.Check, with faults turned into panics, ABI0.
// In:      dst+0(FP) = destination
//          src+8(FP) = source, any address
//          n+16(FP) = bytes, a multiple of 8.
// Out:     none.
// Keeps:   R4 to R26, F0 to F31.   Smashes: R0, R1, R2, R3, flags.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C8.
TEXT ·copyMem(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R2
	MOVD n+16(FP), R1

copy_down:
	SUBS $8, R1, R1
	BLT  copied
	MOVD (R2)(R1), R3
	MOVD R3, (R0)(R1)
	B    copy_down

copied:
	RET

// func copyVia(dst *byte, offset int, limit uintptr, n int) (src uintptr)
// Does:    copies n bytes from where the word at g+offset points, if that is on the running stack.
// Called:  by Layout.Check, ABI0.
// In:      dst+0(FP) = destination
//          offset+8(FP) = offset in g, readable
//          limit+16(FP) = end of the stack
//          n+24(FP) = bytes, a multiple of 8.
// Out:     src+32(FP) = where it copied from; 0 if not, as it is below SP or
//          nearer to limit than n.
// Keeps:   R5 to R26, F0 to F31.   Smashes: R0 to R4, R27, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move between the two
//          loads; SPWRITE no.
// Safe if: C1, C7.
TEXT ·copyVia(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD offset+8(FP), R1
	MOVD limit+16(FP), R3
	MOVD n+24(FP), R2
	MOVD (g)(R1), R1
	MOVD RSP, R4
	CMP  R4, R1
	BLS  elsewhere
	SUB  R2, R3
	CMP  R3, R1
	BHI  elsewhere
	MOVD R1, src+32(FP)

copy_down:
	SUBS $8, R2, R2
	BLT  copied
	MOVD (R1)(R2), R3
	MOVD R3, (R0)(R2)
	B    copy_down

elsewhere:
	MOVD ZR, src+32(FP)

copied:
	RET
