//go:build gc

#include "go_asm.h"
#include "textflag.h"

// func G() uintptr
// Does:    returns the address of the running g.
// Called:  by Go code, on any goroutine stack, ABI0.
// In:      none.
// Out:     ret+0(FP) = g.
// Keeps:   all but AX.   Smashes: AX.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1.
TEXT ·G(SB), NOSPLIT, $0-8
	// ABI0 leaves R14 undefined; thread-local storage always holds g.
	MOVQ (TLS), AX
	MOVQ AX, ret+0(FP)
	RET

// func goid() uint64
// Does:    returns g.goid.
// Called:  by Go code once checkGoid has approved of const_GGoid, ABI0.
// In:      none.
// Out:     ret+0(FP) = goroutine id.
// Keeps:   all but AX.   Smashes: AX.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C10.
TEXT ·goid(SB), NOSPLIT, $0-8
	MOVQ (TLS), AX
	MOVQ const_GGoid(AX), AX
	MOVQ AX, ret+0(FP)
	RET

// func goidAndLockedm() (id uint64, m uintptr)
// Does:    returns g.goid and g.lockedm.
// Called:  as goid.
// In:      none.
// Out:     id+0(FP) = goroutine id
//          m+8(FP) = the m that the goroutine is locked to, or 0.
// Keeps:   all but AX, CX.   Smashes: AX, CX.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C10.
TEXT ·goidAndLockedm(SB), NOSPLIT, $0-16
	MOVQ (TLS), AX
	MOVQ const_GLockedm(AX), CX
	MOVQ const_GGoid(AX), AX
	MOVQ AX, id+0(FP)
	MOVQ CX, m+8(FP)
	RET

// func goidUnlocked() uint64
// Does:    returns g.goid, or NoGoid if g.lockedm is not 0.
// Called:  through the func value unlockedGoid once checkGoid has approved of const_GGoid, ABIInternal.
// In:      none.
// Out:     AX = goroutine id, or NoGoid.
// Keeps:   all but AX.   Smashes: AX, flags.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1, C2, C10.
TEXT goidUnlocked<>(SB), NOSPLIT, $0
	CMPQ const_GLockedm(R14), $0
	JNE  locked
	MOVQ const_GGoid(R14), AX
	RET

locked:
	MOVQ $const_NoGoid, AX
	RET

DATA ·goidUnlockedCode(SB)/8, $goidUnlocked<>(SB)
GLOBL ·goidUnlockedCode(SB), NOPTR, $8

// func copyG(dst *byte, n int) (sp uintptr)
// Does:    copies the first n bytes of the running g to dst.
// Called:  by Layout.Check, ABI0.
// In:      dst+0(FP) = destination
//          n+8(FP) = bytes, a multiple of 8, at most what is readable at g.
// Out:     sp+16(FP) = hardware SP inside this function.
// Keeps:   DX, R8 to R15, X0 to X15.   Smashes: AX, CX, SI, DI, flags.
// Stack:   0 bytes; NOSPLIT because a stack check may move the stack and
//          rewrite the fields of g between two calls; SPWRITE no.
// Safe if: C1, C7.
TEXT ·copyG(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ (TLS), SI
	MOVQ SP, sp+16(FP)

copy_down:
	SUBQ $8, CX
	JLT  copied
	MOVQ (SI)(CX*1), AX
	MOVQ AX, (DI)(CX*1)
	JMP  copy_down

copied:
	RET

// func copyMem(dst *byte, src uintptr, n int)
// Does:    copies n bytes from src to dst.
// Called:  by Layout.Check, with faults turned into panics, ABI0.
// In:      dst+0(FP) = destination
//          src+8(FP) = source, any address
//          n+16(FP) = bytes, a multiple of 8.
// Out:     none.
// Keeps:   DX, R8 to R15, X0 to X15.   Smashes: AX, CX, SI, DI, flags.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C8.
TEXT ·copyMem(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

copy_down:
	SUBQ $8, CX
	JLT  copied
	MOVQ (SI)(CX*1), AX
	MOVQ AX, (DI)(CX*1)
	JMP  copy_down

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
// Keeps:   R9 to R15, X0 to X15.   Smashes: AX, CX, DX, SI, DI, R8, flags.
// Stack:   0 bytes; NOSPLIT because the stack must not move between the two
//          loads; SPWRITE no.
// Safe if: C1, C7.
TEXT ·copyVia(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ offset+8(FP), DX
	MOVQ limit+16(FP), AX
	MOVQ n+24(FP), CX
	MOVQ (TLS), SI
	MOVQ (SI)(DX*1), SI
	MOVQ SP, R8
	CMPQ SI, R8
	JLS  elsewhere
	SUBQ CX, AX
	CMPQ SI, AX
	JHI  elsewhere
	MOVQ SI, src+32(FP)

copy_down:
	SUBQ $8, CX
	JLT  copied
	MOVQ (SI)(CX*1), AX
	MOVQ AX, (DI)(CX*1)
	JMP  copy_down

elsewhere:
	MOVQ $0, src+32(FP)

copied:
	RET
