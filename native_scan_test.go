package stackful

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackful-go/stackful/asm"
)

// A switch that the collector's rules forbid waits for no mark worker: the stack that is left goes to a
// scanned carrier while its goroutine, which is behind a very deep one, has not been scanned. A thread
// that loses its processor between the two looks finds the window closed; one that waits finds it closed
// every time.
func TestScanNow_doesNotWait(t *testing.T) {
	const tries = 5 // windows in all of which no thread loses its processor
	open, stayed := 0, 0
	inWindow(t, func(w *window) (met bool, lost string) {
		lend(w.takeEarly())
		opened := false
		s := New(func(any) (*Stack, any) {
			Current().Root().Switch(nil)
			met = opened && !scanDone(asm.G())
			w.close()
			return nil, nil
		})
		s.Switch(nil)
		lost = hold(func() {
			opened = w.open()
			s.Switch(nil)
		})
		if opened {
			open++
		}
		if met {
			stayed++
		}
		if open == tries && stayed == 0 {
			lost = "no switch came through before its goroutine was scanned"
		}
		return met, lost
	})
}

// What scanNow leaves: both stacks recorded as black in this phase, and the running goroutine as it was.
func TestScanNow_leaves(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		x := w.takeLate()
		s := suspendedOn(x, func() (*Stack, any) { return nil, nil })
		o := currentOwner()
		if met = w.open(); met {
			token := phaseToken(offerToken())
			o.scanNow(s)
			g := asm.G()
			switch {
			case phaseToken(offerToken()) != token:
				met = false // it was another phase
			case s.black != token || o.root.black != token:
				lost = "a stack is not recorded as black"
			case status(g) != statusRunning || status(x) != statusWaiting:
				lost = "a goroutine is still locked"
			case *field(g, gParkingOnChan)&1 != 0:
				lost = "the running stack can never shrink again"
			case o.scan != stackScan{}:
				lost = "the owner refers to the stacks still"
			}
		}
		w.close()
		s.Switch(nil)
		return met, lost
	})
}

// A stack whose carrier somebody else has locked is not scanned, and not said to be.
func TestScanNow_locked(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		x := w.takeLate()
		s := suspendedOn(x, func() (*Stack, any) { return nil, nil })
		o := currentOwner()
		if met = w.open() && !scanDone(x); met {
			s.black = 0
			h := locked(x)
			o.scan = stackScan{scanOnSystemStackCode, s, o.running(), x, offerToken(), true}
			scanStacks(&o.scan)
			if o.scan.scanned || s.black != 0 || status(x) != statusWaitingLocked {
				lost = "it was scanned although its carrier is locked"
			}
			h.release()
		}
		w.close()
		s.Switch(nil)
		return met, lost
	})
}

// Between two phases nothing is scanned: the next phase would find what the scan has left.
func TestScanNow_notMarking(t *testing.T) {
	onOwnGoroutine(t, func() {
		root := Current()
		s := New(func(any) (*Stack, any) { return nil, root.Switch(nil) })
		s.Switch(nil)
		o := currentOwner()
		s.black, root.black = 1, 2
		o.scan = stackScan{scanOnSystemStackCode, s, root, s.carrier(), offerToken(), false}
		scanStacks(&o.scan)
		if !o.scan.scanned || s.black != 1 || root.black != 2 {
			t.Errorf("scanned %t, black %d and %d", o.scan.scanned, s.black, root.black)
		}
		s.Switch(nil)
	})
}

// A scan shrinks a suspended stack, as the collector's do, and so shows that it was one; but not the
// running stack, through which its own thread is on its way.
func TestScanNow_scans(t *testing.T) {
	onOwnGoroutine(t, func() {
		root, o := Current(), currentOwner()
		const big = 16 << 10
		goDeep(2000, func() {})
		var s *Stack
		next := func() {
			s = New(func(any) (*Stack, any) {
				goDeep(2000, func() {})
				return nil, root.Switch(nil)
			})
			s.Switch(nil)
		}
		next()
		endGC := collectAgain()
		size := func(g uintptr) uintptr {
			return atomic.LoadUintptr(wordOf(g, gStackHi)) - atomic.LoadUintptr(wordOf(g, gStackLo))
		}
		scanned := false
		for end := time.Now().Add(time.Minute); !scanned && time.Now().Before(end); {
			if !marking() {
				continue
			}
			g, x := asm.G(), s.carrier()
			before, own := size(x), size(g)
			if before < big { // the collector was faster: another one
				s.Switch(nil)
				next()
				continue
			}
			o.scanNow(s)
			if own >= big && size(g) < own && !scanDone(g) {
				t.Errorf("the running stack has shrunk from %d to %d", own, size(g))
			}
			// in this order, as a mark worker that has shrunk the stack holds the lock until it has set the flag
			scanned = size(x) < before && status(x) == statusWaiting && !scanDone(x)
		}
		endGC()
		s.Switch(nil)
		if !scanned {
			t.Error("no stack was scanned before the collector had come to it")
		}
	})
}

// findFunction finds what the function table has, wherever it is, and nothing else.
func TestFindFunction(t *testing.T) {
	const here = "github.com/stackful-go/stackful.TestFindFunction"
	gc := codeOf(runtime.GC)
	for _, c := range []struct {
		name, file string
		near, want uintptr
	}{
		{"runtime.GC", "mgc.go", gc, gc},
		{"runtime.GC", "mgc.go", codeOf(TestFindFunction), gc},
		{here, "native_scan_test.go", gc, codeOf(TestFindFunction)},
		{here, "another_test.go", gc, 0},
		{"runtime.noSuchFunction", "mgc.go", gc, 0},
	} {
		if got := findFunction(c.name, c.file, c.near); got != c.want {
			t.Errorf("findFunction(%q, %q, %#x) = %#x, want %#x", c.name, c.file, c.near, got, c.want)
		}
	}
}

// A carrier that has ended is forgotten, and known again when the runtime has used its g for a new one.
func TestCarrierSet(t *testing.T) {
	c := carrierSet{all: make(map[uintptr]struct{})}
	c.add([]uintptr{1, 2, 3})
	c.remove(2)
	if got := c.snapshot(); len(got) != 2 || c.live() != 2 {
		t.Errorf("%v are there, %d live", got, c.live())
	}
	c.add([]uintptr{2})
	if got := c.snapshot(); len(got) != 3 || c.live() != 3 {
		t.Errorf("%v are there, %d live", got, c.live())
	}
}
