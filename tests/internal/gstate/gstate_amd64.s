//go:build !stackful_portable && go1.25 && !go1.28 && (linux || darwin || freebsd || windows)

#include "textflag.h"
#include "go_asm.h"

// func look() (marking, profiled uint32, traced uint64)
// Does:    reads the words that SLOW_PATH_NEEDED of the root package's arch_amd64.s asks for.
// Called:  from Go, ABI0.
// In:      none.   Out: marking+0(FP), profiled+4(FP), traced+8(FP).
// Keeps:   R14.   Smashes: AX, BX, flags.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C10, C14.
TEXT ·look(SB), NOSPLIT, $0-16
	MOVL runtime·writeBarrier(SB), AX
	MOVL AX, marking+0(FP)
	MOVL const_gGoroutineProfiled(R14), AX
	MOVL AX, profiled+4(FP)
	MOVQ const_gStatusTraced(R14), AX
	MOVL (const_gStatusTraced+8)(R14), BX
	ORQ  BX, AX
	MOVQ AX, traced+8(FP)
	RET
