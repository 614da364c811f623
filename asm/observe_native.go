//go:build gc && (amd64 || arm64) && go1.25 && !go1.28

package asm

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// What observe calls in the runtime; see [Symbols].

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// A view is a copy of the start of the running g, all taken between two safe
// points, though other threads may have written to g in between.
type view struct {
	bytes [readableG]byte
	g, sp uintptr
}

func look(v *view) {
	v.sp = copyG(&v.bytes[0], len(v.bytes))
	v.g = G()
}

func (v *view) word(offset int) uint64     { return binary.LittleEndian.Uint64(v.bytes[offset:]) }
func (v *view) half(offset int) uint32     { return binary.LittleEndian.Uint32(v.bytes[offset:]) }
func (v *view) ptr(offset int) uintptr     { return uintptr(v.word(offset)) }
func (v *view) flag(offset int) (set bool) { return v.bytes[offset] == 1 }

// observe checks what the entries of a table show on a goroutine of its own.
// Unlike structure it takes nothing for granted but that the fields lie inside
// what may be read.
func observe(l Layout) error {
	for _, err := range []error{
		within(l.gFields(), readableG), within(l.mFields(), readableM), within(l.panicFields(), readablePanic),
	} {
		if err != nil {
			return err
		}
	}
	result := make(chan error)
	go func() { result <- l.observeHere() }()
	return <-result
}

// observeHere is observe on a goroutine that has just begun: no deferred calls,
// no panics, nothing changed from outside except labels, which are inherited.
func (l Layout) observeHere() error {
	SetGoroutineLabels(nil)
	for _, step := range []func(Layout) error{
		Layout.seesGoroutine, Layout.seesStack, Layout.seesNothing, Layout.seesFlags,
		Layout.seesLabels, Layout.seesDefer, Layout.seesPanic, Layout.seesRecords, Layout.seesThread,
		Layout.seesProcessor, Layout.seesParked,
	} {
		if err := step(l); err != nil {
			return err
		}
	}
	return nil
}

// seesGoroutine checks the entries that say which goroutine this is.
func (l Layout) seesGoroutine() error {
	var v view
	look(&v)
	if got := v.ptr(l.GSchedG); got != v.g {
		return &LayoutError{"GSchedG", hex(v.g), hex(got)}
	}
	if got, want := v.word(l.GGoid), GoidParsed(); got != want {
		return &LayoutError{"GGoid", want, got}
	}
	// The collector may hold the scan bit of a running goroutine for a moment.
	if got := v.half(l.GAtomicstatus) &^ uint32(l.StatusScanBit); got != uint32(l.StatusRunning) {
		return &LayoutError{"GAtomicstatus", l.StatusRunning, got}
	}
	return nil
}

// Sizes of stacks.
const (
	minStack = 2 << 10
	maxStack = 1 << 32
)

// seesStack checks the entries that say where the stack is.
func (l Layout) seesStack() error {
	var v view
	look(&v)
	lo, hi, top := v.ptr(l.GStackLo), v.ptr(l.GStackHi), v.ptr(l.GStktopsp)
	size := hi - lo
	switch {
	case lo == 0 || lo >= v.sp:
		return &LayoutError{"GStackLo", "an address below " + hex(v.sp), hex(lo)}
	case hi <= v.sp:
		return &LayoutError{"GStackHi", "an address above " + hex(v.sp), hex(hi)}
	case size < minStack || size > maxStack || size&(size-1) != 0:
		return &LayoutError{"GStackHi", "a stack whose size is a power of two", size}
	case hi-top != TopGap:
		return &LayoutError{"GStktopsp", hex(hi - TopGap), hex(top)}
	}
	return l.seesGuard()
}

// seesGuard checks the entries of the stack guard. A guard that holds a
// preemption request tells nothing: yielding clears it.
func (l Layout) seesGuard() error {
	var v view
	want := uint64(l.StackGuard) + raceMargin
	for range 1000 {
		look(&v)
		guard := v.word(l.GStackguard0)
		if guard == l.StackPreempt {
			runtime.Gosched()
			continue
		}
		if got := guard - v.word(l.GStackLo); got != want {
			return &LayoutError{"GStackguard0", want, got}
		}
		return nil
	}
	return &LayoutError{"GStackguard0", "no preemption request right after a yield", "one"}
}

// seesNothing checks entries that are zero, or nearly so, on a new goroutine.
func (l Layout) seesNothing() error {
	var v view
	look(&v)
	for _, f := range []field{
		{name: "GPanic", offset: l.GPanic}, {name: "GDefer", offset: l.GDefer},
		{name: "GSyscallsp", offset: l.GSyscallsp}, {name: "GLockedm", offset: l.GLockedm},
		{name: "GLabels", offset: l.GLabels}, {name: "GCoroarg", offset: l.GCoroarg},
	} {
		if got := v.word(f.offset); got != 0 {
			return &LayoutError{f.name, "zero on a new goroutine", hex(uintptr(got))}
		}
	}
	//lint:ignore S1002 raceEnabled is a constant of the build
	if got := v.word(l.GRacectx); (got != 0) != raceEnabled {
		return &LayoutError{"GRacectx", fmt.Sprintf("non-zero: %t", raceEnabled), hex(uintptr(got))}
	}
	const profileStates = 3 // absent, in progress, satisfied
	if got := v.half(l.GGoroutineProfiled); got >= profileStates {
		return &LayoutError{"GGoroutineProfiled", "0, 1 or 2", got}
	}
	for i := range 3 {
		if got := v.half(l.GTraceStatusTraced + 4*i); got > 1 {
			return &LayoutError{"GTraceStatusTraced", "0 or 1", got}
		}
	}
	if got := int64(v.word(l.GGcAssistBytes)); got > math.MaxInt32<<10 || got < -math.MaxInt32<<10 {
		return &LayoutError{"GGcAssistBytes", "a credit in bytes", got}
	}
	return nil
}

