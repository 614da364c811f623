package asm

import (
	"runtime"
	"testing"
)

// foundInInit is looked for here although there may be a table: they must agree.
var foundInInit = find()

func TestFind(t *testing.T) {
	if currentG() == 0 {
		t.Skip("no g in this build")
	}
	f := foundInInit
	if f == nil {
		t.Fatal("nothing was found")
	}
	if native && *f != (found{uintptr(GGoid), uintptr(GLockedm)}) {
		t.Errorf("found %+v, the table has %d and %d", *f, GGoid, GLockedm)
	}
	type answer struct {
		id     uint64
		locked bool
	}
	ask := func() (a answer) {
		a.id, a.locked = f.goidAndLocked()
		return a
	}
	header := func() (a answer) {
		a.id, a.locked = headerGoidAndLock()
		return a
	}
	for _, same := range each(100, func() bool {
		runtime.Gosched()
		same := ask() == header() && f.goidUnlocked() == ask().id
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		return same && ask() == header() && ask().locked == lockable && (f.goidUnlocked() == NoGoid) == lockable
	}) {
		if !same {
			t.Error("what was found is not what a traceback prints")
		}
	}
}

// Outside of the initialization of packages nothing is found, rather than something else.
func TestFind_late(t *testing.T) {
	if !lockable {
		t.Skip("no goroutine is ever locked, so nothing is missing")
	}
	if f := find(); f != nil {
		t.Errorf("found %+v", *f)
	}
}

func TestGoidUnlocked(t *testing.T) {
	ask := func() [2]uint64 { return [2]uint64{GoidUnlocked(), headerGoidUnlocked()} }
	if got := ask(); got != [2]uint64{Goid(), Goid()} {
		t.Errorf("%d, not %d", got, Goid())
	}
	runtime.LockOSThread()
	if got := ask(); lockable && got != [2]uint64{NoGoid, NoGoid} {
		t.Errorf("locked: %d", got)
	}
	runtime.UnlockOSThread()
	if got := ask(); got != [2]uint64{Goid(), Goid()} {
		t.Errorf("no longer locked: %d", got)
	}
}
