package asm

import "runtime"

// Goexiting reports whether the deferred call that asks is made by runtime.Goexit, and not
// by a panic. It is for one in which recover has returned nil, although the function that
// deferred it has not returned: that may be a panic with nil, see GODEBUG=panicnil=1.
// The nearest of the two functions that run deferred calls made this one.
func Goexiting() bool {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			return false
		case f.Function == "runtime.Goexit", !more:
			return true
		}
	}
}

// GoexitBelow reports whether runtime.Goexit runs the deferred calls of the calling goroutine's stack:
// it, or a panic in one of them, made the call that asks.
func GoexitBelow() bool {
	pcs := make([]uintptr, 64)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(2, pcs)
	}
	frames := runtime.CallersFrames(pcs[:n])
	for {
		f, more := frames.Next()
		if f.Function == "runtime.Goexit" {
			return true
		}
		if !more {
			return false
		}
	}
}
