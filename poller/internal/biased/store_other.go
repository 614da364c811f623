//go:build !amd64 || race

package biased

import "sync/atomic"

// StoreRelease is a release store: see store_amd64.go.
func StoreRelease(p *atomic.Uint32, v uint32) { p.Store(v) }

// StoreRelease64 is StoreRelease for 8 bytes.
func StoreRelease64(p *atomic.Uint64, v uint64) { p.Store(v) }

// storeReleaseTrue is StoreRelease for a bool.
func storeReleaseTrue(p *atomic.Bool) { p.Store(true) }

// StoreReleasePointer is StoreRelease for a pointer.
func StoreReleasePointer[T any](p *atomic.Pointer[T], v *T) { p.Store(v) }
