//go:build go1.25 && !go1.28

package sched

import "unsafe"

// labels is the set of profiler labels of a goroutine, as package runtime/pprof
// has it. It is never changed, only replaced.
type labels = unsafe.Pointer

// GoroutineLabels returns the labels of the calling goroutine: package runtime/pprof has no way to ask for the goroutine's labels, and none to
// set them that does not need a context which has them.
//
//go:linkname GoroutineLabels runtime/pprof.runtime_getProfLabel
func GoroutineLabels() labels

//go:linkname setGoroutineLabels runtime/pprof.runtime_setProfLabel
func setGoroutineLabels(l labels)

const KnowsLabels = true
