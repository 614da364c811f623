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

// goid returns g.goid, from where the table has it.
func goid() uint64

// goidAndLockedm returns g.goid and g.lockedm.
func goidAndLockedm() (id uint64, m uintptr)

// gWord returns the word at an offset in the calling goroutine's g.
func gWord(offset int) (w uintptr) {
	copyMem((*byte)(unsafe.Pointer(&w)), G()+uintptr(offset), int(unsafe.Sizeof(w)))
	return w
}

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
