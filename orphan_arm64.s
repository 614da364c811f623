//go:build !stackful_portable && !valgrind && !goexperiment.runtimesecret && go1.25 && !go1.28 && (linux || darwin || freebsd)

#include "textflag.h"

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
