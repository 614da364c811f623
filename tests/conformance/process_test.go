package conformance

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/tests/internal/process"

	"github.com/stackful-go/stackful/coro"
)

func TestMain(m *testing.M) { process.Main(m, programs) }

// clean checks that a program ends as it should.
func clean(t *testing.T, name string) {
	t.Helper()
	if out, code := process.Run(t, name); code != 0 || !strings.HasSuffix(out, process.ExitOK+"\n") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

// crashes checks that a program dies and says why.
func crashes(t *testing.T, name string, want ...string) {
	t.Helper()
	out, code := process.Run(t, name)
	if code != 2 || strings.Contains(out, process.ExitOK) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for _, w := range want {
		if !strings.Contains(out, w) {
			t.Errorf("%q is not in the output:\n%s", w, out)
		}
	}
}

var programs = map[string]func(){
	"suspended 1":  func() { suspend(1) },
	"suspended 10": func() { suspend(10) },
	"suspended 50": func() { suspend(50) },
	"nested":       func() { nest(3) },
	"nested 10":    func() { nest(10) },
	"threads": func() {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { suspend(5) })
		}
		wg.Wait()
	},
	"in a deferred call": func() {
		coro.New(func(any) any {
			defer func() { up(recover()) }()
			panic(errSome)
		}).Switch(nil)
	},
	"stack overflow":        func() { debug.SetMaxStack(1 << 20); fmt.Println(endless(1)) },
	"stack overflow inside": func() { coro.New(overflow).Switch(nil) },
	"panic inside":          func() { coro.New(panicking).Switch(nil) },
	"panic nested": func() {
		coro.New(func(any) any { return coro.New(panicking).Switch(nil) }).Switch(nil)
	},
}

func suspend(n int) {
	for range n {
		coro.New(func(any) any {
			defer fmt.Println("deferred")
			return up(nil)
		}).Switch(nil)
	}
}

// nest suspends n coroutines, each started by the one before.
func nest(n int) {
	root := coro.Current()
	var deeper func(v any) any
	deeper = func(v any) any {
		if n := v.(int); n > 1 {
			return coro.New(deeper).Switch(n - 1)
		}
		return root.Switch(nil)
	}
	coro.New(deeper).Switch(n)
}

//go:noinline
func endless(n int) int { return endless(n+1) + n } //lint:ignore SA5007 it is to overflow

func overflow(any) any { debug.SetMaxStack(1 << 20); return endless(1) }

func panicking(any) any { panic("nobody recovers this") }

func TestG129_unhandled_nonstd_exception_aborts(t *testing.T) {
	crashes(t, "stack overflow", "stack overflow", "endless")
}

func TestG130_unhandled_std_exception_aborts(t *testing.T) {
	crashes(t, "stack overflow inside", "stack overflow", "endless")
}

func TestG131_unhandled_std_exception_as_greenlet_function_aborts(t *testing.T) {
	crashes(t, "panic inside", "nobody recovers this", "conformance.panicking")
}

func TestG132_unhandled_exception_in_greenlet_aborts(t *testing.T) {
	crashes(t, "panic nested", "nobody recovers this", "conformance.panicking")
}

func TestG146_active_greenlet_at_shutdown_no_crash(t *testing.T)  { clean(t, "suspended 1") }
func TestG147_multiple_active_greenlets_at_shutdown(t *testing.T) { clean(t, "suspended 10") }
func TestG148_nested_greenlets_at_shutdown(t *testing.T)          { clean(t, "nested") }
func TestG149_threaded_greenlets_at_shutdown(t *testing.T)        { clean(t, "threads") }
func TestG152_many_greenlets_with_cleanup_at_shutdown(t *testing.T) {
	clean(t, "suspended 50")
}
func TestG153_deeply_nested_greenlets_at_shutdown(t *testing.T) { clean(t, "nested 10") }
func TestG154_greenlet_with_traceback_at_shutdown(t *testing.T) { clean(t, "in a deferred call") }

// Greenlet kills what is left when a thread ends, before the join returns. In Go
// the goroutine says so, with a Scope; see G122 for what happens without one.
func TestG150_greenlet_cleanup_during_thread_exit(t *testing.T) {
	exits := 0
	onGoroutine(func() {
		scope := coro.NewScope()
		defer scope.Close()
		scope.New(waiting(&exits)).Switch(nil)
	})
	equal(t, exits, 1)
}

func TestG151_finally_block_during_thread_exit(t *testing.T) {
	var order []int
	onGoroutine(func() {
		scope := coro.NewScope()
		defer scope.Close()
		for i := range 3 {
			scope.New(func(any) any {
				defer func() { order = append(order, i) }()
				return up(nil)
			}).Switch(nil)
		}
	})
	equal(t, order, []int{2, 1, 0})
}
