//go:build race

package socket

import (
	"runtime"
	"unsafe"
)

// The raw calls report to the race detector, as package syscall's Read and Write do, that
// they access their buffers, and that a write happens before each later read.

// raceIO is the address that stands for all of I/O, as in package syscall.
var raceIO byte

func raceAcquireIO() { runtime.RaceAcquire(unsafe.Pointer(&raceIO)) }
func raceReleaseIO() { runtime.RaceReleaseMerge(unsafe.Pointer(&raceIO)) }

func raceRead(p []byte) {
	if len(p) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&p[0]), len(p))
	}
}

func raceWrite(p []byte) {
	if len(p) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&p[0]), len(p))
	}
}
