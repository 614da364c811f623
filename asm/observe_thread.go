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

// seesCurg checks that g.m.curg is g. The goroutine may move to another m
// between the two loads, so a mismatch counts only if it lasts.
func (l Layout) seesCurg() (err error) {
	for range 1000 {
		if err = l.curg(); err == nil {
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
