//go:build gc && !stackful_portable

package asm

// CounterName is the unit of [Cycles].
const CounterName = "TSC ticks"

// cycles returns the time-stamp counter.
func cycles() uint64

// lockCmpxchg does n LOCK CMPXCHGQ on one word, n > 0.
func lockCmpxchg(n int)

// callRet does n calls of an empty function, n > 0.
func callRet(n int)

// counterHz returns 0: CPUID states the rate on few machines, and under a
// hypervisor not always truly.
func counterHz() uint64 { return 0 }
