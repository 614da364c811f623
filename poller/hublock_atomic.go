//go:build !linux || !(amd64 || arm64) || race

package poller

import "sync/atomic"

// enter makes *p 1, before any later load of this goroutine: sync/atomic promises
// that, so nobody else needs a barrier.
func enter(p *atomic.Uint32) { p.Store(1) }

func prepareLocks() { ownLocks.Store(ownLocksNow) }

func barrierEverywhere() {}

// storeBeforeLook makes *p true, before any later load of this goroutine.
func storeBeforeLook(p *atomic.Bool) { announce(p, true) }

// lookAfterStore is for the other side of storeBeforeLook, between an atomic store
// and the load of *p: one of the two sides sees what the other has stored.
func lookAfterStore() {}
