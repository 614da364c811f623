package asm

import (
	"sync"
	"time"

	"github.com/klauspost/cpuid/v2"
)

// A CPU describes the processor that the process runs on, for the head of a
// benchmark's report. It is plain data.
type CPU struct {
	Vendor, Brand           string // as the processor spells them; "" if it does not say
	Family, Model, Stepping int    // 0 if unknown

	PhysicalCores, LogicalCores int // 0 if unknown

	L1D, L2, L3 int // bytes of cache; -1 if unknown
	CacheLine   int // bytes; 0 if unknown

	Features []string // sorted as the cpuid package sorts them

	CounterName    string  // see [CounterName]
	CountersPerSec float64 // see [CyclesPerSecond]
}

// Identify returns what is known of the processor. It takes as long as the
// first call of [CyclesPerSecond]. It may be called from any goroutine.
func Identify() CPU {
	c := &cpuid.CPU
	return CPU{
		Vendor: c.VendorString, Brand: c.BrandName,
		Family: c.Family, Model: c.Model, Stepping: c.Stepping,
		PhysicalCores: c.PhysicalCores, LogicalCores: c.LogicalCores,
		L1D: c.Cache.L1D, L2: c.Cache.L2, L3: c.Cache.L3,
		CacheLine:      c.CacheLine,
		Features:       c.FeatureSet(),
		CounterName:    CounterName,
		CountersPerSec: CyclesPerSecond(),
	}
}

// Cycles returns a counter that only grows while a thread stays on one
// processor, and by the same rate on all processors of any machine of this
// decade: the time-stamp counter on amd64, the virtual counter on arm64, and
// elsewhere the monotonic clock in nanoseconds. [CounterName] says which.
//
// Instructions before the call are done when the counter is read, and those
// after it have not begun.
//
// Not guaranteed: that the unit is a cycle of the core. The counters of today's
// processors tick at a fixed rate, whatever the core's clock does.
func Cycles() uint64 { return cycles() }

// CyclesPerSecond returns the rate of [Cycles]. Where the processor does not
// state it, the first call measures it for some milliseconds, without blocking;
// later calls return the same number. It may be called from any goroutine.
func CyclesPerSecond() float64 { return cyclesPerSecond() }

var cyclesPerSecond = sync.OnceValue(func() float64 {
	if hz := counterHz(); hz != 0 {
		return float64(hz)
	}
	return measureHz(5 * time.Millisecond)
})

// measureHz compares Cycles with the monotonic clock for a while.
func measureHz(d time.Duration) float64 {
	start, from := time.Now(), Cycles()
	for time.Since(start) < d {
	}
	elapsed, to := time.Since(start), Cycles()
	return float64(to-from) / elapsed.Seconds()
}

// chunk bounds what one assembly loop does: assembly cannot be preempted, and
// a collection that begins must wait for it.
const chunk = 1 << 10

// LockCmpxchg does n compare-and-swaps of a word on its own stack: LOCK CMPXCHGQ
// on amd64, CASAL or else LDAXR and STLXR on arm64. Its time per operation is the
// unit in which costs can be compared across machines. It returns n, or 0 in a
// build without assembly, where it does nothing.
func LockCmpxchg(n int) int { return inChunks(n, lockCmpxchg) }

// CallRet does n calls of an empty assembly function, each with its return. It
// returns n, or 0 in a build without assembly, where it does nothing.
func CallRet(n int) int { return inChunks(n, callRet) }

func inChunks(n int, f func(int)) int {
	if !haveG || n <= 0 {
		return 0
	}
	for left := n; left > 0; left -= chunk {
		f(min(left, chunk))
	}
	return n
}
