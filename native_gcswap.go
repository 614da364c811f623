package stackful

import (
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// A switch that the collector's rules (native_gc.go) forbid now may become possible soon, or at
// once, if the stack that is to run changes carriers with another suspended one.

// promote moves s, a suspended stack to which the running one cannot switch now, to
// where that will be possible soon, or is. Otherwise the wait could be as long as it takes
// to scan all stacks.
//
//go:norace
func (o *owner) promote(s *Stack) {
	x, free := s.carrier(), o.cache.slots[:o.cache.n]
	if x == 0 {
		// It is fresh, and starts on the last free carrier.
		for i, y := range free {
			if last := &free[len(free)-1]; !scanDone(y) {
				free[i], *last = *last, y
				return
			}
		}
		return
	}
	if !scanDone(x) {
		// It is white, so it changes places with one that is about to be scanned.
		carriers.scanFrontier(x, func(g uintptr) bool { return o.swapOnto(g, s) })
		return
	}
	// It is the running stack that is white, and must go to a carrier that is pending. The
	// one that it came from is the first choice, if what it holds now is black.
	if y := o.running().carrier(); y != 0 && !scanDone(y) && o.swapOnto(y, s) {
		return
	}
	for i, y := range free {
		if !scanDone(y) && swapCarriers(s, y, offerToken(), 0) {
			free[i] = x
			return
		}
	}
}

// swapOnto exchanges s, which is suspended, with the stack that rests on carrier y, if o owns
// that one, too, and reports whether it did.
//
//go:norace
func (o *owner) swapOnto(y uintptr, s *Stack) bool {
	w, of := restingOn(y)
	return of == uintptr(unsafe.Pointer(o)) && swapCarriers(s, y, offerToken(), w)
}

// scanFrontier calls try for carriers of suspended stacks that the collector will scan soon,
// and before the carrier of, until it returns true. The collector goes through the
// goroutines in the order in which their g's were made, which is mostly that of all.
func (c *carrierSet) scanFrontier(of uintptr, try func(g uintptr) bool) {
	if !c.mu.TryLock() {
		return // a wait for the lock would need more of the stack that is left than all else here
	}
	defer c.mu.Unlock()
	if c.front > 0 && !scanDone(c.all[c.front-1]) {
		c.front = 0 // another phase has begun
	}
	for c.front < len(c.all) && scanDone(c.all[c.front]) {
		c.front++
	}
	tries := 0
	for _, g := range c.all[c.front:min(len(c.all), c.front+frontierWindow)] {
		switch {
		case g == of:
			return
		case scanDone(g) || !suspends(g):
			continue
		case try(g):
			return
		}
		if tries++; tries == frontierTries {
			return
		}
	}
}

// The effort of scanFrontier.
const (
	frontierWindow = 4096 // carriers that it looks at
	frontierTries  = 32   // carriers that it calls try for
)

// scanDone reports whether the collector has scanned the stack of g in this mark phase,
// or in the last one. As with all that is read from another g, the answer is old at once.
//
//go:norace
func scanDone(g uintptr) bool {
	at := g + gGcscandone
	return **(**bool)(unsafe.Pointer(&at))
}

// suspends reports whether g is parked as carriers are, with frames on its stack.
//
//go:norace
func suspends(g uintptr) bool {
	reason, sp, top := g+asm.GWaitreason, g+gSchedSP, g+gStktopsp
	return **(**uint8)(unsafe.Pointer(&reason)) == asm.WaitReasonCoroutine &&
		**(**uintptr)(unsafe.Pointer(&top))-**(**uintptr)(unsafe.Pointer(&sp)) > 64
}
