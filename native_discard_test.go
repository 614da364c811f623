package stackful

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// field returns a field of a g that is the running one, or a parked carrier.
func field(g, offset uintptr) *uint32 {
	at := g + offset
	return *(**uint32)(unsafe.Pointer(&at))
}

// resting returns a stack that could be discarded, and keeps the collector from marking.
func resting(t *testing.T) *Stack {
	if !native || raceEnabled {
		t.Skip("nothing is discarded in this mode")
	}
	old := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(old) })
	for marking() {
		runtime.Gosched()
	}
	root := Current()
	s := New(func(v any) (*Stack, any) { return nil, root.Switch(v) })
	s.Switch(nil)
	return s
}

// wantDiscarded ends s, which nothing is in the way of any more.
func wantDiscarded(t *testing.T, s *Stack) {
	t.Helper()
	if !s.Discard() && optimizedEntry() {
		t.Error("not discarded afterwards")
	}
	if !s.Done() {
		s.Switch(nil)
	}
}

// optimizedEntry reports whether runEntry's own deferred call has no record, without which
// nothing is ever discarded.
func optimizedEntry() bool {
	root := Current()
	s := New(func(v any) (*Stack, any) { return nil, root.Switch(v) })
	s.Switch(nil)
	if s.Discard() {
		return true
	}
	s.Switch(nil)
	return false
}

// Discard leaves a stack alone that the collector or the tracer has locked, and the lock
// where it is.
func TestDiscard_locked(t *testing.T) {
	s := resting(t)
	status := field(s.carrier(), gAtomicstatus)
	if !atomic.CompareAndSwapUint32(status, statusWaiting, statusWaitingLocked) {
		t.Fatalf("the carrier's status is %#x", *status)
	}
	if s.Discard() {
		t.Error("a locked stack was discarded")
	}
	if was := atomic.SwapUint32(status, statusWaiting); was != statusWaitingLocked {
		t.Errorf("the carrier's status has become %#x", was)
	}
	wantDiscarded(t, s)
}

// While a goroutine profile is taken nothing is discarded: its reader has no lock.
func TestDiscard_profiled(t *testing.T) {
	s := resting(t)
	mark := field(asm.G(), gGoroutineProfiled)
	if !atomic.CompareAndSwapUint32(mark, 0, profileSatisfied) {
		t.Skip("a profile is being taken")
	}
	discarded := s.Discard()
	atomic.StoreUint32(mark, 0)
	if discarded {
		t.Error("a stack was discarded during a goroutine profile")
		return
	}
	wantDiscarded(t, s)
}

// The cache of mayDefer gives each function its own answer: here for addresses all over the
// program, of which many share a place.
func TestDiscard_mayDeferCache(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	from, with := codeOf(runEntryValue), 0
	for pc := from; pc < from+1<<16; pc += 8 {
		want := hasDeferreturn(pc-1) != no
		if want {
			with++
		}
		for range 2 {
			if got := mayDefer(pc); got != want {
				t.Fatalf("%#x: %v, want %v", pc, got, want)
			}
		}
	}
	if with == 0 || with == 1<<13 {
		t.Errorf("of %d addresses %d are of functions that defer", 1<<13, with)
	}
}

// A stack is not discarded that has not come to its entry function yet: what runs in
// its place may have deferred calls.
func TestDiscard_onTopOfFresh(t *testing.T) {
	s := resting(t)
	root, ran := Current(), false
	started := New(func(any) (*Stack, any) { return nil, nil })
	started.SwitchRun(func() any {
		defer func() { ran = true }()
		return leaveTo(root)
	})
	if started.Discard() {
		t.Fatal("it was discarded")
	}
	wantDiscarded(t, s) // learns nothing from the other
	started.Switch(nil)
	if !ran || !started.Done() {
		t.Errorf("deferred call ran: %v; done: %v", ran, started.Done())
	}
}

//go:noinline
func leaveTo(s *Stack) any { return s.Switch(nil) }

// The place that entry functions return to is found by itself, not by a name.
func TestDiscard_findsRunEntry(t *testing.T) {
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	known := runEntryPC
	if !findRunEntry() || runEntryPC != known {
		t.Errorf("found %#x, then %#x", known, runEntryPC)
	}
}
