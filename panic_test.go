package stackful_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stackful-go/stackful"
)

var errOwn = errors.New("own error")

func TestPanic_recoveredInside(t *testing.T) {
	s := body(func(any) any {
		v := panicOf(func() { panic(errOwn) })
		want(t, "recovered", v, any(errOwn))
		return up("after")
	})
	want(t, "first", s.Switch(nil), "after")
	want(t, "second", s.Switch("end"), "end")
}

// Runtime faults are panics on stacks too.
func TestPanic_faults(t *testing.T) {
	s := body(func(v any) any {
		var p *named
		var m map[string]int
		var a []int
		for _, f := range []func(){
			func() { p.name = "x" }, func() { m["x"] = 1 }, func() { a[v.(int)] = 1 }, func() { _ = v.(string) },
		} {
			if err, _ := panicOf(f).(interface{ RuntimeError() }); err == nil {
				t.Error("no runtime error")
			}
			up(nil)
		}
		return "end"
	})
	for range 4 {
		want(t, "after a fault", s.Switch(0), nil)
	}
	want(t, "end", s.Switch(nil), "end")
}

// Each stack has its own panic: recover elsewhere sees nothing.
func TestPanic_switchInDeferredCall(t *testing.T) {
	s := body(func(any) any {
		defer func() {
			want(t, "value passed in while panicking", up("panicking"), "go on")
			want(t, "recover at last", recover(), any(errOwn))
		}()
		panic(errOwn)
	})
	want(t, "first", s.Switch(nil), "panicking")
	func() {
		defer func() { want(t, "recover on the root", recover(), nil) }()
		other := body(func(any) any {
			defer func() { want(t, "recover on another stack", recover(), nil) }()
			return nil
		})
		other.Switch(nil)
	}()
	want(t, "a panic of the root's own", panicOf(func() { panic("another") }), "another")
	want(t, "result of a recovered entry", s.Switch("go on"), nil)
	want(t, "done", s.Done(), true)
}

// Many stacks panic at once, and recover in another order.
func TestPanic_interleaved(t *testing.T) {
	const n = 50
	var stacks []*stack
	for i := range n {
		s := body(func(any) (result any) {
			defer func() { result = recover() }()
			defer up(nil)
			defer func() {
				defer up(nil)
				want(t, "inner panic", panicOf(func() { defer up(nil); panic(-i) }), -i)
			}()
			panic(i)
		})
		s.Switch(nil)
		stacks = append(stacks, s)
	}
	for range 2 {
		for i := range n {
			want(t, "hop", stacks[(i*7)%n].Switch(nil), nil)
		}
	}
	for i := range n {
		k := (i * 3) % n
		want(t, "recovered", stacks[k].Switch(nil), k)
	}
}

func TestPanic_nestedStacks(t *testing.T) {
	root := stackful.Current()
	outer := stackful.New(func(any) (*stack, any) {
		self := stackful.Current()
		inner := stackful.New(func(any) (*stack, any) {
			v := panicOf(func() { panic("inner") })
			return self, stackful.OnTop(func() any { panic(v) })
		})
		v := panicOf(func() { inner.Switch(nil) })
		return root, fmt.Sprint("outer got: ", v)
	})
	want(t, "result", outer.Switch(nil), "outer got: inner")
}

func TestDefer_orderAndResults(t *testing.T) {
	var log []int
	named := func() (n int) {
		defer func() { n *= 2 }()
		defer func() { log = append(log, up(1).(int)) }()
		for i := range 3 { // in a loop they are records on the heap
			defer func() { log = append(log, up(i).(int)) }()
		}
		return up(9).(int)
	}
	s := body(func(any) any { return named() })
	want(t, "in the body", s.Switch(nil), 9)
	want(t, "first deferred", s.Switch(21), 2)
	want(t, "second", s.Switch(102), 1)
	want(t, "third", s.Switch(101), 0)
	want(t, "fourth", s.Switch(100), 1)
	want(t, "named result", s.Switch(1), 42)
	want(t, "order", fmt.Sprint(log), "[102 101 100 1]")
}

// Deferred calls of one stack are not run by the end of another.
func TestDefer_belongsToItsStack(t *testing.T) {
	ran := false
	s := body(func(any) any {
		defer func() { ran = true }()
		return up(nil)
	})
	s.Switch(nil)
	func() {
		defer func() { recover() }()
		defer finished()
		panic("on the root")
	}()
	want(t, "ran while suspended", ran, false)
	s.Switch(nil)
	want(t, "ran at the end", ran, true)
}

// A panic passes frames that were suspended, and grown, in between.
func TestPanic_throughSuspendedFrames(t *testing.T) {
	unwound := 0
	var deep func(n int)
	deep = func(n int) {
		defer func() { unwound++ }()
		if n == 0 {
			up(nil)
			panic(errOwn)
		}
		deep(n - 1)
	}
	s := body(func(any) any { return panicOf(func() { deep(500) }) })
	s.Switch(nil)
	want(t, "recovered", s.Switch(nil), any(errOwn))
	want(t, "deferred calls", unwound, 501)
}

// recover and panic again, with switches everywhere.
func TestPanic_again(t *testing.T) {
	s := body(func(any) any {
		return panicOf(func() {
			defer func() {
				v := recover()
				up(nil)
				defer up(nil)
				panic(fmt.Sprint("again: ", v))
			}()
			up(nil)
			panic("once")
		})
	})
	for range 3 {
		want(t, "hop", s.Switch(nil), nil)
	}
	want(t, "recovered", s.Switch(nil), "again: once")
}

// Range-over-func bodies with deferred calls and early returns, which keep
// their state in the frames between.
func TestPanic_rangeOverFunc(t *testing.T) {
	seq := func(yield func(int) bool) {
		defer up("sequence's deferred call")
		for i := 0; yield(i); i++ {
			up("between")
		}
	}
	deferred := 0
	f := func() int {
		for i := range seq {
			defer func() { deferred++ }()
			up("in the body")
			if i == 1 {
				return 5
			}
		}
		return 0
	}
	s := body(func(any) any { return f() })
	for _, w := range []any{"in the body", "between", "in the body", "sequence's deferred call", 5} {
		want(t, "hop", s.Switch(nil), w)
	}
	want(t, "deferred calls", deferred, 2)
}
