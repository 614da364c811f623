package asm

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// A found is the offsets in g of what Goid and LockedToThread need. Where there is no table, as the release or the
// processor is not known, they would have to print a traceback, which takes a hundred times as long as a hand-over
// between goroutines. So the two fields are looked for when the process starts: all that has to be known is which
// register holds g.
//
// goid is where each of several goroutines has its id. lockedm is 0 in goroutines that are not locked to their
// threads; in one that is, it has the value of another word, g.m, which no goroutine that runs has as 0. The main
// goroutine is locked while packages are initialized. If there is not exactly one such offset of each, nothing
// has been found, and tracebacks are printed.
type found struct{ goid, lockedm uintptr }

// inG is what was found, nil if nothing was, or if there is a table.
var inG = func() *found {
	if goidFast {
		return nil
	}
	return find()
}()

// lockable says that goroutines can be locked to threads: wasm has none.
const lockable = runtime.GOARCH != "wasm"

// gWords is how many words of g are looked at: fewer than it has in any release, and the fields are among them.
const gWords = 44

// A gCopy is the start of a goroutine's g, with its id and whether it is locked, as a traceback prints them.
type gCopy struct {
	words  [gWords]uintptr
	id     uint64
	locked bool
}

// find looks for the fields. It must be called by the initialization of a package.
func find() *found {
	copies := []*gCopy{copyCurrent()}
	for range 6 {
		other := make(chan *gCopy)
		go func() { other <- copyCurrent() }()
		copies = append(copies, <-other)
	}
	for i, c := range copies {
		if c == nil || c.locked != (lockable && i == 0) {
			return nil
		}
	}
	f := new(found)
	goids, lockedms := 0, 0
	for i := range gWords {
		if all(copies, func(c *gCopy) bool { return c.holdsID(i) }) {
			f.goid = uintptr(i) * unsafe.Sizeof(uintptr(0))
			goids++
		}
		if lockable && copies[0].holdsTwice(i, copies[1:]) {
			f.lockedm = uintptr(i) * unsafe.Sizeof(uintptr(0))
			lockedms++
		}
	}
	if goids != 1 || lockable && lockedms != 1 {
		return nil
	}
	return f
}

func all(copies []*gCopy, is func(*gCopy) bool) bool {
	for _, c := range copies {
		if !is(c) {
			return false
		}
	}
	return true
}

// holdsID reports whether the 64 bits from word i on are the id.
func (c *gCopy) holdsID(i int) bool {
	end := i + int(unsafe.Sizeof(c.id)/unsafe.Sizeof(uintptr(0)))
	return end <= gWords && *(*[unsafe.Sizeof(c.id)]byte)(unsafe.Pointer(&c.words[i])) == *(*[unsafe.Sizeof(c.id)]byte)(unsafe.Pointer(&c.id))
}

// holdsTwice reports whether word i of c, which is locked, may be g.lockedm: another word is the same, and in the
// others, which are not locked, that word is not 0, and word i is.
func (c *gCopy) holdsTwice(i int, others []*gCopy) bool {
	if c.words[i] == 0 || !all(others, func(o *gCopy) bool { return o.words[i] == 0 }) {
		return false
	}
	for j, w := range c.words {
		if j != i && w == c.words[i] && all(others, func(o *gCopy) bool { return o.words[j] != 0 }) {
			return true
		}
	}
	return false
}

// copyCurrent returns a copy of the calling goroutine's g, nil if it cannot be read.
func copyCurrent() (c *gCopy) {
	g := currentG()
	if g == 0 {
		return nil
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			c = nil
		}
	}()
	c = new(gCopy)
	for i := range c.words {
		c.words[i] = *(*uintptr)(at(g, uintptr(i)*unsafe.Sizeof(uintptr(0))))
	}
	var buf [128]byte
	h := header(&buf)
	c.id, c.locked = goidIn(h), bytes.Contains(h, []byte(lockedText))
	return c
}

// at returns a pointer to what is at an offset in g, which the runtime never frees.
func at(g, offset uintptr) unsafe.Pointer {
	return unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&g)), offset)
}

// goidAndLocked returns the calling goroutine's id, and whether it is locked to its thread, as the main one is
// while packages are initialized.
func (f *found) goidAndLocked() (id uint64, locked bool) {
	g := currentG()
	return *(*uint64)(at(g, f.goid)), lockable && *(*uintptr)(at(g, f.lockedm)) != 0
}

// goidUnlocked is GoidUnlocked.
func (f *found) goidUnlocked() uint64 {
	if id, locked := f.goidAndLocked(); !locked {
		return id
	}
	return NoGoid
}
