package asm

import (
	"bytes"
	"runtime"
	"unsafe"

	"github.com/stackful-go/stackful/internal/inits"
)

// InBubble reports whether the calling goroutine is in a bubble of testing/synctest.
func InBubble() bool {
	if goidFast {
		return gWord(GBubble) != 0
	}
	return headerSays(", synctest bubble ")
}

// LockedToThread reports whether the calling goroutine is locked to its thread, by
// runtime.LockOSThread or since C has called it. That the runtime locks the main
// goroutine while packages are initialized does not count.
func LockedToThread() bool {
	if goidFast {
		return gWord(GLockedm) != 0 && !inits.Running()
	}
	_, locked := GoidAndLock()
	return locked
}

// GoidAndLock returns what Goid and LockedToThread do, from one look where they are not fast.
func GoidAndLock() (id uint64, locked bool) {
	if goidFast {
		id, m := goidAndLockedm()
		return id, m != 0 && !inits.Running()
	}
	if inG != nil {
		id, locked := inG.goidAndLocked()
		return id, locked && !inits.Running()
	}
	return headerGoidAndLock()
}

// GoidUnlocked returns what Goid does, or NoGoid if LockedToThread reports true; while packages are
// initialized it may return NoGoid on the main goroutine. Where there is a table, no wrapper for ABI0 lies before it.
func GoidUnlocked() uint64 { return unlockedGoid() }

// NoGoid is no goroutine's id.
const NoGoid = ^uint64(0)

// unlockedGoid is GoidUnlocked: a variable, so that this is inlined and no call but that one is made.
var unlockedGoid = chooseUnlockedGoid()

func chooseUnlockedGoid() func() uint64 {
	if !goidFast {
		if inG != nil {
			return inG.goidUnlocked
		}
		return headerGoidUnlocked
	}
	closure := &goidUnlockedCode
	return *(*func() uint64)(unsafe.Pointer(&closure))
}

// headerGoidUnlocked is GoidUnlocked without the layout table.
func headerGoidUnlocked() uint64 {
	if id, locked := headerGoidAndLock(); !locked {
		return id
	}
	return NoGoid
}

// headerGoidAndLock is GoidAndLock without the layout table.
func headerGoidAndLock() (id uint64, locked bool) {
	var buf [128]byte
	h := header(&buf)
	return goidIn(h), bytes.Contains(h, []byte(lockedText)) && !inits.Running()
}

const lockedText = ", locked to thread"

// headerSays reports whether header has the text in it.
func headerSays(text string) bool {
	var buf [128]byte
	return bytes.Contains(header(&buf), []byte(text))
}

// header returns what tracebacks print of the calling goroutine before its frames. It uses buf.
func header(buf *[128]byte) []byte {
	h, _, _ := bytes.Cut(buf[:runtime.Stack(buf[:], false)], []byte(":\n"))
	return h
}
