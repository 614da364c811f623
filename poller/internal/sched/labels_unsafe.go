//go:build go1.25 && !go1.28

package sched

import "unsafe"

// labels is the set of profiler labels of a goroutine, as package runtime/pprof
// has it. It is never changed, only replaced.
type labels = unsafe.Pointer

// GoroutineLabels returns the labels of the calling goroutine. It is linked by name, since
// package runtime/pprof exports no way to read them, and none to set them without a context
// that has them.
//
//go:linkname GoroutineLabels runtime/pprof.runtime_getProfLabel
func GoroutineLabels() labels

//go:linkname setGoroutineLabels runtime/pprof.runtime_setProfLabel
func setGoroutineLabels(l labels)

// KnowsLabels reports whether tasks can have labels of their own.
const KnowsLabels = true
