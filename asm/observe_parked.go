//go:build gc && (amd64 || arm64) && go1.25 && !go1.28

package asm

import (
	"iter"
	"runtime"
)

// seesParked checks the entries that describe a parked goroutine, on one that
// waits in the runtime's own coroutines. The collector may be busy with that
// goroutine, moving its stack even, so a mismatch counts only if it lasts.
func (l Layout) seesParked() (err error) {
	next, stop := iter.Pull(func(yield func(uintptr) bool) { yield(G()) })
	defer stop()
	g, _ := next()
	for range 1000 {
		var v view
		copyMem(&v.bytes[0], g, len(v.bytes))
		v.g = g
		if err = l.parked(&v); err == nil {
			return nil
		}
		runtime.Gosched()
	}
	return err
}

func (l Layout) parked(v *view) error {
	if got := v.half(l.GAtomicstatus) &^ uint32(l.StatusScanBit); got != uint32(l.StatusWaiting) {
		return &LayoutError{"StatusWaiting", l.StatusWaiting, got}
	}
	if got := v.bytes[l.GWaitreason]; int(got) != l.WaitReasonCoroutine {
		return &LayoutError{"WaitReasonCoroutine", l.WaitReasonCoroutine, got}
	}
	if got := v.ptr(l.GM); got != 0 {
		return &LayoutError{"GM", "zero on a parked goroutine", hex(got)}
	}
	if got := v.ptr(l.GSchedG); got != v.g {
		return &LayoutError{"GSchedG", hex(v.g), hex(got)}
	}
	if got := v.ptr(l.GSchedPC); runtime.FuncForPC(got) == nil {
		return &LayoutError{"GSchedPC", "an address in a function", hex(got)}
	}
	lo, hi := v.ptr(l.GStackLo), v.ptr(l.GStackHi)
	for _, f := range []field{{name: "GSchedSP", offset: l.GSchedSP}, {name: "GSchedBP", offset: l.GSchedBP}} {
		if got := v.ptr(f.offset); got <= lo || got >= hi {
			return &LayoutError{f.name, "an address on the stack", hex(got)}
		}
	}
	for _, f := range []field{{name: "GSchedCtxt", offset: l.GSchedCtxt}, {name: "GSchedLR", offset: l.GSchedLR}} {
		if got := v.ptr(f.offset); got != 0 {
			return &LayoutError{f.name, "zero on a parked goroutine", hex(got)}
		}
	}
	return nil
}
