//go:build !linux || !(amd64 || arm64) || race

package poller

import "sync/atomic"

// enter makes *p 1, before any later load of this goroutine: sync/atomic promises
// that, so nobody else needs a barrier.
func enter(p *atomic.Uint32) { p.Store(1) }

func prepareLocks() { ownLocks.Store(ownLocksNow) }

func barrierEverywhere() {}
