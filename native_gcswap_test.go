package stackful

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// Two stacks change carriers only if each of them is scanned all the same, and each
// keeps what it has.
func TestGC_swapCarriers(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		root := Current()
		var deferred [3]int
		suspend := func(i int, carrier uintptr) *Stack {
			lend(carrier)
			s := New(func(any) (*Stack, any) {
				for range i { // a list of its own length
					defer func() { deferred[i]++ }()
				}
				if l := hold(func() { root.Switch(nil) }); l != "" {
					lost = l
				}
				return nil, nil
			})
			s.Switch(nil)
			return s
		}
		late, other := suspend(0, w.takeLate()), suspend(1, w.takeLate())
		early := suspend(2, w.takeEarly())
		third := suspend(0, w.takeLate())
		free := w.takeLate()
		if met = w.open(); met {
			// The collector may come here at any time: what is said holds if it has not come
			// afterwards. Goroutines that were made before G are scanned, but for those of
			// one batch that came later than the one which the window waits for.
			pending := func(gs ...uintptr) bool {
				return !slices.ContainsFunc(gs, scanDone) && !scanDone(asm.G()) && !scanDone(w.last)
			}
			try := func(s *Stack, g uintptr, other *Stack) (moved bool) {
				for range 1000 {
					if moved = swapCarriers(s, g, offerToken(), addressOf(other)); moved || !pending(g) {
						break
					}
				}
				return moved
			}
			x, y, z := late.carrier(), other.carrier(), early.carrier()
			elsewhere := &Stack{owner: new(owner), state: stateStarted, host: x}
			root.host = x // stale, as it is while a stack runs
			switch {
			case !scanDone(z):
				met = false
			case !try(late, y, other):
				if met = pending(x, y); met {
					lost = "two stacks that are still to be scanned did not change carriers"
				}
			case late.carrier() != y || other.carrier() != x:
				lost = "two stacks that changed carriers do not know it"
			case swapCarriers(late, z, offerToken(), addressOf(early)):
				if met = pending(y); met {
					lost = "a stack that is not scanned came to a carrier that has been"
				}
			case swapCarriers(early, y, offerToken(), addressOf(late)):
				if met = pending(y); met {
					lost = "a stack that is not scanned was moved to a carrier that has been"
				}
			case tryAs(third, x, try, late):
				lost = "a stack changed carriers with one that the words on it tell of, and that rests elsewhere"
			case tryAs(third, x, try, root):
				lost = "a stack changed carriers with the running one"
			case tryAs(third, x, try, elsewhere):
				lost = "a stack changed carriers with one of another goroutine"
			case !try(early, free, nil):
				if met = pending(free); met {
					lost = "a stack that is scanned did not go to a free carrier"
				}
			case early.carrier() != free:
				lost = "a stack that went to a free carrier does not know it"
			default:
				free = z
			}
		}
		pool.put([]uintptr{free})
		w.close()
		for _, s := range []*Stack{late, other, early, third} {
			s.Switch(nil)
		}
		if deferred != [3]int{0, 1, 2} {
			t.Errorf("stacks ran %v deferred calls", deferred)
		}
		return met, lost
	})
}

func addressOf(s *Stack) uintptr { return uintptr(unsafe.Pointer(s)) }

// tryAs is try(s, g, as) while the words that a trampoline has left on g's stack tell of
// as: as they do on a stack that has been another's, whose memory was not cleared.
func tryAs(s *Stack, g uintptr, try func(s *Stack, g uintptr, other *Stack) bool, as *Stack) (moved bool) {
	saying(g, addressOf(as), func() { moved = try(s, g, as) })
	runtime.KeepAlive(as)
	return moved
}

// saying calls f while the words on g's stack are w and its complement.
func saying(g, w uintptr, f func()) {
	at := peek(g+asm.GStktopsp) - stackWordOffset
	word, inverse := wordOf(at, 0), wordOf(at-8, 0)
	was, complement := *word, *inverse
	defer func() { *word, *inverse = was, complement }()
	*word, *inverse = w, ^w
	f()
}

