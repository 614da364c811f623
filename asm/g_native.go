//go:build gc && (amd64 || arm64)

package asm

import "unsafe"

// haveG says that this build can find the running g.
const haveG = true

// G returns the address of the g of the calling goroutine, or 0 on another GOARCH
// than amd64 and arm64. The runtime never frees a g, but gives it to a later
// goroutine once this one has ended; G with [Goid] names a goroutine for ever.
//
//go:noescape
func G() uintptr

func currentG() uintptr { return G() }

// goid returns g.goid, from where the table has it.
func goid() uint64

// goidAndLockedm returns g.goid and g.lockedm.
func goidAndLockedm() (id uint64, m uintptr)

// goidUnlockedCode is the code of a func() uint64 that returns g.goid, or NoGoid if g.lockedm is not 0. It
// takes g from its register, and returns in one, so no wrapper for ABI0 lies before it.
var goidUnlockedCode uintptr

// gWord returns the word at an offset in the calling goroutine's g.
func gWord(offset int) uintptr { return wordAt(G() + uintptr(offset)) }

// copyG copies the first n bytes of the calling goroutine's g to dst, and
// returns the SP it ran at. n is a multiple of 8. No safe point comes between
// two reads, but other threads may write to g meanwhile.
//
//go:noescape
func copyG(dst *byte, n int) (sp uintptr)

// copyVia copies n bytes, a multiple of 8, from where the word at g+offset points,
// if that lies on the running stack between SP and limit, and returns the
// address; 0 if it does not. No safe point comes between the two reads.
//
//go:noescape
func copyVia(dst *byte, offset int, limit uintptr, n int) (src uintptr)

// copyMem copies n bytes, a multiple of 8, from an address that need not be a
// Go pointer and that no checker looks at. It faults like Go code does.
//
//go:noescape
func copyMem(dst *byte, src uintptr, n int)

// wordAt returns the word at an address, as copyMem.
func wordAt(address uintptr) (w uintptr) {
	copyMem((*byte)(unsafe.Pointer(&w)), address, int(unsafe.Sizeof(w)))
	return w
}
