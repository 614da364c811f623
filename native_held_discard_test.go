package stackful

import (
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// A stack is neither looked at nor discarded while its carrier is held, nor
// during a profile; and no lock of another holder is released.
func TestHeld_discard(t *testing.T) {
	onOwnGoroutine(t, func() {
		s := New(func(any) (*Stack, any) { return nil, passUp() })
		s.Switch(nil)
		x := s.carrier()
		if raceEnabled || s.host&hasDeferOrPanic != 0 {
			return // see canDiscard
		}
		var pcs [maxFrames]uintptr
		check := func(what string, frames, discarded bool) {
			t.Helper()
			was := atomic.LoadUint32(statusOf(x))
			if got := suspendedFrames(s, &pcs) != 0; got != frames {
				t.Errorf("%s: frames are told: %v", what, got)
			}
			if got := discardLocked(s); got != discarded || s.Done() != discarded {
				t.Errorf("%s: discarded: %v, done: %v", what, got, s.Done())
			}
			if now := atomic.LoadUint32(statusOf(x)); now != was {
				t.Errorf("%s: the status of the carrier was %#x and is %#x", what, was, now)
			}
		}
		h := locked(x)
		check("locked", false, false)
		h.release()
		marked(func() { check("profiled", false, false) })
		free := currentOwner().cache.n
		check("free", true, true)
		if c := currentOwner().cache; c.n != free+1 || c.slots[free] != x || s.host != 0 {
			t.Errorf("the cache has %d carriers, had %d; host is %#x", c.n, free, s.host)
		}
		if suspendedFrames(s, &pcs) != 0 || discardLocked(s) {
			t.Error("discarded twice")
		}
		if got := New(func(v any) (*Stack, any) { return nil, v }).Switch("on it"); got != "on it" {
			t.Errorf("a new stack on that carrier returned %v", got)
		}
	})
}

//go:noinline
func passUp() any { return Current().Root().Switch(nil) }

// What cannot be discarded: the running stack, its own; one of another goroutine; one
// with more frames than there is room for; and any if there is no room for its carrier.
func TestHeld_discardRefuses(t *testing.T) {
	onOwnGoroutine(t, func() {
		var pcs [maxFrames + 1]uintptr
		pcs[maxFrames] = 7
		none := func(what string, s *Stack) {
			t.Helper()
			if n := suspendedFrames(s, (*[maxFrames]uintptr)(pcs[:])); n != 0 || discardLocked(s) {
				t.Errorf("%s: has %d frames", what, n)
			}
		}
		none("the root, never switched from", Current())
		none("fresh", New(func(any) (*Stack, any) { return nil, nil }))
		s := New(func(any) (*Stack, any) {
			none("running", Current())
			passUp()
			none("running again", Current()) // host is stale
			return nil, passUp()
		})
		s.Switch(nil)
		s.Switch(nil)
		if raceEnabled || s.host&hasDeferOrPanic != 0 {
			return // see canDiscard
		}
		ended := make(chan bool)
		go func() {
			defer close(ended)
			currentOwner()
			none("another goroutine's", s)
		}()
		<-ended
		c := currentOwner().cache
		c.giveBack(int(c.n))
		c.n += uint64(pool.get(c.slots[:cacheSlots]))
		for c.n < cacheSlots {
			c.n += uint64(pool.get(c.slots[c.n:cacheSlots]))
		}
		if discardLocked(s) || s.Done() || c.n != cacheSlots {
			t.Errorf("discarded, though the cache was full; it has %d carriers", c.n)
		}
		if !s.Discard() || !s.Done() || c.n > cacheSlots {
			t.Errorf("not discarded, though the cache can be emptied; it has %d carriers", c.n)
		}
		deep := New(func(any) (*Stack, any) { return nil, recurse(2 * maxFrames) })
		deep.Switch(nil)
		if n := suspendedFrames(deep, (*[maxFrames]uintptr)(pcs[:])); n != 0 || pcs[maxFrames] != 7 {
			t.Errorf("a deep stack has %d frames, the word behind them is %#x", n, pcs[maxFrames])
		}
		x := deep.carrier()
		lo, hi, bp := *wordOf(x, gStackLo), *wordOf(x, gStackHi), wordOf(x, gSchedBP)
		for _, wrong := range []uintptr{8, lo - 16, lo, hi - 8, hi} { // in a function that uses it for something else
			old := *bp
			*bp = wrong
			if n := suspendedFrames(deep, (*[maxFrames]uintptr)(pcs[:])); n != 0 {
				t.Errorf("%d frames by the frame pointer %#x of the stack %#x to %#x", n, wrong, lo, hi)
			}
			*bp = old
		}
		deep.Switch(nil)
		if currentOwner().cache.n > cacheSlots {
			t.Error("more carriers than the cache has room for")
		}
	})
}

//go:noinline
func recurse(n int) any {
	if n == 0 {
		return passUp()
	}
	v := recurse(n - 1)
	runtime.KeepAlive(&n)
	return v
}

// mayDefer says the same of a function whether it has been asked or not, and whichever
// others have been asked about since.
func TestDiscard_answersAreNotMixed(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	const functions = 5000
	fresh := make(map[uintptr]bool)
	with := 0
	for pc := goexitPC &^ 15; len(fresh) < functions; pc += 64 {
		if runtime.FuncForPC(pc) == nil {
			break
		}
		for i := range deferKnown {
			deferKnown[i].Store(0)
		}
		fresh[pc] = mayDefer(pc)
		if fresh[pc] {
			with++
		}
	}
	t.Logf("%d places, %d in functions with deferred calls", len(fresh), with)
	if with < 10 || len(fresh)-with < 10 {
		t.Skip("too few to be mixed")
	}
	for range 3 {
		for pc, want := range fresh { // in an order that is another one each time
			if got := mayDefer(pc); got != want {
				t.Fatalf("%s: %v, and %v when it was asked first", runtime.FuncForPC(pc).Name(), got, want)
			}
		}
	}
}

// While the collector marks nothing is discarded.
func TestDiscard_whileMarking(t *testing.T) {
	switch {
	case !native:
		t.Skip("needs the native backend: " + portableReason)
	case strings.Contains(os.Getenv("GODEBUG"), "gcstoptheworld"):
		t.Skip("no goroutine of the program runs while the collector marks")
	}
	endGC := collectAgain()
	s := New(func(any) (*Stack, any) { return nil, passUp() })
	s.Switch(nil)
	var pcs [maxFrames]uintptr
	for seen := 0; seen < 100; runtime.Gosched() {
		before := phaseToken(offerToken())
		if before == 0 {
			continue
		}
		frames := suspendedFrames(s, &pcs)
		if phaseToken(offerToken()) == before {
			if seen++; frames != 0 {
				t.Errorf("%d frames were looked at while the collector marked", frames)
				break
			}
		}
	}
	endGC()
	s.Switch(nil)
}
