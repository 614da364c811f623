package stackful_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

const here = "github.com/stackful-go/stackful_test."

// callers returns the functions of the running stack, innermost first.
func callers() (names []string) {
	var pcs [256]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		names = append(names, f.Function)
		if !more {
			return names
		}
	}
}

//go:noinline
func callersInside(any) any { return callersDeeper() }

//go:noinline
func callersDeeper() any { names := callers(); return names }

// The frames of a stack begin at its entry: what switched to it is not below.
func TestCallers_endAtTheEntry(t *testing.T) {
	names := body(callersInside).Switch(nil).([]string)
	if len(names) < 3 || names[0] != here+"callersDeeper" || names[1] != here+"callersInside" {
		t.Errorf("innermost frames: %q", names)
	}
	want(t, "outermost frame", names[len(names)-1], "runtime.goexit")
	if slices.Contains(names, here+"TestCallers_endAtTheEntry") {
		t.Errorf("frames of another stack: %q", names)
	}
	if len(names) > 12 {
		t.Errorf("too many frames: %q", names)
	}
}

// After switches the frames are what they were.
func TestCallers_afterSwitches(t *testing.T) {
	s := body(func(any) any {
		before := callersDeeper().([]string)
		up(nil)
		after := callersDeeper().([]string)
		if !slices.Equal(before, after) {
			t.Errorf("frames before %q, after %q", before, after)
		}
		return nil
	})
	before := callersDeeper().([]string)
	s.Switch(nil)
	runtime.GC()
	s.Switch(nil)
	if after := callersDeeper().([]string); !slices.Equal(before, after) {
		t.Errorf("the root's frames before %q, after %q", before, after)
	}
}

func TestCallers_onTop(t *testing.T) {
	s := body(callersSuspended)
	s.Switch(nil)
	names := s.SwitchRun(func() any { return up(callers()) }).([]string)
	if i := slices.Index(names, here+"callersSuspended"); i < 1 {
		t.Errorf("the target's function should be below: %q", names)
	}
	want(t, "outermost frame", names[len(names)-1], "runtime.goexit")
	s.Switch(nil)
}

//go:noinline
func callersSuspended(v any) any { v = up(v); return v }

func line() int {
	_, _, n, _ := runtime.Caller(1)
	return n
}

func TestCallers_lineAfterSwitch(t *testing.T) {
	s := body(func(any) any {
		a := line()
		up(nil)
		b := line()
		want(t, "lines between on the stack", b-a, 2)
		return nil
	})
	a := line()
	s.Switch(nil)
	b := line()
	s.Switch(nil)
	c := line()
	want(t, "lines between", b-a, 2)
	want(t, "lines between", c-b, 2)
}

func TestCallers_debugStack(t *testing.T) {
	text := body(debugStackInside).Switch(nil).(string)
	for _, w := range []string{"goroutine ", here + "debugStackInside(", "callers_test.go:"} {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing", w)
		}
	}
	for _, w := range []string{here + "TestCallers_debugStack(", "testing.tRunner", "unexpected", "additional frames"} {
		if strings.Contains(text, w) {
			t.Errorf("%q should not be there", w)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

//go:noinline
func debugStackInside(any) any { text := string(debug.Stack()); return text }

// In a recovering call the panicking frames are still there.
func TestCallers_whileRecovering(t *testing.T) {
	names := body(func(any) any {
		var names []string
		func() {
			defer func() {
				up(nil)
				names = callers()
				recover()
			}()
			panicsHere()
		}()
		return names
	})
	names.Switch(nil)
	runtime.GC()
	got := names.Switch(nil).([]string)
	if !slices.Contains(got, here+"panicsHere") || !slices.Contains(got, "runtime.gopanic") {
		t.Errorf("frames: %q", got)
	}
	want(t, "outermost frame", got[len(got)-1], "runtime.goexit")
}

//go:noinline
func panicsHere() { panic("here") }

// runtime.Stack of all goroutines shows each suspended stack once, as one that
// waits in a coroutine.
func TestCallers_allGoroutines(t *testing.T) {
	const n = 30
	var stacks []*stack
	for range n {
		s := body(waitInDump)
		s.Switch(nil)
		stacks = append(stacks, s)
	}
	text := allStacks()
	want(t, "frames in the dump", strings.Count(text, here+"waitInDump("), n)
	for _, g := range strings.Split(text, "\n\n") {
		if head, _, _ := strings.Cut(g, "\n"); strings.Contains(g, here+"waitInDump(") {
			if stackful.Backend().Native && !strings.Contains(head, "[coroutine") {
				t.Errorf("a suspended stack is shown as %q", head)
			}
		}
	}
	for _, s := range stacks {
		s.Switch(nil)
	}
	want(t, "frames when all have ended", strings.Count(allStacks(), here+"waitInDump("), 0)
}

//go:noinline
func waitInDump(v any) any { v = up(v); return v }

func allStacks() string {
	for size := 1 << 20; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}
