//go:build !gc || stackful_portable || !(amd64 || arm64)

package asm

// haveG says that this build can find the running g.
const haveG = false

// G returns the address of the g of the calling goroutine, or 0 in a build
// without assembly: another GOARCH than amd64 and arm64, or the build tag
// stackful_portable.
func G() uintptr { return 0 }

// goid and gWord are never called: see checkGoid.
func goid() uint64      { return 0 }
func gWord(int) uintptr { return 0 }
