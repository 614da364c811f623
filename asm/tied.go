package asm

import (
	"bytes"
	"runtime"

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

// GoidAndLock returns what Goid and LockedToThread do, where they are not fast from one look
// at what runtime.Stack prints.
func GoidAndLock() (id uint64, locked bool) {
	if goidFast {
		id, m := goidAndLockedm()
		return id, m != 0 && !inits.Running()
	}
	return headerGoidAndLock()
}

// headerGoidAndLock is GoidAndLock without the layout table.
func headerGoidAndLock() (id uint64, locked bool) {
	var buf [128]byte
	h := header(&buf)
	return goidIn(h), bytes.Contains(h, []byte(", locked to thread")) && !inits.Running()
}

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
