//go:build !poller_std

package poller

import (
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/poller/internal/patched"
	"github.com/stackful-go/stackful/poller/internal/sched"
)

func init() {
	waitScenes["semaphore of the patched library"] = func(testing.TB) *waitScene {
		n := new(uint32)
		h := sched.Here()
		release := func() {
			atomic.AddUint32(n, 1)
			patched.Semas.Released(n)
		}
		return &waitScene{
			wait: func() { patched.Semas.AcquireUntil(h, n, sched.Never) }, wake: release, undo: release, settle: YieldIO,
			check: func() string {
				return is(atomic.LoadUint32(n) == 1 && patched.Semas.Waiting.Load() == 0 && len(patched.Semas.Queues) == 0, "tokens")
			},
		}
	}
}
