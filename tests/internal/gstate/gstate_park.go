//go:build !stackful_portable && go1.25 && !go1.28 && (amd64 || arm64) && linux

package gstate

import "unsafe"

//go:linkname gopark runtime.gopark
func gopark(unlockf func(gp, lock unsafe.Pointer) bool, lock unsafe.Pointer, reason uint8, traceReason uint8, skip int)

const waitReasonIOWait = 2 // in all releases

// parkedOn is the g that gopark has parked.
var parkedOn unsafe.Pointer

// AboutToPark calls runtime.gopark as for a descriptor that has become ready meanwhile: it returns at
// once. The result is the g that would have waited.
func AboutToPark() unsafe.Pointer {
	gopark(hasCome, nil, waitReasonIOWait, 0, 1)
	return parkedOn
}

// hasCome is called on the system stack, where the race detector must not be told of anything.
//
//go:norace
func hasCome(gp, _ unsafe.Pointer) bool {
	parkedOn = gp
	return false
}
