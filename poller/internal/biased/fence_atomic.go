//go:build !linux || !(amd64 || arm64) || race

package biased

import "sync/atomic"

// enter makes *p 1, before any later load of this goroutine: sync/atomic promises
// that, so the revoker needs no barrier.
func enter(p *atomic.Uint32) { p.Store(1) }

// Prepare sets Mode to ModeOn: every store is one of sync/atomic here, so no barrier is needed.
func Prepare() { Mode.Store(ModeOn) }

// membarrier does nothing, as enter is a sequentially consistent store.
func membarrier() {}

// StoreLight makes *p true, before any later load of this goroutine.
func StoreLight(p *atomic.Bool) { StoreSeqCst(p, true) }

// FenceHeavy is the other side of StoreLight, between an atomic store
// and the load of *p: one of the two sides sees the other's store.
func FenceHeavy() {}
