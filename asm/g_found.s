//go:build gc && (386 || arm || loong64 || mips || mipsle || mips64 || mips64le || ppc64 || ppc64le || riscv64 || s390x || wasm)

#include "textflag.h"

// The processors without a table: a move of a word, a register for it, and g, as the assembler knows it.

#ifdef GOARCH_386
#define MOVE MOVL
#define SCRATCH AX
#define CURRENT (TLS)
#endif
#ifdef GOARCH_arm
#define MOVE MOVW
#define SCRATCH R0
#endif
#ifdef GOARCH_loong64
#define MOVE MOVV
#define SCRATCH R4
#endif
#ifdef GOARCH_mips
#define MOVE MOVW
#define SCRATCH R1
#endif
#ifdef GOARCH_mipsle
#define MOVE MOVW
#define SCRATCH R1
#endif
#ifdef GOARCH_mips64
#define MOVE MOVV
#define SCRATCH R1
#endif
#ifdef GOARCH_mips64le
#define MOVE MOVV
#define SCRATCH R1
#endif
#ifdef GOARCH_ppc64
#define MOVE MOVD
#define SCRATCH R3
#endif
#ifdef GOARCH_ppc64le
#define MOVE MOVD
#define SCRATCH R3
#endif
#ifdef GOARCH_riscv64
#define MOVE MOV
#define SCRATCH X10
#endif
#ifdef GOARCH_s390x
#define MOVE MOVD
#define SCRATCH R2
#endif
#ifdef GOARCH_wasm
#define MOVE MOVD
#define SCRATCH R0
#endif

#ifndef CURRENT
#define CURRENT g
#endif

// func currentG() uintptr
// Does:    returns the address of the running g.
// Called:  by Go code, on any goroutine stack, ABI0.
// In:      none.
// Out:     ret+0(FP) = g.
// Keeps:   all but SCRATCH.   Smashes: SCRATCH.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: C1.
TEXT ·currentG(SB), NOSPLIT, $0
	MOVE CURRENT, SCRATCH
	MOVE SCRATCH, ret+0(FP)
	RET
