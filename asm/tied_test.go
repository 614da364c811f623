package asm

import (
	"runtime"
	"testing"
	"testing/synctest"
)

var inInit = LockedToThread()

func TestInBubble(t *testing.T) {
	ask := func() [2]bool { return [2]bool{InBubble(), headerSays(", synctest bubble ")} }
	if got := ask(); got != [2]bool{} {
		t.Errorf("outside: %v", got)
	}
	synctest.Test(t, func(t *testing.T) {
		if got := ask(); got != [2]bool{true, true} {
			t.Errorf("inside: %v", got)
		}
		done := make(chan [2]bool)
		go func() { done <- ask() }()
		if got := <-done; got != [2]bool{true, true} {
			t.Errorf("in another goroutine of the bubble: %v", got)
		}
	})
}

func TestLockedToThread(t *testing.T) {
	ask := func() [2]bool {
		goid, locked := headerGoidAndLock()
		if goid != Goid() {
			t.Errorf("goroutine %d, not %d", goid, Goid())
		}
		return [2]bool{LockedToThread(), locked}
	}
	if got := ask(); got != [2]bool{} {
		t.Errorf("not locked: %v", got)
	}
	runtime.LockOSThread()
	if got := ask(); got != [2]bool{lockable, lockable} {
		t.Errorf("locked: %v", got)
	}
	runtime.UnlockOSThread()
	if got := ask(); got != [2]bool{} {
		t.Errorf("no longer locked: %v", got)
	}
	if inInit {
		t.Error("the initialization of packages counts as locked")
	}
}
