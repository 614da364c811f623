//go:build !race

package biased

import (
	"sync/atomic"
	"unsafe"
)

// StoreRelease stores v as atomic.Uint32.Store does, except that the processor may perform
// later loads of this goroutine before it: on amd64 that is an ordinary store, without the
// locked instruction of Store.
func StoreRelease(p *atomic.Uint32, v uint32) { *(*uint32)(unsafe.Pointer(p)) = v }

// StoreRelease64 is StoreRelease for 8 bytes.
func StoreRelease64(p *atomic.Uint64, v uint64) { *(*uint64)(unsafe.Pointer(p)) = v }

// StoreReleasePointer is StoreRelease for a pointer.
func StoreReleasePointer[T any](p *atomic.Pointer[T], v *T) { *(**T)(unsafe.Pointer(p)) = v }

// storeReleaseTrue is StoreRelease for a bool.
func storeReleaseTrue(p *atomic.Bool) { *(*uint32)(unsafe.Pointer(p)) = 1 }
