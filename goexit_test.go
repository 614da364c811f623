package stackful_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stackful-go/stackful"
)

// Goexit in a stack ends the goroutine: the deferred calls of the stack run,
// then those of the root; other stacks stay suspended.
func TestGoexit_inStack(t *testing.T) {
	var log []string
	var s, other *stack
	onGoroutine(func() {
		defer func() { log = append(log, "root") }()
		other = body(func(any) any {
			defer func() { log = append(log, "other") }()
			return up(nil)
		})
		other.Switch(nil)
		s = body(func(any) any {
			defer func() { log = append(log, "s") }()
			runtime.Goexit()
			return nil
		})
		s.Switch(nil)
		t.Error("the root went on")
	})
	if !slices.Equal(log, []string{"s", "root"}) {
		t.Errorf("deferred calls: %v", log)
	}
	want(t, "s done", s.Done(), true)
	want(t, "other done", other.Done(), false)
}

// The goroutine's own stack may be suspended deep down when the exit comes.
func TestGoexit_nestedStacks(t *testing.T) {
	var log []string
	onGoroutine(func() {
		defer func() { log = append(log, "root") }()
		outer := body(func(any) any {
			defer func() { log = append(log, "outer") }()
			return body(func(any) any {
				defer func() { log = append(log, "inner") }()
				runtime.Goexit()
				return nil
			}).Switch(nil)
		})
		outer.Switch(nil)
	})
	if !slices.Equal(log, []string{"inner", "root"}) { // outer was not running, nor was it waited for
		t.Errorf("deferred calls: %v", log)
	}
}

func TestGoexit_onRoot(t *testing.T) {
	ran := false
	onGoroutine(func() {
		defer func() { ran = true }()
		suspended()
		runtime.Goexit()
	})
	want(t, "deferred call", ran, true)
}

// Deferred calls that a Goexit runs may switch away and come back.
func TestGoexit_switchInDeferredCalls(t *testing.T) {
	var log []any
	onGoroutine(func() {
		defer func() {
			log = append(log, "root")
			body(func(any) any { log = append(log, "a stack of the end"); return nil }).Switch(nil)
		}()
		s := body(func(any) any {
			defer func() { log = append(log, up("third")) }()
			defer func() { log = append(log, recover(), up("second")) }()
			defer up("first")
			runtime.Goexit()
			return nil
		})
		log = append(log, s.Switch(nil), s.Switch(nil), s.Switch("b"), s.Switch("c"))
		t.Error("the root went on")
	})
	if !slices.Equal(log, []any{nil, "b", "c", "root", "a stack of the end"}) {
		t.Errorf("what happened: %v", log)
	}
}

// On top of another stack a Goexit runs that stack's deferred calls.
func TestGoexit_onTop(t *testing.T) {
	var log []string
	onGoroutine(func() {
		defer func() { log = append(log, "root") }()
		s := body(func(any) any {
			defer func() { log = append(log, "s") }()
			return up(nil)
		})
		s.Switch(nil)
		s.SwitchRun(func() any { runtime.Goexit(); return nil })
	})
	if !slices.Equal(log, []string{"s", "root"}) {
		t.Errorf("deferred calls: %v", log)
	}
}

func TestGoexit_onTopOfFresh(t *testing.T) {
	exited, entered := true, false
	onGoroutine(func() {
		s := body(func(any) any { entered = true; return nil })
		s.SwitchRun(func() any { runtime.Goexit(); return nil })
		exited = false
	})
	want(t, "the goroutine ended", exited, true)
	want(t, "the entry ran", entered, false)
}

// A Goexit that aborts a panic: the panic is gone with the goroutine.
func TestGoexit_whilePanicking(t *testing.T) {
	var log []string
	onGoroutine(func() {
		defer func() { log = append(log, "root") }()
		body(func(any) any {
			defer func() { log = append(log, "s") }()
			defer runtime.Goexit()
			panic("never seen")
		}).Switch(nil)
	})
	if !slices.Equal(log, []string{"s", "root"}) {
		t.Errorf("deferred calls: %v", log)
	}
}

// The carrier of a stack that ended so serves again.
func TestGoexit_leaksNothing(t *testing.T) {
	const n = 10_000
	before := runtime.NumGoroutine()
	for range n {
		onGoroutine(func() {
			body(func(any) any { runtime.Goexit(); return nil }).Switch(nil)
		})
	}
	eventually(t, "goroutines that ended so are gone", func() bool {
		runtime.GC()
		return runtime.NumGoroutine() < before+maxCarriers
	})
}

// FailNow is a Goexit, which must reach package testing.
func TestGoexit_skipNow(t *testing.T) {
	var log []string
	var inner *testing.T
	t.Run("inner", func(t *testing.T) {
		inner = t
		defer func() { log = append(log, "root") }()
		body(func(any) any {
			defer func() { log = append(log, "stack") }()
			t.SkipNow()
			return nil
		}).Switch(nil)
		log = append(log, "not reached")
	})
	if !slices.Equal(log, []string{"stack", "root"}) || !inner.Skipped() {
		t.Errorf("skipped %v, deferred calls: %v", inner.Skipped(), log)
	}
	want(t, "Current", stackful.Current(), stackful.Current().Root())
}

func TestGoexit_failNow(t *testing.T) {
	if !rerunning(t) {
		out, code := rerun(t, "TestGoexit_failNow")
		if code != 1 || !strings.Contains(out, "[stack root]") || strings.Contains(out, "not reached") {
			t.Errorf("exit code %d:\n%s", code, out)
		}
		return
	}
	var log []string
	defer func() { t.Log(append(log, "root")) }()
	body(func(any) any {
		defer func() { log = append(log, "stack") }()
		t.FailNow()
		return nil
	}).Switch(nil)
	t.Log("not reached")
}
