//go:build !gc || !(amd64 || arm64)

package asm

// haveG says that this build can find the running g.
const haveG = false

// G returns the address of the g of the calling goroutine, or 0 on another GOARCH
// than amd64 and arm64.
func G() uintptr { return 0 }

// These are never called: see checkGoid.
func goid() uint64                      { return 0 }
func goidAndLockedm() (uint64, uintptr) { return 0, 0 }
func gWord(int) uintptr                 { return 0 }

var goidUnlockedCode uintptr
