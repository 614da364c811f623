//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd)

#include "textflag.h"

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
