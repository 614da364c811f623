package asm

import "runtime"

// Goid returns the id of the calling goroutine, the number that tracebacks
// print. It works on every platform and Go release: where the layout table is
// verified, or the field was found when the process started, it is one load, elsewhere it is
// [GoidParsed]. Ids start at 1 and are not used twice in a process.
func Goid() uint64 {
	if goidFast {
		return goid()
	}
	if inG != nil {
		id, _ := inG.goidAndLocked()
		return id
	}
	return GoidParsed()
}

// GoidParsed returns the id of the calling goroutine, read from the text that
// runtime.Stack prints. It needs nothing but that text, and costs what printing
// it costs: compare BenchmarkGoid and BenchmarkGoidParsed.
func GoidParsed() uint64 {
	var buf [len(goidPrefix) + 20]byte
	return goidIn(buf[:runtime.Stack(buf[:], false)])
}

const goidPrefix = "goroutine "

// goidIn returns the id in the first line of what runtime.Stack prints.
func goidIn(text []byte) uint64 {
	id := uint64(0)
	for _, c := range text[min(len(goidPrefix), len(text)):] {
		if c < '0' || '9' < c {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}

// goidFast says that goid was seen to agree with GoidParsed.
var goidFast = checkGoid()

// checkGoid compares goid with GoidParsed here and on a new goroutine: the id
// of the goroutine that initializes packages is 1, which other words may hold
// too.
func checkGoid() bool {
	if !haveG || release(Compiled()) != nil {
		return false
	}
	other := make(chan bool)
	go func() { other <- goid() == GoidParsed() }()
	return <-other && goid() == GoidParsed()
}
