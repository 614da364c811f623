//go:build !stackful_portable && go1.25 && !go1.28 && (amd64 || arm64) && linux

package gstate

import "unsafe"

//go:linkname gopark runtime.gopark
func gopark(unlockf func(gp, lock unsafe.Pointer) bool, lock unsafe.Pointer, reason uint8, traceReason uint8, skip int)

const waitReasonIOWait = 2 // in all releases

// AboutToPark calls runtime.gopark as for a descriptor that has become ready meanwhile: it returns at
// once; in a task, in its turn.
func AboutToPark() { gopark(hasCome, nil, waitReasonIOWait, 0, 1) }

// hasCome is called on the system stack, where the race detector must not be told of anything.
//
//go:norace
func hasCome(_, _ unsafe.Pointer) bool { return false }
