// Package inits tells whether packages are being initialized.
package inits

import (
	"runtime"
	"strings"
)

// Running reports whether the caller is called by the initialization of a package.
func Running() bool {
	var pcs [64]uintptr
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		frames := runtime.CallersFrames(pcs[:n])
		for more := n > 0; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasPrefix(f.Function, "runtime.doInit") {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}
