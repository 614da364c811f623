package coro_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

// Values of every size arrive whole.
func TestPull_large(t *testing.T) {
	type large struct {
		s [20]string
		p *int
	}
	n := 7
	next, stop := coro.Pull(func(yield func(large) bool) {
		for i := range 3 {
			runtime.GC()
			yield(large{[20]string{19: fmt.Sprint(i)}, &n})
		}
	})
	defer stop()
	for i := range 3 {
		v, ok := next()
		if !ok || v.s[19] != fmt.Sprint(i) || v.p != &n {
			t.Error(v, ok)
		}
	}
}

// testPullValues pulls values of one type, with a collection after each, from a
// generator that yields them and one that is stopped.
func testPullValues[V comparable](t *testing.T, values ...V) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", values[0]), func(t *testing.T) {
		next, stop := coro.Pull(slices.Values(values))
		for i, want := range values {
			v, ok := next()
			if v != want || !ok {
				t.Errorf("value %d is %v, %t, want %v", i, v, ok, want)
			}
			runtime.GC()
		}
		var zero V
		for range 2 {
			if v, ok := next(); v != zero || ok {
				t.Errorf("after the end: %v, %t", v, ok)
			}
		}
		stop()
		next, stop = coro.Pull(slices.Values(values))
		if v, ok := next(); v != values[0] || !ok {
			t.Errorf("the first value again is %v, %t, want %v", v, ok, values[0])
		}
		stop()
		if v, ok := next(); v != zero || ok {
			t.Errorf("after stop: %v, %t", v, ok)
		}
	})
}

// Values that are passed in one to nine registers, and others.
func TestPull_values(t *testing.T) {
	type two struct{ a, b int }
	type three struct {
		p *int
		s string
	}
	type four struct {
		two
		a any
	}
	type five struct {
		four
		p *int
	}
	type six struct{ a, b three }
	type seven struct {
		six
		n int
	}
	type eight struct{ a, b four }
	type nine struct {
		eight
		n int
	}
	text := func(i int) string { return fmt.Sprint("text ", i) }
	testPullValues(t, struct{ n int }{1}, struct{ n int }{2})
	testPullValues(t, two{1, 2}, two{3, 4})
	testPullValues(t, three{new(int), text(1)}, three{nil, text(2)})
	testPullValues(t, four{two{1, 2}, text(3)}, four{two{4, 5}, 6})
	testPullValues(t, five{four{two{1, 2}, text(3)}, new(int)}, five{p: new(int)})
	testPullValues(t, six{three{new(int), text(1)}, three{new(int), text(2)}}, six{b: three{s: text(3)}})
	testPullValues(t, seven{six{a: three{s: text(1)}}, 2}, seven{n: 3})
	testPullValues(t, eight{four{two{1, 2}, 3}, four{two{4, 5}, text(6)}}, eight{a: four{a: text(7)}})
	testPullValues(t, nine{eight{a: four{a: text(1)}}, 2}, nine{n: 3})
	testPullValues(t, [2]string{text(1), text(2)}, [2]string{text(3)})
	testPullValues(t, struct {
		s    string
		x, y float64
	}{text(1), 2, 3})
	testPullValues(t, struct {
		s    string
		a, b int32
	}{text(1), 2, 3})
}
