package closure_test

import (
	"runtime"
	"testing"

	"github.com/stackful-go/stackful/internal/closure"
)

// A counter counts by func values of its own.
type counter[V any] struct {
	n      V
	last   any
	first  closure.Room
	second closure.Room
}

func newCounter[V any](n V) (*counter[V], func() V, func(V) V) {
	c := &counter[V]{n: n}
	get := closure.Place(&c.first, func() V {
		c.last = c.n // needs the dictionary
		return c.n
	})
	set := closure.Place(&c.second, func(v V) V {
		old := c.n
		c.n = v
		return old
	})
	return c, get, set
}

func check[V comparable](t *testing.T, a, b V) {
	c, get, set := newCounter(a)
	for range 3 { // what keeps c alive is the func values
		runtime.GC()
		garbage := make([][]byte, 0, 100)
		for range 100 {
			garbage = append(garbage, make([]byte, 64))
		}
		runtime.KeepAlive(garbage)
	}
	if get() != a || set(b) != a || get() != b || c.last != any(b) {
		t.Errorf("%T: the functions are not those of the literals", a)
	}
}

func TestPlace(t *testing.T) {
	check(t, 1, 2)
	check(t, "a", "b")
	check(t, [3]string{"a"}, [3]string{"b"})
	check(t, 1.5, 2.5)
	check[any](t, "a", 1)
}

func TestPlace_allocates(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { newCounter(1) }); n != 1 {
		t.Errorf("%v allocations, want that of the struct", n)
	}
}

// A func value may be replaced by the function itself.
func TestPlace_overwritten(t *testing.T) {
	if n := replace(7); n != 14 {
		t.Errorf("got %d, want 14", n)
	}
}

func replace[V ~int](n V) V {
	c := &counter[V]{n: n}
	f := closure.Place(&c.first, func() V {
		g := closure.Place(&c.first, func() V { return c.n })
		runtime.GC()
		return g() + c.n
	})
	return f()
}
