//go:build gc && !stackful_portable && go1.25 && !go1.28

#include "textflag.h"

// func schedAddress() uintptr
// Does:    returns the address of the runtime's sched.
// Called:  by PendingTimers, ABI0.
// In:      none.
// Out:     ret+0(FP) = &runtime.sched.
// Keeps:   all but R0.   Smashes: R0.
// Stack:   0 bytes; NOSPLIT because it needs no stack; SPWRITE no.
// Safe if: none.
TEXT ·schedAddress(SB), NOSPLIT, $0-8
	MOVD $runtime·sched(SB), R0
	MOVD R0, ret+0(FP)
	RET
