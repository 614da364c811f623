package stackful

import (
	"runtime"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

const largeBytes = 32 << 10

// mayDropNow has c allow as many drops as ever.
func mayDropNow(c *carrierCache) { c.grown.skips, c.grown.next = 0, -time.Hour }

// largeFrame needs more than any stack begins with.
//
//go:noinline
func largeFrame(n int) byte {
	var room [largeBytes]byte
	room[n] = 1
	return room[n/2] + room[n]
}

// newGrows makes a stack that grows in its only run.
func newGrows() *Stack {
	return New(func(any) (*Stack, any) { return nil, largeFrame(7) })
}

// No life begins with a stack that another has grown: whether lives end and begin by turns or many at a time, by
// themselves or suspended, and through the pool.
func TestGrown_isNotInherited(t *testing.T) {
	needCarriers(t)
	c := currentOwner().cache
	home := Current()
	lives := 0
	start := func(grow bool) *Stack {
		mayDropNow(c)
		return New(func(any) (*Stack, any) {
			lives++
			mayDropNow(c) // when other stacks are needed
			if g := asm.G(); stackSize(&g) > largeBytes {
				t.Fatalf("life %d begins with %d bytes, which another life must have needed", lives, stackSize(&g))
			}
			if grow {
				largeFrame(7)
			}
			home.Switch(nil)
			return home, nil
		})
	}
	round := func(n int, discard bool) {
		all := make([]*Stack, n)
		for i := range all {
			all[i] = start((n-i)%2 == 1) // the last does
			all[i].Switch(nil)
		}
		for _, s := range all {
			if !discard || !s.Discard() {
				s.Switch(nil)
			}
		}
		for i := range all {
			all[i] = start(true) // many are made before the first of them starts
		}
		for range 2 {
			for _, s := range all {
				s.Switch(nil)
			}
		}
	}
	root := home
	for _, n := range []int{1, 2, cacheSlots / 2, cacheSlots + 1, 4 * cacheSlots} {
		for i := range 8 {
			discard := i%4 < 2
			if home = root; i%2 == 0 {
				round(n, discard)
				continue
			}
			// on another stack, which is another goroutine for the race detector
			home = New(func(any) (*Stack, any) { round(n, discard); return root, nil })
			home.Switch(nil)
		}
	}
}

// The race detector does not see the cache, which all stacks of a goroutine use: here as they end, behind their last
// order with another one.
func TestGrown_whileEnding(t *testing.T) {
	needCarriers(t)
	c := currentOwner().cache
	root := Current()
	mixed := func() { // gives the pool free carriers, every other of which has grown
		home, all := Current(), make([]*Stack, cacheSlots)
		for i := range all {
			all[i] = New(func(any) (*Stack, any) {
				if i%2 == 0 {
					largeFrame(7)
				}
				home.Switch(nil)
				return home, nil
			})
			all[i].Switch(nil)
		}
		for _, s := range all {
			s.Switch(nil)
		}
		c.giveBack(int(c.n))
		mayDropNow(c)
	}
	var held []*Stack
	for range 8 {
		New(func(any) (*Stack, any) {
			next := New(func(any) (*Stack, any) { return root, nil })
			mixed()
			return next, nil
		}).Switch(nil)
		// The next one is to be another goroutine for the detector, so it gets another carrier.
		s := New(func(any) (*Stack, any) { root.Switch(nil); return nil, nil })
		s.Switch(nil)
		held = append(held, s)
	}
	for _, s := range held {
		s.Switch(nil)
	}
}

// What is dropped ends, a few at a time, and with the owner or by Shutdown at the latest.
func TestGrown_ends(t *testing.T) {
	needCarriers(t)
	ended := make(chan []endingCarrier)
	go func() {
		c := currentOwner().cache
		var all []endingCarrier // with their ids: a g is used again
		for range 2*dropBatch + 1 {
			newGrows().Switch(nil)
			g := c.slots[c.n-1]
			all = append(all, endingCarrier{g, uint64(peek(g + asm.GGoid))})
			mayDropNow(c)
			newGrows()
		}
		if c.grown.n == 0 || c.grown.n > dropBatch || int(c.grown.n) == len(all) {
			t.Errorf("%d carriers of %d wait to be ended, want 1 to %d", c.grown.n, len(all), dropBatch)
		}
		Shutdown()
		if c.n+uint64(c.grown.n) != 0 {
			t.Errorf("Shutdown leaves %d carriers, and %d to be ended", c.n, c.grown.n)
		}
		ended <- all
	}()
	for i, c := range <-ended {
		if !c.ended() {
			t.Errorf("carrier %d has not ended", i)
		}
	}
}

// Stacks are kept while it is too early, and for some lives after that nobody looks at the clock.
func TestGrown_isKept(t *testing.T) {
	needCarriers(t)
	c := currentOwner().cache
	newGrows().Switch(nil)
	c.grown.skips, c.grown.next = 0, time.Duration(nanotime())+time.Hour
	kept := func() {
		t.Helper()
		n := c.n
		if New(nil); c.n != n || !hasGrown(&c.slots[n-1]) {
			t.Fatalf("%d carriers are left of %d, the last has grown: %t", c.n, n, hasGrown(&c.slots[n-1]))
		}
	}
	kept()
	if c.grown.skips != dropSkips {
		t.Errorf("the next look is %d lives away, want %d", c.grown.skips, dropSkips)
	}
	c.grown.next = -time.Hour
	for range dropSkips {
		kept()
	}
	n, least := c.n, time.Duration(nanotime())-2*dropSaved*dropEvery(carriers.live())
	if New(nil); c.n >= n {
		t.Errorf("%d carriers are left of %d, though it is not too early any more", c.n, n)
	}
	if c.grown.next < least {
		t.Errorf("the next may be dropped at %v, want %v or later: more was saved up than may be", c.grown.next, least)
	}
	c.grown.next = time.Duration(nanotime()) + time.Hour
	for range 3 {
		newGrows().Switch(nil)
	}
}

// Shutdown waits for the carriers that have been ended, whoever did that.
func TestWaitEnded(t *testing.T) {
	needCarriers(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // they end when this goroutine yields
	made := makeCarriers(20)
	carriers.add(made)
	var all []endingCarrier
	for _, g := range made {
		all = append(all, endingCarrier{g, uint64(peek(g + asm.GGoid))})
		carrierEnd(g)
	}
	waitEnded(endingCarriers.take())
	for i, c := range all {
		if !c.ended() {
			t.Errorf("carrier %d has not ended", i)
		}
	}
}
