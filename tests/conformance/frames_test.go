package conformance

import (
	"bytes"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// names returns the functions of c's frames, without package path.
func names(c *coro.Coroutine) []string {
	var list []string
	for _, f := range c.Frames() {
		list = append(list, f.Function[strings.LastIndexByte(f.Function, '/')+1:])
	}
	return list
}

//go:noinline
func innerFrame() any { return up(nil) }

//go:noinline
func outerFrame(any) any {
	v := innerFrame()
	return v
}

func TestG015_frame(t *testing.T) {
	c := coro.New(func(any) any { up(nil); return "meaning of life" })
	equal(t, len(c.Frames()), 0)
	c.Switch(nil)
	got := names(c)
	equal(t, len(got), 2)
	equal(t, got[len(got)-1], "conformance.TestG015_frame.func1")
	equal(t, c.Active(), true)
	equal(t, c.Switch(nil), "meaning of life")
	equal(t, c.Active(), false)
	equal(t, len(c.Frames()), 0)
}

func TestG041_can_access_f_back_of_suspended_greenlet(t *testing.T) {
	c := coro.New(outerFrame)
	c.Switch(nil)
	want := []string{"conformance.up", "conformance.innerFrame", "conformance.outerFrame"}
	equal(t, names(c), want)
	coro.New(nothing).Switch(nil)
	equal(t, names(c), want)
	equal(t, c.Switch("resumed"), "resumed")
}

// Switches below a callback of the standard library, five deep.
func TestG042_get_stack_with_nested_c_calls(t *testing.T) {
	var recurse func(n int) int
	recurse = func(n int) int {
		if n == 0 {
			return up("deep").(int)
		}
		product := 0
		sort.Slice([]int{1, 2}, func(int, int) bool {
			product = n * recurse(n-1)
			return false
		})
		return product
	}
	c := coro.New(func(any) any { return recurse(5) })
	equal(t, c.Switch(nil), "deep")
	got := names(c)
	calls := 0
	for _, name := range got {
		if strings.HasPrefix(name, "sort.Slice") {
			calls++
		}
	}
	equal(t, calls, 5)
	equal(t, c.Switch(10), 1200)
}

func TestG043_frames_always_exposed(t *testing.T) {
	pcs := make([]uintptr, 32)
	c := coro.New(func(any) any {
		pcs = pcs[:runtime.Callers(1, pcs)]
		return up(nil)
	})
	c.Switch(nil)
	f, _ := runtime.CallersFrames(pcs).Next()
	equal(t, strings.HasSuffix(f.Function, "TestG043_frames_always_exposed.func1"), true)
	c.Kill()
}

func TestG044_switching_holding_critical_section_no_crash(t *testing.T) {
	var mu sync.Mutex
	list := []int{}
	c := coro.New(func(any) any {
		mu.Lock()
		defer mu.Unlock()
		up(nil)
		list = append(list, 1)
		return nil
	})
	d := coro.New(func(any) any {
		if _, err := os.ReadFile(os.Args[0]); err != nil {
			t.Error(err)
		}
		return up(nil)
	})
	c.Switch(nil)
	d.Switch(nil)
	equal(t, mu.TryLock(), false)
	c.Switch(nil)
	d.Switch(nil)
	equal(t, mu.TryLock(), true)
	equal(t, list, []int{1})
}

// The profilers see what a coroutine calls, with its whole stack.
func TestG101_trace_events_into_greenlet_func_already_set(t *testing.T) {
	var profile bytes.Buffer
	c := coro.New(func(any) any {
		return pprof.Lookup("goroutine").WriteTo(&profile, 1)
	})
	c.Switch(nil)
	if !strings.Contains(profile.String(), "TestG101_trace_events_into_greenlet_func_already_set.func1") {
		t.Error("the body is not in the profile")
	}
}

func TestG103_trace_events_from_greenlet_func_sets_profiler(t *testing.T) {
	var profile bytes.Buffer
	coro.New(func(any) any {
		if err := pprof.StartCPUProfile(&profile); err != nil {
			t.Skip(err) // the tests themselves are being profiled
		}
		return nil
	}).Switch(nil)
	simple()
	pprof.StopCPUProfile()
	equal(t, profile.Len() > 0, true)
}

// Frames does not disturb what it looks at.
func TestFramesOften(t *testing.T) {
	var caught any
	c := coro.New(func(any) any {
		equal(t, up(1), 2)
		func() {
			defer func() { caught = recover() }()
			up(3)
		}()
		return 4
	})
	look := func() {
		for range 3 {
			equal(t, slices.Contains(names(c), "conformance.up"), true)
		}
	}
	equal(t, c.Switch(nil), 1)
	look()
	equal(t, c.Switch(2), 3)
	look()
	equal(t, c.Throw(errSome), 4)
	equal(t, caught, any(errSome))
}
