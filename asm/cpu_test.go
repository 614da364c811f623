package asm

import (
	"runtime"
	"testing"
	"time"
)

func TestIdentify(t *testing.T) {
	c := Identify()
	t.Logf("%+v", c)
	if c.CounterName == "" || c.CountersPerSec <= 0 {
		t.Errorf("counter %q, %v per second", c.CounterName, c.CountersPerSec)
	}
	if runtime.GOARCH == "amd64" && (c.Vendor == "" || len(c.Features) == 0) {
		t.Errorf("an amd64 CPU always tells its vendor and features, got %+v", c)
	}
}

func TestCycles_monotone(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, first := Cycles(), Cycles()
	for last := before; last == before; last = Cycles() {
		// A counter of few ticks per second is coarse, but must advance.
	}
	for range 100_000 {
		now := Cycles()
		if now < before {
			t.Fatalf("Cycles = %d after %d", now, before)
		}
		before = now
	}
	if before < first {
		t.Errorf("Cycles = %d at the end, %d at the start", before, first)
	}
}

// The rate holds over another stretch of time than the one it was measured in.
func TestCyclesPerSecond(t *testing.T) {
	want := CyclesPerSecond()
	for range 20 { // a measurement on a loaded machine may be off
		if got := measureHz(2 * time.Millisecond); 0.9*want < got && got < 1.1*want {
			return
		}
	}
	t.Errorf("CyclesPerSecond = %g, measured again %g", want, measureHz(10*time.Millisecond))
}

func TestLockCmpxchg(t *testing.T) {
	for _, f := range []func(int) int{LockCmpxchg, CallRet} {
		for n, want := range map[int]int{-1: 0, 0: 0, 1: 1, chunk: chunk, 2*chunk + 1: 2*chunk + 1} {
			if !haveG {
				want = 0
			}
			if got := f(n); got != want {
				t.Errorf("f(%d) = %d, want %d", n, got, want)
			}
		}
	}
}

func TestShadowStack(t *testing.T) {
	active, how := ShadowStack()
	t.Log(active, how)
	if how == "" {
		t.Error("ShadowStack does not say how it knows")
	}
	if active && runtime.GOOS != "linux" {
		t.Error("a shadow stack, on a system that cannot tell")
	}
}

func BenchmarkCycles(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = Cycles()
	}
}

// One iteration is one operation.
func BenchmarkLockCmpxchg(b *testing.B) {
	LockCmpxchg(b.N)
}

func BenchmarkCallRet(b *testing.B) {
	CallRet(b.N)
}
