//go:build amd64 || arm64

package regs

import (
	"math"
	"reflect"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/tests/internal/poison"
)

type stack = stackful.Stack

func up(v any) any { return stackful.Current().Root().Switch(v) }

// An echo is a stack that passes back what it gets, with all registers
// poisoned, until it gets nil.
func echo() *stack {
	root := stackful.Current().Root()
	return stackful.New(func(v any) (*stack, any) {
		for v != nil {
			poison.Registers()
			v = root.Switch(v)
			poison.Registers()
		}
		return root, nil
	})
}

// ways are the ways to call Switch, which all take the value there and back.
// Each poisons the registers as late as Go lets it.
var ways = map[string]func(s *stack, v any) any{
	"call": func(s *stack, v any) any {
		poison.Registers()
		return s.Switch(v)
	},
	"method value": func(s *stack, v any) any {
		f := s.Switch
		poison.Registers()
		return f(v)
	},
	"method expression": func(s *stack, v any) any {
		f := (*stack).Switch
		poison.Registers()
		return f(s, v)
	},
	"interface": func(s *stack, v any) any {
		i := interface{ Switch(v any) any }(s)
		poison.Registers()
		return i.Switch(v)
	},
	"reflect method": func(s *stack, v any) any {
		m := reflect.ValueOf(s).MethodByName("Switch")
		in := reflect.New(reflect.TypeFor[any]()).Elem()
		in.Set(reflect.ValueOf(v))
		poison.Registers()
		return m.Call([]reflect.Value{in})[0].Interface()
	},
	"reflect func": func(s *stack, v any) any {
		f := reflect.ValueOf((*stack).Switch)
		return f.Call([]reflect.Value{reflect.ValueOf(s), reflect.ValueOf(v)})[0].Interface()
	},
	"reflect made func": func(s *stack, v any) any {
		f := reflect.MakeFunc(reflect.TypeFor[func(any) any](), func(in []reflect.Value) []reflect.Value {
			return []reflect.Value{reflect.ValueOf(s.Switch).Call(in)[0]}
		}).Interface().(func(any) any)
		return f(v)
	},
	"generic": switchGeneric[*stack],
	"on top":  func(s *stack, v any) any { return s.SwitchRun(func() any { poison.Registers(); return v }) },
	"deferred": func(s *stack, v any) (result any) {
		defer func() { result = s.Switch(v) }()
		defer poison.Registers()
		return nil
	},
}

func switchGeneric[S interface{ Switch(v any) any }](s S, v any) any {
	poison.Registers()
	return s.Switch(v)
}

// everyWay runs f for each way to switch, quietly and beside collections, in
// which switches go the other way through the assembly.
func everyWay(t *testing.T, f func(t *testing.T, hop func(v any) any)) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s := echo()
			hop := func(v any) any { return way(s, v) }
			for range 10 {
				f(t, hop)
			}
			stop, ended := make(chan bool), make(chan bool)
			go func() {
				defer close(ended)
				for {
					select {
					case <-stop:
						return
					default:
						runtime.GC()
					}
				}
			}()
			for range 200 {
				f(t, hop)
			}
			close(stop)
			<-ended
			s.Switch(nil)
		})
	}
}

func TestRegs_valuesEveryWay(t *testing.T) {
	p := new(int)
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		for _, v := range []any{1, "text", p, 2.5, [3]string{"a", "b", "c"}, true} {
			if got := hop(v); got != v {
				t.Fatalf("passed %v, got %v", v, got)
			}
		}
	})
}

//go:noinline
func f64(i int) float64 { return math.Sqrt(float64(i)) }

// More floats than there are registers live across switches.
func TestRegs_floats(t *testing.T) {
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		a, b, c, d, e, f, g, h := f64(1), f64(2), f64(3), f64(4), f64(5), f64(6), f64(7), f64(8)
		i, j, k, l, m, n, o, p := f64(9), f64(10), f64(11), f64(12), f64(13), f64(14), f64(15), f64(16)
		q, r, s, u := f64(17), f64(18), f64(19), float32(f64(20))
		hop(1)
		all := [...]float64{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s}
		for n, x := range all {
			if x != math.Sqrt(float64(n+1)) {
				t.Fatalf("float %d became %v", n+1, x)
			}
		}
		if u != float32(math.Sqrt(20)) {
			t.Fatalf("float32 became %v", u)
		}
		// And in one expression, around the call.
		if x := f64(4)*float64(hop(3).(int)) + f64(9); x != 9 {
			t.Fatalf("an expression became %v", x)
		}
	})
}

