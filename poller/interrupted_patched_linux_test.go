//go:build !poller_std

package poller

import (
	"sync/atomic"
	"testing"
)

func init() {
	waitScenes["semaphore of the patched library"] = func(testing.TB) *waitScene {
		n := new(uint32)
		h := currentHub()
		release := func() {
			atomic.AddUint32(n, 1)
			patchedSemas.released(n)
		}
		return &waitScene{
			wait: func() { patchedSemas.acquireUntil(h, n, noInstant) }, wake: release, undo: release, settle: YieldIO,
			check: func() string {
				return is(atomic.LoadUint32(n) == 1 && patchedSemas.waiting.Load() == 0 && len(patchedSemas.queues) == 0, "tokens")
			},
		}
	}
}
