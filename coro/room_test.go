package coro_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
)

// below returns how many bytes of the running stack lie under its caller's frame, and above its own.
//
//go:noinline
func below() uintptr {
	var here int
	at := asm.G() + asm.GStackHi
	return **(**uintptr)(unsafe.Pointer(&at)) - uintptr(unsafe.Pointer(&here))
}

// The least stack, of 2 KiB, has room for 1,100 bytes of frames. What lies below a body is missing in it; one
// whose frames do not fit takes 4 KiB. The colours of the trampolines are in these figures, so a
// stack of each is looked at.
func TestRoom(t *testing.T) {
	if !stackful.Backend().Native || !usualBuild() {
		t.Skip("the frames of this build are others")
	}
	const colours = 128
	more := map[string]uintptr{"arm64": 32}[runtime.GOARCH] // for the saved link registers
	for name, c := range map[string]struct {
		most uintptr
		of   func() uintptr
	}{
		"New": {232 + more, func() uintptr {
			return coro.New(func(any) any { return below() }).Switch(nil).(uintptr)
		}},
		"Pull": {264 + more, func() uintptr {
			next, stop := coro.Pull(func(yield func(uintptr) bool) { yield(below()) })
			defer stop()
			n, _ := next()
			return n
		}},
		"Generator": {264 + more, func() uintptr {
			g := coro.NewGenerator(func(_ int, yield func(uintptr) int) { yield(below()) })
			defer g.Close()
			n, _ := g.Send(0)
			return n
		}},
	} {
		var least, most uintptr
		held := make([]func(), 0, 64)
		for range 64 { // on different carriers
			wait := coro.New(func(any) any { coro.Current().Parent().Switch(nil); return nil })
			wait.Switch(nil)
			held = append(held, wait.Kill)
			n := c.of()
			if least == 0 || n < least {
				least = n
			}
			most = max(most, n)
		}
		for _, kill := range held {
			kill()
		}
		if least > c.most || most > c.most+colours {
			t.Errorf("%s: %d to %d bytes lie below a body, want at most %d to %d", name, least, most, c.most, c.most+colours)
		}
	}
}

// A sequence and its functions are one object.
func TestPull_allocates(t *testing.T) {
	if !stackful.Backend().Native || !usualBuild() {
		t.Skip("functions of this build are allocated one by one")
	}
	one := func(yield func(int) bool) { yield(1) }
	if n := testing.AllocsPerRun(100, func() {
		next, stop := coro.Pull(one)
		next()
		stop()
	}); n > 1 {
		t.Errorf("%v allocations for a sequence, want 1", n)
	}
}

// usualBuild reports whether the tests were built with optimization, and without the race detector.
func usualBuild() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" && s.Value == "true" || s.Key == "-gcflags" && strings.Contains(s.Value, "-N") {
			return false
		}
	}
	return true
}
