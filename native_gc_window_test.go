package stackful

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
	"weak"

	"github.com/stackful-go/stackful/asm"
)

// The rules of native_gc.go matter in the time when some goroutines are scanned and
// others are not. Here that time is made long, and known: the collector scans
// goroutines in the order of their creation, so they are created in this order:
//
//	early carriers           scanned, while the window is open
//	an early goroutine       scanned
//	a very deep goroutine    being scanned, which takes long
//	G, which runs the test   not scanned yet
//	late carriers            not scanned yet
//
// All depends on the collector using one processor, which scans the deep goroutine.
type window struct {
	early, late []uintptr
	over        chan bool     // ends the goroutines that were made for the purpose
	onEarly     chan func()   // is done by the early goroutine
	collected   chan struct{} // closed when the collection of this round is done
	first, last uintptr       // carriers that are not used
}

// On a busy machine the window may open and close while G has no processor.
const (
	windowsEnough = 3
	windowRounds  = 15
)

// inWindow calls round on G, which must call open, and reports how often the
// window was open and how often round returned a loss.
func inWindow(t *testing.T, round func(w *window) (met bool, lost string)) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	if os.Getenv("GODEBUG") != "" {
		// Loops that keep processors busy must be preempted where they call nothing:
		// not so with asyncpreemptoff, which gccheckmark turns on too (see parsedebugvars).
		// No collection would begin, in any Go program.
		t.Skip("the window is that of an ordinary collection")
	}
	if Emulator() != "" {
		t.Skip("an emulator's time is not to be relied on")
	}
	if !inOwnProcess(t) { // where there are few free g's
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	// With one processor there is one list of free g's, and when that is empty,
	// creation is appending.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := &window{over: make(chan bool)}
	defer close(w.over)
	w.useUpFree(300)
	w.early = makeCarriers(1 + 2*windowRounds)
	w.onEarly = make(chan func())
	defer close(w.onEarly)
	go func() {
		for f := range w.onEarly {
			f()
		}
	}()
	deep := make(chan bool)
	go func() { goDeep(500_000, func() { close(deep); <-w.over }) }()
	<-deep
	met, lost := 0, []string(nil)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		currentOwner()
		w.late = makeCarriers(1 + 5*windowRounds)
		w.first, w.last = w.takeEarly(), w.takeLate()
		defer w.keepBusy()()
		enough := windowsEnough
		if testing.Short() {
			enough = 1
		}
		for i := 0; i < windowRounds && met < enough; i++ {
			runtime.GC()
			m, l := round(w)
			if m {
				met++
			}
			if l != "" {
				lost = append(lost, l)
			}
		}
	}()
	<-ended
	pool.put(append(append(w.early, w.late...), w.first, w.last))
	t.Logf("the window was open %d times", met)
	for _, l := range lost {
		t.Error(l)
	}
	if met == 0 {
		t.Skip("the machine is too busy: the test's goroutine never ran while the window was open")
	}
}

// useUpFree leaves n goroutines parked, so that no free g is left.
func (w *window) useUpFree(n int) {
	for range n {
		go func() { <-w.over }()
	}
}

// keepBusy lets the collector have one of four processors: it would take more of
// those that have nothing to do.
func (w *window) keepBusy() (stop func()) {
	var stopped atomic.Bool
	var spun sync.WaitGroup
	runtime.GOMAXPROCS(4)
	for range 3 {
		spun.Go(func() {
			for !stopped.Load() {
			}
		})
	}
	return func() { stopped.Store(true); spun.Wait() }
}

// scanDone reports whether the collector has scanned the stack of g in this mark phase,
// or in the last one. As with all that is read from another g, the answer is old at once.
//
//go:norace
func scanDone(g uintptr) bool {
	at := g + gGcscandone
	return **(**bool)(unsafe.Pointer(&at))
}

func pull(list *[]uintptr) uintptr {
	g := (*list)[len(*list)-1]
	*list = (*list)[:len(*list)-1]
	return g
}

func (w *window) takeEarly() uintptr { return pull(&w.early) }
func (w *window) takeLate() uintptr  { return pull(&w.late) }

// lend makes g the carrier that the calling goroutine's next stack starts on.
func lend(g uintptr) {
	c := currentOwner().cache
	c.giveBack(int(c.n))
	c.slots[0], c.n = g, 1
}

// open starts a collection and returns when the early carriers are scanned, and
// the late ones and the calling goroutine are not; or false at its end.
//
//go:noinline
func (w *window) open() bool {
	collected := make(chan struct{})
	w.collected = collected
	var ended atomic.Bool
	go func() { runtime.GC(); ended.Store(true); close(collected) }()
	// All flags are set from the phase before; then none is.
	for !ended.Load() {
		if scanDone(w.first) && !scanDone(w.last) {
			return !scanDone(asm.G())
		}
	}
	return false
}

// close waits for the end of the collection, and of the next, after which nothing
// that was not marked is there any more.
func (w *window) close() {
	<-w.collected
	runtime.GC()
}

//go:noinline
func goDeep(n int, f func()) int {
	if n == 0 {
		f()
		return 0
	}
	return goDeep(n-1, f) + 1
}

// An only is data that one frame holds, and nothing else.
type only struct {
	value int
	_     [20]int
}

const onlyValue = 42

// hold has an only in its frame while it calls f, and tells whether it was there
// at the end.
//
//go:noinline
func hold(f func()) (lost string) {
	p := &only{value: onlyValue}
	known := weak.Make(p)
	f()
	switch {
	case known.Value() == nil:
		return "what only a suspended frame refers to was collected"
	case p.value != onlyValue:
		return "what only a suspended frame refers to was overwritten"
	}
	return ""
}