// seesFlags checks the entries among the one-byte flags of g. Of these only
// paniconfault follows a public function; the others keep their distance from
// it in every known release.
func (l Layout) seesFlags() error {
	var before, after view
	look(&before)
	old := debug.SetPanicOnFault(true)
	look(&after)
	debug.SetPanicOnFault(old)
	for _, f := range []field{
		{name: "GWaitreason", offset: l.GWaitreason + 5},
		{name: "GPreempt", offset: l.GPreempt + 4},
		{name: "GGcscandone", offset: l.GGcscandone - 1},
		{name: "GParkingOnChan", offset: l.GParkingOnChan - 4},
	} {
		if f.offset < 0 || f.offset >= readableG || before.bytes[f.offset] != 0 || !after.flag(f.offset) {
			return &LayoutError{f.name, "its distance from paniconfault", "another"}
		}
	}
	for _, f := range []field{{name: "GPreempt", offset: l.GPreempt}, {name: "GGcscandone", offset: l.GGcscandone}} {
		if got := after.bytes[f.offset]; got > 1 {
			return &LayoutError{f.name, "0 or 1", got}
		}
	}
	if l.GDitWanted >= 0 && after.bytes[l.GDitWanted] > 1 {
		return &LayoutError{"GDitWanted", "0 or 1", after.bytes[l.GDitWanted]}
	}
	return nil
}

// noLabels is what the goroutine is labelled with for a moment. Whatever a
// profiler takes it for, a zero value of that is an empty set.
var noLabels [16]uintptr

// seesLabels checks the entry of the profiler labels.
func (l Layout) seesLabels() error {
	var v view
	SetGoroutineLabels(unsafe.Pointer(&noLabels))
	look(&v)
	SetGoroutineLabels(nil)
	if got, want := v.ptr(l.GLabels), uintptr(unsafe.Pointer(&noLabels)); got != want {
		return &LayoutError{"GLabels", hex(want), hex(got)}
	}
	return nil
}

// seesDefer checks the entry of the deferred calls.
func (l Layout) seesDefer() error {
	var v view
	func() {
		for range 1 { // a deferred call in a loop is always put on g's list
			defer func() {}()
		}
		look(&v)
	}()
	if v.word(l.GDefer) == 0 {
		return &LayoutError{"GDefer", "non-zero with a deferred call pending", 0}
	}
	return nil
}

// seesPanic checks the entry of the panics.
func (l Layout) seesPanic() error {
	var v view
	func() {
		defer func() {
			look(&v)
			recover()
		}()
		panic("asm: seen by Layout.Check")
	}()
	lo, hi := v.ptr(l.GStackLo), v.ptr(l.GStackHi)
	if got := v.ptr(l.GPanic); got <= lo || got >= hi {
		return &LayoutError{"GPanic", "an address on the stack during a panic", hex(got)}
	}
	look(&v)
	if got := v.ptr(l.GPanic); got != 0 {
		return &LayoutError{"GPanic", "zero after recover", hex(got)}
	}
	return nil
}

// seesRecords checks the entries of a panic's record: before and after recover, and
// on a Goexit.
func (l Layout) seesRecords() error {
	going, recovered := new(record), new(record)
	func() {
		defer func() {
			going.look(l)
			recover()
			recovered.look(l)
		}()
		panic(going)
	}()
	ended, exit := make(chan bool), new(record)
	go func() {
		defer close(ended)
		defer func() { exit.look(l) }()
		runtime.Goexit()
	}()
	<-ended
	nested, outer := new(record), new(record)
	func() {
		defer func() { recover() }()
		defer func() {
			outer.look(l)
			defer func() { nested.look(l) }()
			panic(nested)
		}()
		panic(outer)
	}()
	if got := going.word(l.PanicLink); got != 0 {
		return &LayoutError{"PanicLink", 0, got}
	}
	if got := nested.word(l.PanicLink); got == 0 {
		return &LayoutError{"PanicLink", "the record below", got}
	}
	type eface struct{ typ, data uint64 }
	value := any(going)
	want := *(*eface)(unsafe.Pointer(&value))
	if got := (eface{going.word(l.PanicArg), going.word(l.PanicArg + 8)}); got != want {
		return &LayoutError{"PanicArg", want, got}
	}
	for _, c := range []struct {
		r                 *record
		recovered, goexit byte
	}{{going, 0, 0}, {recovered, 1, 0}, {exit, 0, 1}} {
		if got := c.r.bytes[l.PanicRecovered]; got != c.recovered {
			return &LayoutError{"PanicRecovered", c.recovered, got}
		}
		if got := c.r.bytes[l.PanicGoexit]; got != c.goexit {
			return &LayoutError{"PanicGoexit", c.goexit, got}
		}
	}
	return nil
}

// A record is a copy of the record of the innermost panic.
type record struct {
	bytes [readablePanic]byte
	at    uintptr
}

// look takes the copy. The stack may move before it, then it looks again.
func (r *record) look(l Layout) {
	for range 10 {
		var v view
		look(&v)
		if r.at = copyVia(&r.bytes[0], l.GPanic, v.ptr(l.GStackHi), len(r.bytes)); r.at != 0 {
			return
		}
	}
}

func (r *record) word(offset int) uint64 { return binary.LittleEndian.Uint64(r.bytes[offset:]) }

func hex(p uintptr) string { return fmt.Sprintf("%#x", p) }
