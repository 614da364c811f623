package stackful

import (
	"runtime"
	"sync/atomic"

	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// IgnoreIdle applies ignore to each name of IdleGoroutines. It is for go.uber.org/goleak:
//
//	goleak.VerifyNone(t, stackful.IgnoreIdle(goleak.IgnoreTopFunction)...)
func IgnoreIdle[Option any](ignore func(name string) Option) (all []Option) {
	for _, name := range IdleGoroutines() {
		all = append(all, ignore(name))
	}
	return all
}

// Shutdown ends the goroutines whose stacks are free, so that runtime.NumGoroutine does not
// count them: those of the process, of the calling goroutine, and of goroutines that have ended, for
// which it runs a collection. Suspended stacks are not affected, and other goroutines that live
// keep the few free stacks that they have at hand. The package can be used as before; stacks are
// made anew then.
//
// It returns when they have ended. Three goroutines remain, which the package has from the start of
// the process. In the portable backend, which keeps none, it does nothing.
func Shutdown() {
	if !native {
		return
	}
	forgetEnded()
	currentOwner().cache.flush()
	pool.drain()
	waitEnded(endingCarriers.take())
}

// OwnGoroutines returns how many of the goroutines that runtime.NumGoroutine counts are this
// package's, in the native backend: those whose stacks are lent, whoever runs on them, and two that
// serve the others. It may be too few for a moment, while some begin or end. In the portable
// backend it is 0.
func OwnGoroutines() int {
	if !native {
		return 0
	}
	return serviceGoroutines + carriers.live()
}

// serviceGoroutines is the factory of carriers, and the sentinel, see native_gc.go.
const serviceGoroutines = 2

// forgetEnded has the owners of ended goroutines collected, and so their free carriers given
// back to the pool.
func forgetEnded() {
	for i := range ownersNear {
		o := ownersNear[i].Load()
		if o == nil {
			continue
		}
		ownersMu.Lock()
		ended := !o.adopting.Load() && o.ended()
		ownersMu.Unlock()
		if ended && ownersNear[i].CompareAndSwap(o, nil) {
			o.releaseEnded()
		}
	}
	// Cleanups run in no certain order: that of a later object is only a sign that the others
	// have been queued.
	for range 2 {
		var cleaned atomic.Bool
		runtime.AddCleanup(new([2]uint64), func(b *atomic.Bool) { b.Store(true) }, &cleaned)
		runtime.GC()
		for i := 0; !cleaned.Load() && i < mostYields; i++ {
			runtimepatch.Gosched()
		}
	}
}

// mostYields bounds the loops of Shutdown that wait for other goroutines.
const mostYields = 100_000

// drain ends the pool's carriers.
func (p *carrierPool) drain() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.least = nil, 0
	p.mu.Unlock()
	endAll(idle)
}

// waitEnded returns when the goroutines of all have ended.
func waitEnded(all []endingCarrier) {
	for i := 0; len(all) > 0 && i < mostYields; i++ {
		last := len(all) - 1
		if all[last].ended() {
			all = all[:last]
			continue
		}
		runtimepatch.Gosched()
	}
}