// The root, which is not scanned, must not go to a carrier that was born in this
// phase, and so is never scanned.
func TestGC_newbornCarrier(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		lost = hold(func() {
			if met = w.open(); !met {
				w.close()
				return
			}
			lend(makeCarriers(1)[0])
			s := New(func(any) (*Stack, any) { w.close(); return nil, nil })
			s.Switch(nil)
		})
		return met, lost
	})
}

// A suspended stack, which is not scanned, must not come to a goroutine that was
// born in this phase, and so is never scanned: by a switch,
func TestGC_newbornGoroutine(t *testing.T) {
	testNewbornGoroutine(t, func(stranger *Stack) { stranger.Switch(nil) })
}

// also if others have asked for the phase's token before,
func TestGC_newbornGoroutineLater(t *testing.T) {
	testNewbornGoroutine(t, func(stranger *Stack) { stranger.Switch(nil) }, phaseToken)
}

// or as what goes on when another stack ends.
func TestGC_newbornGoroutineAtAnEnd(t *testing.T) {
	testNewbornGoroutine(t, func(stranger *Stack) {
		s := New(func(any) (*Stack, any) { return stranger, nil })
		s.Switch(nil)
	})
}

func testNewbornGoroutine(t *testing.T, resume func(stranger *Stack), before ...func(token uint64) uint64) {
	inWindow(t, func(w *window) (met bool, lost string) {
		lend(w.takeLate())
		stranger := New(func(any) (*Stack, any) {
			lost = hold(func() {
				Current().Root().Switch(nil)
				w.close()
			})
			return nil, nil
		})
		stranger.Switch(nil)
		stranger.Detach()
		carrier := w.takeLate()
		met = w.open()
		if met {
			w.useUpFree(50)
			for _, f := range before {
				f(offerToken())
			}
		}
		ended := make(chan bool)
		go func() {
			stranger.Attach()
			lend(carrier)
			resume(stranger)
			close(ended)
		}()
		<-ended
		return met, lost
	})
}

// The root of a goroutine that is older than the phase, and is not scanned, is not
// black because the goroutine attaches now: it must not go to a carrier that is
// scanned.
func TestGC_oldGoroutineAttaches(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		carrier := w.takeEarly()
		waits, attached, ended := make(chan bool), make(chan bool), make(chan bool)
		var opened atomic.Bool
		go func() {
			defer close(ended)
			close(waits)
			lost = hold(func() {
				for !opened.Load() { // not parked, so that it can go on at once
				}
				lend(carrier)
				s := New(func(any) (*Stack, any) { w.close(); return nil, nil })
				s.Switch(nil)
			})
		}()
		<-waits
		met = w.open()
		go func() { // gives the phase its token, and knows which goroutines are younger
			currentOwner()
			close(attached)
		}()
		<-attached
		opened.Store(true)
		<-ended
		return met, lost
	})
}

// A stack that is started while marking is black, and gets its own handle in a
// register. If only a frame that is not scanned yet holds that handle, and drops
// it before it is scanned, then nothing else will show it to the collector in this
// phase: it must be shaded when the stack starts, or when it leaves. Here the root
// starts s on G, itself going to a late carrier; s goes to an early one by
// switching to b; b switches back to the root, which has no use for s any more,
// and is scanned on G.
func TestGC_startedHandle(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		lend(w.takeEarly())
		b := New(func(any) (*Stack, any) {
			Current().Root().Switch(nil)
			return nil, Current().Root().Switch(nil)
		})
		b.Switch(nil)
		handle, met := startAndDrop(w, b)
		w.close()
		s := handle.Value()
		if s == nil {
			return met, "the handle of a suspended stack was collected"
		}
		s.Switch(nil)
		b.Switch(nil)
		return met, ""
	})
}

//go:noinline
func startAndDrop(w *window, b *Stack) (handle weak.Pointer[Stack], met bool) {
	lend(w.takeLate())
	s := New(func(any) (*Stack, any) {
		b.Switch(nil) // and on to the root
		return nil, nil
	})
	handle = weak.Make(s)
	met = w.open()
	s.Switch(nil)
	return handle, met && !scanDone(asm.G())
}

// status returns atomicstatus of g.
func status(g uintptr) uint32 {
	p := *(*unsafe.Pointer)(unsafe.Pointer(&g))
	return atomic.LoadUint32((*uint32)(unsafe.Add(p, gAtomicstatus)))
}

// A stack that the collector scans right now must not be resumed before it is
// done with it: here a very deep one.
func TestGC_scanLock(t *testing.T) {
	inWindow(t, func(w *window) (met bool, lost string) {
		x := w.takeEarly()
		lend(x)
		var during uint32
		s := New(func(any) (*Stack, any) {
			goDeep(300_000, func() {
				Current().Root().Switch(nil)
				during = status(x) // of the carrier that this stack has left a moment ago
			})
			return nil, nil
		})
		s.Switch(nil)
		var ended atomic.Bool
		collected := make(chan bool)
		go func() { runtime.GC(); ended.Store(true); close(collected) }()
		for !met && !ended.Load() {
			met = status(x) == statusWaitingLocked
		}
		s.Switch(nil)
		<-collected
		if met && during != statusWaiting {
			return met, "a stack was resumed while it was scanned"
		}
		return met, ""
	})
}

// collectAgain has another goroutine collect garbage again and again, until end, which waits for it, is called.
func collectAgain() (end func()) {
	var over atomic.Bool
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for !over.Load() {
			runtime.GC()
		}
	}()
	return func() { over.Store(true); <-ended }
}
