//go:build gc && !stackful_portable

package asm

import "github.com/klauspost/cpuid/v2"

// CounterName is the unit of [Cycles].
const CounterName = "CNTVCT ticks"

// cycles returns the virtual counter, CNTVCT_EL0.
func cycles() uint64

// counterHz returns the rate that firmware states for it, CNTFRQ_EL0.
func counterHz() uint64

// lockCmpxchg does n compare-and-swaps on one word, n > 0.
func lockCmpxchg(n int) {
	if cpuid.CPU.Supports(cpuid.ATOMICS) {
		lockCASAL(n)
	} else {
		lockExclusive(n)
	}
}

func lockCASAL(n int)
func lockExclusive(n int)

// callRet does n calls of an empty function, n > 0.
func callRet(n int)
