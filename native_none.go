//go:build stackful_portable || valgrind || goexperiment.runtimesecret || !go1.25 || go1.28 || !(amd64 || arm64) || !(linux || darwin || freebsd || windows)

package stackful

import "unsafe"

// What native_asm.go declares, for the builds without it, so that the native_*.go
// files compile. None of it is called: init of native_start.go leaves the portable
// backend as soon as it sees haveAssembly.
const haveAssembly = false

func gopark(func(g uintptr, lock unsafe.Pointer) bool, unsafe.Pointer, uint8, uint8, int) {}

func goready(uintptr, int) {}
func nanotime() int64      { return 0 }

func gopanic(any) {}

func finishLocked(*Stack, *Stack, uint64) refusal { return refusedState }

func onForeignThread() bool { return false }

func phaseToken(uint64) uint64 { return 0 }

func goidgen() uint64 { return 0 }

func marking() bool { return false }

func scanStacks(*stackScan) {}

func prefetch(uintptr) {}

func suspendedFrames(*Stack, *[maxFrames]uintptr) int { return 0 }

func discardLocked(*Stack) bool { return false }

func takePanic(any) bool { return false }

func peek(uintptr) uintptr { return 0 }

func carrierFresh(uintptr) {}

func armCarrierExit(uintptr) {}

func count(*int64) int64 { return 0 }
