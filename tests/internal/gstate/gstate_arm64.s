//go:build !stackful_portable && go1.25 && !go1.28 && (linux || darwin || freebsd || windows)

#include "textflag.h"
#include "go_asm.h"

// func look() (marking, profiled uint32, traced uint64)
// Does:    reads the words that SLOW_PATH_NEEDED of the root package's arch_arm64.s asks for.
// Called:  from Go, ABI0.
// In:      none.   Out: marking+0(FP), profiled+4(FP), traced+8(FP).
// Keeps:   g.   Smashes: R0, R1.
// Stack:   0 bytes; NOSPLIT because it is a leaf; SPWRITE no.
// Safe if: C1, C10, C14.
TEXT ·look(SB), NOSPLIT, $0-16
	MOVWU runtime·writeBarrier(SB), R0
	MOVW  R0, marking+0(FP)
	MOVWU const_gGoroutineProfiled(g), R0
	MOVW  R0, profiled+4(FP)
	MOVD  const_gStatusTraced(g), R0
	MOVWU (const_gStatusTraced+8)(g), R1
	ORR   R1, R0, R0
	MOVD  R0, traced+8(FP)
	RET
