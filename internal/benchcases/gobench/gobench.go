// Package gobench runs cases of package benchcases as benchmarks of go test. It is for tests
// only.
package gobench

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful/internal/benchcases"
)

// Run measures c; what it calls an operation is each of the case's operations.
func Run(b *testing.B, each int, c benchcases.Case) {
	b.ReportAllocs()
	run, stop := c()
	if stop != nil {
		defer stop()
	}
	b.ResetTimer()
	run(b.N * each)
	b.StopTimer()
}

// RunOnOne is Run with GOMAXPROCS=1, for what is about goroutines: on several processors it
// would be about their wake-ups.
func RunOnOne(b *testing.B, each int, c benchcases.Case) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	Run(b, each, c)
}