// What a carrier says of a stack is believed only if that says the same, and words that no trampoline
// has left are no stack's.
func TestRestingOn(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	root := Current()
	suspended := func() *Stack {
		s := New(func(any) (*Stack, any) { root.Switch(nil); return nil, nil })
		s.Switch(nil)
		return s
	}
	s, other := suspended(), suspended()
	defer other.Switch(nil)
	defer s.Switch(nil)
	x := s.carrier()
	owner := uintptr(unsafe.Pointer(root.owner))
	if w, of := restingOn(x); w != addressOf(s) || of != owner {
		t.Errorf("on the carrier of %p rests %#x, of %#x, want %#x", s, w, of, owner)
	}
	defer func(host, pulled uintptr) { s.host, s.yieldHost = host, pulled }(s.host, s.yieldHost)
	s.host, s.yieldHost = 0, x|hasDeferOrPanic
	if w, _ := restingOn(x); w != addressOf(s) {
		t.Errorf("found %#x instead of a stack that waits in a yield", w)
	}
	s.host, s.yieldHost = x|hasDeferOrPanic, 0
	inverse := wordOf(peek(x+asm.GStktopsp)-stackWordOffset-8, 0)
	*inverse++
	if w, of := restingOn(x); w != 0 || of != 0 {
		t.Errorf("without the complement: found %#x, of %#x", w, of)
	}
	*inverse--
	for _, c := range []struct {
		name string
		s    *Stack
	}{
		{"one that rests elsewhere", other},
		{"a fresh one", &Stack{owner: root.owner, state: stateFresh, host: x}},
		{"one that is done", &Stack{owner: root.owner, state: stateDone, host: x}},
	} {
		saying(x, addressOf(c.s), func() {
			if w, of := restingOn(x); w != 0 || of != 0 {
				t.Errorf("%s: found %#x, of %#x", c.name, w, of)
			}
		})
		runtime.KeepAlive(c.s)
	}
	const unmapped = 1 << 46 // by Linux, unless it was requested
	for _, address := range []uint64{0, ^uint64(0), 1, 4096, unmapped, 1 << 63} {
		w := uintptr(address)
		saying(x, w, func() {
			if got, of := restingOn(x); got != 0 || of != 0 {
				t.Errorf("%#x: found %#x, of %#x", w, got, of)
			}
			if root.owner.swapOnto(x, other) {
				t.Errorf("%#x: overtaken", w)
			}
		})
	}
}

// A stack that would have to wait long for the collector is promoted: it is
// found on another carrier than where it was left.
func TestGC_promotes(t *testing.T) {
	switch {
	case !native:
		t.Skip("needs the native backend: " + portableReason)
	case os.Getenv("GODEBUG") != "":
		t.Skip("the collector may do all its work while the world is stopped")
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		const n = 2000
		root := Current()
		var stacks [n]*Stack
		var left [n]uintptr
		over := false
		for i := range stacks {
			stacks[i] = New(func(any) (*Stack, any) {
				for !over {
					root.Switch(nil)
				}
				return nil, nil
			})
			stacks[i].Switch(nil)
			left[i] = stacks[i].carrier()
		}
		stop := make(chan bool)
		collected := make(chan bool)
		go func() {
			defer close(collected)
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
				}
			}
		}()
		moved := 0
		for end := time.Now().Add(time.Minute); moved == 0 && time.Now().Before(end); {
			for i, s := range stacks {
				if s.carrier() != left[i] {
					moved++
				}
				s.Switch(nil)
				left[i] = s.carrier()
			}
		}
		close(stop)
		<-collected
		over = true
		for _, s := range stacks {
			s.Switch(nil)
		}
		if moved == 0 {
			t.Error("no stack was brought forward")
		}
	}()
	<-done
}