//go:noinline
func integer(i int) uint64 { return uint64(i) * 0x9e3779b97f4a7c15 }

// More integers and pointers than there are registers.
func TestRegs_integers(t *testing.T) {
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		a, b, c, d, e, f, g, h := integer(1), integer(2), integer(3), integer(4), integer(5), integer(6), integer(7), integer(8)
		i, j, k, l, m, n, o, p := integer(9), integer(10), integer(11), integer(12), integer(13), integer(14), integer(15), integer(16)
		x, y, z := new(uint64), new(uint64), new(uint64)
		*x, *y, *z = 17*a, 18*a, 19*a
		hop(1)
		all := [...]uint64{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, *x, *y, *z}
		for n, v := range all {
			if v != integer(n+1) {
				t.Fatalf("integer %d became %#x", n+1, v)
			}
		}
	})
}

// Registers with a fixed meaning have it on both sides; zero values, which
// compiled code takes from one of them, are zero.
func TestRegs_fixed(t *testing.T) {
	g, _, _ := poison.Fixed()
	check := func(t *testing.T) {
		now, low, high := poison.Fixed()
		var zero [8]uint64
		if keep := &zero; *keep != [8]uint64{} || low != 0 || high != 0 {
			t.Errorf("the zero register holds %#x %#x", high, low)
		}
		if stackful.Backend().Native && now != g {
			t.Errorf("g is %#x, was %#x", now, g)
		}
	}
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		g, _, _ = poison.Fixed() // each subtest is a goroutine of its own
		hop(1)
		check(t)
		s := stackful.New(func(v any) (*stack, any) {
			check(t)
			up(v)
			check(t)
			poison.Registers()
			return nil, v
		})
		poison.Registers()
		s.Switch(1)
		check(t)
		s.SwitchRun(func() any { check(t); return 1 })
		check(t)
	})
}

func TestRegs_floatControl(t *testing.T) {
	before := poison.FloatControl()
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		hop(1)
		if now := poison.FloatControl(); now != before {
			t.Fatalf("control bits %#x, before %#x", now, before)
		}
	})
	s := stackful.New(func(any) (*stack, any) { return nil, poison.FloatControl() })
	if got := s.Switch(nil); got != before {
		t.Errorf("control bits %#x on a stack, %#x outside", got, before)
	}
}

// The frame pointer is the frame's again after a switch. Where it points is
// compared with the address of a variable of the frame, as the stack may move.
func TestRegs_framePointer(t *testing.T) {
	everyWay(t, func(t *testing.T, hop func(v any) any) {
		var here byte
		before := uintptr(poison.Frame()) - uintptr(unsafe.Pointer(&here))
		hop(1)
		// Both are read again when the stack has moved between them.
		for range 100 {
			if after := uintptr(poison.Frame()) - uintptr(unsafe.Pointer(&here)); after == before {
				return
			}
		}
		t.Fatal("the frame pointer is another one")
	})
}

// A refused switch keeps to the convention too.
func TestRegs_refused(t *testing.T) {
	done := echo()
	done.Switch(nil)
	for name, way := range ways {
		a, b := f64(2), integer(3)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: not refused", name)
				}
			}()
			way(done, 1)
		}()
		if a != math.Sqrt2 || b != integer(3) {
			t.Errorf("%s: %v %v", name, a, b)
		}
	}
}

// deferred and go calls of the method itself, with its arguments evaluated.
func TestRegs_deferredMethod(t *testing.T) {
	s := echo()
	func() {
		defer s.Switch(1)
		defer poison.Registers()
	}()
	if got := s.Switch(2); got != 2 {
		t.Errorf("got %v", got)
	}
	result := make(chan any)
	go func() {
		defer func() { result <- recover() }()
		func() { defer s.Switch(3) }()
	}()
	if _, ok := (<-result).(*stackful.UsageError); !ok {
		t.Error("a foreign goroutine was not refused")
	}
	s.Switch(nil)
}
