//go:build gc && (amd64 || arm64) && go1.25 && !go1.28

package asm

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

// The entries that Check cannot see at start-up are seen here: each test brings
// about the one event in which the field shows something.

// eventually looks at the running g until ok, and yields in between. What it
// waits for is done by other goroutines, which the tests keep busy.
func eventually(t *testing.T, what string, ok func(*view) bool) {
	t.Helper()
	const patience = 20 * time.Second
	var v view
	for start := time.Now(); time.Since(start) < patience; runtime.Gosched() {
		for range 100 {
			if look(&v); ok(&v) {
				return
			}
		}
	}
	t.Errorf("did not see %s", what)
}

// busy runs f again and again on another goroutine until the test ends.
func busy(t *testing.T, f func()) {
	var stop atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		for !stop.Load() {
			f()
		}
	})
	t.Cleanup(func() { stop.Store(true); done.Wait() })
}

func needTable(t *testing.T) {
	if !KnownGo {
		t.Skip("there is no table for this system: Check says so")
	}
}

func TestObserve_lockedm(t *testing.T) {
	needTable(t)
	var locked, unlocked view
	runtime.LockOSThread()
	look(&locked)
	runtime.UnlockOSThread()
	look(&unlocked)
	if got, want := locked.ptr(GLockedm), locked.ptr(GM); got != want || got == 0 {
		t.Errorf("g.lockedm = %#x on a locked goroutine, want g.m = %#x", got, want)
	}
	if got := unlocked.ptr(GLockedm); got != 0 {
		t.Errorf("g.lockedm = %#x after UnlockOSThread, want 0", got)
	}
}

func TestObserve_bubble(t *testing.T) {
	needTable(t)
	var outside, inside view
	look(&outside)
	synctest.Test(t, func(t *testing.T) {
		look(&inside)
		if err := Compiled().Check(); err != nil {
			t.Errorf("in a bubble: %v", err)
		}
	})
	if outside.word(GBubble) != 0 || inside.word(GBubble) == 0 {
		t.Errorf("g.bubble = %#x outside, %#x inside", outside.word(GBubble), inside.word(GBubble))
	}
}

func TestObserve_goroutineProfiled(t *testing.T) {
	needTable(t)
	busy(t, func() {
		var b bytes.Buffer
		_ = pprof.Lookup("goroutine").WriteTo(&b, 0)
	})
	eventually(t, "g.goroutineProfiled set", func(v *view) bool { return v.half(GGoroutineProfiled) != 0 })
}

func TestObserve_statusTraced(t *testing.T) {
	needTable(t)
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		t.Fatal(err)
	}
	defer trace.Stop()
	eventually(t, "g.trace.statusTraced set", func(v *view) bool {
		for i := range 3 {
			if v.half(GTraceStatusTraced+4*i) == 1 {
				return true
			}
		}
		return false
	})
	if err := Compiled().Check(); err != nil {
		t.Errorf("while traced: %v", err)
	}
}

var sink []byte

func TestObserve_gcAssistBytes(t *testing.T) {
	needTable(t)
	if strings.Contains(os.Getenv("GODEBUG"), "gcstoptheworld") {
		return // nobody allocates while it marks, so there is no assist credit
	}
	busy(t, runtime.GC)
	old := int64(0)
	eventually(t, "g.gcAssistBytes change", func(v *view) bool {
		sink = make([]byte, 4<<10)
		now := int64(v.word(GGcAssistBytes))
		changed := old != 0 && now != old
		old = now
		return changed
	})
}

// A goroutine that runs for long is asked to yield: preempt is set and
// StackPreempt put in the guard. Pinned to its thread it need not obey, and may
// look at the request as long as it calls nothing that has a stack check.
func TestObserve_preempt(t *testing.T) {
	needTable(t)
	const rounds, enough = 20, 5_000_000 // a request comes after some milliseconds
	var v view
	for range rounds {
		asked := false
		procPin()
		for i := 0; i < enough && !asked; i++ {
			copyG(&v.bytes[0], len(v.bytes))
			guard := *(*uint64)(unsafe.Pointer(&v.bytes[GStackguard0]))
			asked = v.bytes[GPreempt] == 1 && guard == StackPreempt
		}
		procUnpin()
		if asked {
			return
		}
	}
	t.Error("did not see g.preempt and StackPreempt")
}

func TestObserve_gcscandone(t *testing.T) {
	needTable(t)
	busy(t, runtime.GC)
	eventually(t, "g.gcscandone set", func(v *view) bool { return v.flag(GGcscandone) })
}

// With the address of something else than an m, reading must fail in the way
// that Check turns into an error.
func TestObserve_badAddress(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for _, address := range []uintptr{8, 1 << 46} {
		faulted := func() (faulted bool) {
			defer func() { faulted = recover() != nil }()
			var b [8]byte
			copyMem(&b[0], address, len(b))
			return
		}()
		if !faulted {
			t.Errorf("reading %#x did not panic", address)
		}
	}
}

// What is in and around a write barrier buffer can look like another one, a word away.
func TestIsBarrierBuffer(t *testing.T) {
	const at, array = 0xc000001000, 0xc000001010
	const end = array + wbBufBytes
	const timers = end + 8 // of the P
	for _, c := range []struct {
		name                      string
		buffer, before, next, end uintptr
		want                      bool
	}{
		{"empty", at, 0, array, end, true},
		{"one slot free", at, 0, end - 8, end, true},
		{"full", at, 0, end, end, true},
		{"counters before it", at, 1 << 40, array, end, true},
		{"a word too early, one slot free", at - 8, 0, 0, end - 8, false},
		{"a word too early, full", at - 8, 0, 0, end, false},
		{"a word too late", at + 8, array, end, array, false},
		{"a word too late, a timer set", at + 8, array + 8, end, timers, false},
		{"a word too late, a timer set, full", at + 8, end, end, timers, false},
		{"a word too late, a timer set, flushed", at + 8, array, end, timers, false},
		{"two words too late", at + 16, end, timers, timers + 8, false},
		{"next behind the end", at, 0, end + 8, end, false},
		{"next in between", at, 0, array + 4, end, false},
	} {
		if got := isBarrierBuffer(c.buffer, c.before, c.next, c.end); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// Timers that are set during collections leave the address of the P's timers in its write barrier buffer.
func TestCheck_wrongProcessor(t *testing.T) {
	needTable(t)
	busy(t, runtime.GC)
	for range 4 {
		busy(t, func() { time.Sleep(time.Microsecond) })
	}
	for _, m := range mutants() {
		if m.entry != "PGcw" && m.entry != "PM" && m.entry != "MP" {
			continue
		}
		for range 30 {
			if err := m.table.Check(); err == nil {
				t.Errorf("%s: Check accepts it", m.name)
				break
			}
		}
	}
}
