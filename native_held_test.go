package stackful

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// These tests hold a carrier as the collector, the tracer and the profiler do, for long,
// and look at what each of the routines does meanwhile.

// onOwnGoroutine runs f on a goroutine that is not marked, and keeps the collector
// from marking. What f says to be wrong is reported.
func onOwnGoroutine(t *testing.T, f func()) {
	t.Helper()
	if !native {
		t.Skip("needs the native backend: " + portableReason)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC() // returns when no phase is under way
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

func profiledOf(g uintptr) *uint32 { return (*uint32)(unsafe.Pointer(wordOf(g, gGoroutineProfiled))) }

// marked has the running goroutine marked, as it is during a profile, while f runs.
func marked(f func()) {
	self := profiledOf(currentOwner().g)
	defer atomic.StoreUint32(self, atomic.SwapUint32(self, profileSatisfied))
	f()
}

// A holder holds a carrier until others have had many turns.
type holder struct {
	word       *uint32
	free, held uint32
	holding    atomic.Bool
	ended      chan bool
}

// locked is a holder of the scan lock, profiling one of the profile's mark.
func locked(x uintptr) *holder { return holdWord(statusOf(x), statusWaiting, statusWaitingLocked) }
func profiling(x uintptr) *holder {
	return holdWord(profiledOf(x), 0, profileInProgress)
}

func holdWord(word *uint32, free, held uint32) *holder {
	h := &holder{word: word, free: free, held: held, ended: make(chan bool)}
	for !atomic.CompareAndSwapUint32(word, free, held) {
		runtime.Gosched()
	}
	h.holding.Store(true)
	return h
}

// later gives the carrier back when others have had many turns.
func (h *holder) later() {
	go func() {
		defer close(h.ended)
		for range 50 {
			runtime.Gosched()
		}
		h.release()
	}()
}

func (h *holder) release() {
	h.holding.Store(false)
	atomic.StoreUint32(h.word, h.free)
}

var holds = map[string]func(x uintptr) *holder{"locked": locked, "profiled": profiling}

// ways is all ways to resume a stack, as value or as call.
var ways = map[string]func(s *Stack, v any){
	"Switch":    func(s *Stack, v any) { s.Switch(v) },
	"SwitchRun": func(s *Stack, v any) { s.SwitchRun(func() any { return v }) },
	"return":    func(s *Stack, v any) { New(func(any) (*Stack, any) { return s, v }).Switch(nil) },
	"return, on top": func(s *Stack, v any) {
		New(func(any) (*Stack, any) { return s, OnTop(func() any { return v }) }).Switch(nil)
	},
	"SwitchPanic": func(s *Stack, v any) { s.SwitchPanic(v) },
}

// No switch gets a stack whose carrier is held, whichever way it resumes it; it gets it
// afterwards, with the value, and the carrier is free then.
func TestHeld_waits(t *testing.T) {
	for name, resume := range ways {
		for what, hold := range holds {
			t.Run(name+", "+what, func(t *testing.T) {
				onOwnGoroutine(t, func() {
					s, got := suspendedOnce(t)
					x := s.carrier()
					h := hold(x)
					early := false
					*got = func(v any) {
						early = h.holding.Load()
						if v != "value" {
							t.Errorf("got %v", v)
						}
					}
					marked(func() { // so that no way is the fast one
						h.later()
						resume(s, "value")
					})
					<-h.ended
					if early {
						t.Error("a stack was resumed while its carrier was held")
					}
					if status, mark := atomic.LoadUint32(statusOf(x)), atomic.LoadUint32(profiledOf(x)); status != statusWaiting || mark != 0 {
						t.Errorf("the carrier has status %#x and mark %d afterwards", status, mark)
					}
					if !s.Done() {
						t.Error("the stack has not ended")
					}
				})
			})
		}
	}
}

// suspendedOnce returns a stack that calls *got with what it is resumed with, or panics
// with, and ends.
func suspendedOnce(t *testing.T) (s *Stack, got *func(v any)) {
	got = new(func(any))
	s = New(func(any) (*Stack, any) {
		defer func() {
			if p := recover(); p != nil {
				(*got)(p)
			}
		}()
		(*got)(Current().Root().Switch(nil))
		return nil, nil
	})
	s.Switch(nil)
	return s, got
}

// A carrier that a profile has done with may be used while the profile goes on, and
// keeps that mark; another one has none afterwards.
func TestHeld_profileIsDone(t *testing.T) {
	for name, resume := range ways {
		for _, mark := range []uint32{0, profileSatisfied} {
			t.Run(name, func(t *testing.T) {
				onOwnGoroutine(t, func() {
					s, got := suspendedOnce(t)
					*got = func(any) {}
					x := s.carrier()
					atomic.StoreUint32(profiledOf(x), mark)
					marked(func() { resume(s, "value") })
					if m := atomic.SwapUint32(profiledOf(x), 0); m != mark {
						t.Errorf("the carrier's mark was %d and is %d", mark, m)
					}
				})
			})
		}
	}
}

// While a carrier is exchanged beside a profile, it has the profile's mark, and the scan lock.
func TestHeld_isHeld(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs two processors")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0))))
	switches := map[string]func(s *Stack){
		"Switch":    func(s *Stack) { s.Switch(nil) },
		"SwitchRun": func(s *Stack) { s.SwitchRun(func() any { return nil }) },
	}
	for name, resume := range switches {
		for what, word := range map[string]struct {
			of   func(g uintptr) *uint32
			held uint32
		}{"lock": {statusOf, statusWaitingLocked}, "mark": {profiledOf, profileInProgress}} {
			t.Run(name+", "+what, func(t *testing.T) {
				onOwnGoroutine(t, func() {
					over := false
					root := Current()
					s := New(func(any) (*Stack, any) {
						for !over {
							resume(root)
						}
						return nil, nil
					})
					s.Switch(nil)
					at := word.of(s.carrier())
					var seen, ended atomic.Bool
					watched := make(chan bool)
					go func() {
						defer close(watched)
						for !seen.Load() && !ended.Load() {
							for range 1000 {
								if atomic.LoadUint32(at) == word.held {
									seen.Store(true)
								}
							}
						}
					}()
					marked(func() {
						for start := time.Now(); !seen.Load() && time.Since(start) < time.Minute; {
							resume(s)
						}
					})
					ended.Store(true)
					<-watched
					over = true
					s.Switch(nil)
					if !seen.Load() {
						t.Error("not held")
					}
				})
			})
		}
	}
}
