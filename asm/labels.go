//go:build go1.25 && !go1.28

package asm

import "unsafe"

// Labels is the set of profiler labels of a goroutine, as package runtime/pprof has it. It is
// never changed, only replaced. nil is the empty one.
type Labels = unsafe.Pointer

// KnowsLabels: goroutines have labels that can be asked for and set, in this release of Go.
const KnowsLabels = true

// GoroutineLabels returns the labels of the calling goroutine. (Package runtime/pprof has no way
// to ask for them, and none to set them that does not need a context which has them.)
//
//go:linkname GoroutineLabels runtime/pprof.runtime_getProfLabel
func GoroutineLabels() Labels

// SetGoroutineLabels sets the labels of the calling goroutine.
//
//go:linkname SetGoroutineLabels runtime/pprof.runtime_setProfLabel
func SetGoroutineLabels(l Labels)
