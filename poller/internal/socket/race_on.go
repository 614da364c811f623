//go:build race

package socket

import (
	"runtime"
	"unsafe"
)

// What the race detector would learn from package syscall's Read and Write: that
// they touch their buffers, and that what is written comes before what is read.

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
