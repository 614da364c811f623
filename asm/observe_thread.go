//go:build gc && (amd64 || arm64) && go1.25 && !go1.28

package asm

import (
	"encoding/binary"
	"runtime/debug"
)

// A thread is a copy of the start of an m.
type thread struct{ bytes [readableM]byte }

func (t *thread) word(offset int) uint64 { return binary.LittleEndian.Uint64(t.bytes[offset:]) }
func (t *thread) half(offset int) uint32 { return binary.LittleEndian.Uint32(t.bytes[offset:]) }

// seesThread checks the entries of m. First it makes sure that g.m is an m at
// all, with faults turned into panics: its curg must be g. After that, pinned to
// that m, it can be read without a fault.
func (l Layout) seesThread() error {
	if err := l.seesCurg(); err != nil {
		return err
	}
	var v view
	var once, twice thread
	// From here to procUnpin no call may block, allocate or panic.
	procPin()
	look(&v)
	copyMem(&once.bytes[0], v.ptr(l.GM), len(once.bytes))
	procPin()
	copyMem(&twice.bytes[0], v.ptr(l.GM), len(twice.bytes))
	procUnpin()
	procUnpin()

	if got := [2]uint32{once.half(l.MLocks), twice.half(l.MLocks)}; got != [2]uint32{1, 2} {
		return &LayoutError{"MLocks", "one for each procPin", got}
	}
	if got := once.bytes[l.MIsextra]; got > 1 {
		return &LayoutError{"MIsextra", "0 or 1", got}
	}
	if got := once.half(l.MNcgo); got != 0 {
		return &LayoutError{"MNcgo", "zero on a goroutine of Go's", got}
	}
	return nil
}

// seesCurg checks that g.m.curg is g.
func (l Layout) seesCurg() error { return lasting(l.curg) }

// lasting returns the error of check, if it lasts: the goroutine may move to another m between
// two loads.
func lasting(check func() error) (err error) {
	for range 1000 {
		if err = check(); err == nil {
			return nil
		}
	}
	return err
}

// User space ends below this on the systems with a table; an m is a Go
// object that holds pointers.
const (
	minAddress = 1 << 12
	maxAddress = 1 << 47
	mAlign     = 8
)

func (l Layout) curg() (err error) {
	var v view
	look(&v)
	m := v.ptr(l.GM)
	if m < minAddress || m > maxAddress-readableM || m%mAlign != 0 {
		return &LayoutError{"GM", "the address of an m", hex(m)}
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = &LayoutError{"GM", "an address that can be read", hex(m)}
		}
	}()
	var t thread
	copyMem(&t.bytes[0], m, len(t.bytes))
	if got := uintptr(t.word(l.MCurg)); got != v.g {
		return &LayoutError{"MCurg", hex(v.g), hex(got)}
	}
	return nil
}

// seesProcessor checks the entries of p: the P that this m holds says so, and the collector's buffers
// end where the P's write barrier buffer begins, which points to its own end.
func (l Layout) seesProcessor() error { return lasting(l.processor) }

// gcWorkSizes is the sizes of the collector's buffers, without and with GOEXPERIMENT=greenteagc.
var gcWorkSizes = map[string][2]int{"go1.25": {592, 4824}, "go1.26": {600, 4856}, "go1.27": {600, 4856}}

// wbBufBytes is the size of the write barrier buffer's array, which follows its two pointers, next and end.
const wbBufBytes = 512 * 8

func (l Layout) processor() (err error) {
	var v view
	look(&v)
	m := v.ptr(l.GM)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = &LayoutError{"MP", "the address of a P", "another"}
		}
	}()
	p := wordAt(m + uintptr(l.MP))
	if p < minAddress || p > maxAddress || p%mAlign != 0 {
		return &LayoutError{"MP", "the address of a P", hex(p)}
	}
	if got := wordAt(p + uintptr(l.PM)); got != m {
		return &LayoutError{"PM", hex(m), hex(got)}
	}
	for _, size := range gcWorkSizes[l.LayoutGo] {
		buffer := p + uintptr(l.PGcw+size)
		if isBarrierBuffer(buffer, wordAt(buffer-8), wordAt(buffer), wordAt(buffer+8)) {
			return nil
		}
	}
	return &LayoutError{"PGcw", "a write barrier buffer behind it", "none"}
}

// isBarrierBuffer reports whether a write barrier buffer can be at buffer, given its words next and end and
// the word before it, which is no address in the buffer. The end alone would not do, since it can be
// found a word too early and a word too late:
//
//   - with one slot free, next looks like the end of a buffer that begins a word before;
//   - the first slot looks like the end of one that begins a word behind when it holds the address of
//     the P's timers, two words behind the buffer. Each timer that is set during a collection puts it
//     there. What is before such a buffer is next.
func isBarrierBuffer(buffer, before, next, end uintptr) bool {
	array := buffer + 16
	inside := func(address, first uintptr) bool { return first <= address && address <= array+wbBufBytes }
	return end == array+wbBufBytes && inside(next, array) && next%8 == 0 && !inside(before, array-8)
}
