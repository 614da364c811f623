package stackful_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// A producer is a sequence of any type, with what a generator needs to survive
// being resumed in every way.
type producer[V any] struct {
	s     stackful.Stack
	v     V
	_     uintptr // room for the yield function to store a register whole
	more  []bool  // what yield returned
	ended bool
	panic any
}

func newProducer[V any](seq func(yield func(V) bool)) *producer[V] {
	f := new(producer[V])
	f.s.Init(func(s *stackful.Stack, _ any) (next *stackful.Stack, out any) {
		defer func() {
			f.panic = recover()
			f.ended = true
			if next = s.Resumer(); next == nil {
				next = s.Root()
			}
		}()
		yield := stackful.NewYield(s, &f.v, func(v V) bool {
			f.v = v
			return s.Yielded()
		})
		seq(func(v V) bool {
			more := yield(v)
			f.more = append(f.more, more)
			return more
		})
		return s.Resumer(), nil
	})
	return f
}

func testYield[V comparable](t *testing.T, values ...V) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", values[0]), func(t *testing.T) {
		f := newProducer(func(yield func(V) bool) {
			for _, v := range values {
				if !yield(v) {
					return
				}
			}
		})
		for i, v := range values {
			f.s.Resume(true)
			if f.v != v {
				t.Fatalf("value %d is %v, want %v", i, f.v, v)
			}
			if i%2 == 0 {
				runtime.GC() // a stack suspended in yield is scanned and shrunk
			}
		}
		f.s.Resume(true)
		if !f.ended || !f.s.Done() {
			t.Error("not at its end")
		}
	})
}

func TestYield_values(t *testing.T) {
	type pair struct{ a, b string }
	testYield(t, 1, 2, 3, -4)
	testYield[uint8](t, 1, 255, 3)
	testYield(t, true, false, true)
	testYield(t, "a", "", "abc")
	testYield[any](t, 1, nil, "x", pair{"a", "b"})
	testYield[error](t, errors.New("a"), nil)
	testYield(t, 1.5, -2, 1e300)
	testYield(t, pair{"a", "b"}, pair{"c", ""})
	testYield(t, struct{}{}, struct{}{})
	testYield(t, new(int), nil, new(int))
	testYield(t, [1]int{1}, [1]int{2})

	// Structs of whole registers, up to one too many; and some that are passed otherwise.
	type five struct {
		pair
		n int
	}
	type six struct {
		a    any
		five // ends in the middle of the remaining registers
	}
	type seven struct {
		p *int
		six
	}
	testYield(t, struct{ p *int }{new(int)}, struct{ p *int }{})
	testYield(t, five{pair{"a", "b"}, 1}, five{pair{"c", "d"}, -1})
	testYield(t, struct {
		pair
		a any
	}{pair{"a", "b"}, 1}, struct {
		pair
		a any
	}{a: "x"})
	testYield(t, six{1, five{pair{"a", "b"}, 2}}, six{})
	testYield(t, seven{six: six{a: 1}}, seven{new(int), six{"a", five{pair{"b", "c"}, 3}}})
	testYield(t, [2]five{{n: 1}}, [2]five{{n: 2}})
	testYield(t, struct {
		seven
		n int
	}{n: 1}, struct {
		seven
		n int
	}{seven{six: six{a: 2}}, 3})
	testYield(t, struct {
		x    float64
		a, b int
	}{1.5, 2, 3})
	testYield(t, struct {
		a, b, c, d int
		small      int8
	}{1, 2, 3, 4, 5})
}

func TestYield_slices(t *testing.T) {
	f := newProducer(func(yield func([]int) bool) {
		for i := range 10 {
			if !yield(make([]int, i, 2*i)) {
				return
			}
		}
	})
	for i := range 10 {
		f.s.Resume(true)
		if len(f.v) != i || cap(f.v) != 2*i {
			t.Fatalf("slice %d has length %d and capacity %d", i, len(f.v), cap(f.v))
		}
	}
	f.s.Resume(false)
	if !f.ended || f.more[len(f.more)-1] {
		t.Error("yield did not return false")
	}
}

// TestYield_switchedTo switches to a stack that is suspended in yield in the
// ways that Resume is not: yield must return a proper false, or panic.
func TestYield_switchedTo(t *testing.T) {
	naturals := func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	}
	boom := errors.New("boom")
	for name, act := range map[string]func(s *stackful.Stack){
		"Switch":           func(s *stackful.Stack) { s.Switch("a value of another type") },
		"Switch(nil)":      func(s *stackful.Stack) { s.Switch(nil) },
		"SwitchRun":        func(s *stackful.Stack) { s.SwitchRun(func() any { return true }) },
		"SwitchRun(panic)": func(s *stackful.Stack) { s.SwitchRun(func() any { panic(boom) }) },
		"finish": func(s *stackful.Stack) {
			stackful.New(func(any) (*stackful.Stack, any) { return s, 7 }).Switch(nil)
		},
		"finish, fresh": func(s *stackful.Stack) {
			stackful.New(func(any) (*stackful.Stack, any) {
				return s, stackful.OnTop(func() any { return 7 })
			}).Switch(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newProducer(naturals)
			for range 3 {
				f.s.Resume(true)
			}
			act(&f.s)
			if !f.ended {
				t.Fatal("the sequence goes on")
			}
			if name == "SwitchRun(panic)" {
				if f.panic != boom {
					t.Errorf("recovered %v in the sequence, want %v", f.panic, boom)
				}
				return
			}
			if got, want := fmt.Sprint(f.more), "[true true false]"; got != want {
				t.Errorf("yield returned %s, want %s", got, want)
			}
		})
	}
}

// TestYield_whileMarking resumes and yields while the collector works, with
// values that only the yield function refers to on their way.
func TestYield_whileMarking(t *testing.T) {
	besideGC(1<<30, func() {
		f := newProducer(func(yield func(*[4]int) bool) {
			for i := 0; yield(&[4]int{i, i + 1, i + 2, i + 3}); i++ {
			}
		})
		for i := range scale(300_000, 5_000) {
			f.s.Resume(true)
			if *f.v != [4]int{i, i + 1, i + 2, i + 3} {
				t.Fatalf("value %d is %v", i, *f.v)
			}
		}
		f.s.Resume(false)
	})
}

// next returns a fast next function for f, and one that says when it was slow.
func (f *producer[V]) next() func() (V, bool) {
	return stackful.NewNext(&f.s, func() (V, bool) {
		if !stackful.Arrived() {
			f.s.Resume(true)
		}
		return f.v, !f.ended
	})
}

func testNext[V comparable](t *testing.T, values ...V) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", values[0]), func(t *testing.T) {
		f := newProducer(func(yield func(V) bool) {
			for _, v := range values {
				if !yield(v) {
					return
				}
			}
		})
		next := f.next()
		for i, want := range values {
			if got, ok := next(); got != want || !ok {
				t.Fatalf("value %d is %v, %v, want %v", i, got, ok, want)
			}
			if i%2 == 0 {
				runtime.GC()
			}
		}
		if _, ok := next(); ok {
			t.Error("ok at the end")
		}
	})
}

func TestNext_values(t *testing.T) {
	type pair struct{ a, b string }
	testNext(t, 1, 2, 3, -4, 5)
	testNext[uint8](t, 1, 255, 3, 4)
	testNext(t, true, false, true, false)
	testNext(t, "a", "", "abc", "d")
	testNext[any](t, 1, nil, "x", pair{"a", "b"})
	testNext(t, 1.5, -2, 1e300)
	testNext(t, pair{"a", "b"}, pair{"c", ""})
	testNext(t, struct{}{}, struct{}{})
	testNext(t, new(int), nil, new(int), new(int))
	// in memory
	testNext(t, [3]byte{1, 2, 3}, [3]byte{4}, [3]byte{255, 255, 255})
	testNext(t, [2]string{"a", "b"}, [2]string{}, [2]string{"c", "d"})
	testNext(t, [2]any{1, "x"}, [2]any{nil, new(int)})
	testNext(t, [2]struct{}{}, [2]struct{}{})
	type nested struct {
		a int8
		b [1]struct{ c [2]*int }
		d float64
	}
	testNext(t, nested{a: 1, d: 2}, nested{b: [1]struct{ c [2]*int }{{[2]*int{new(int), new(int)}}}})
	testNext(t, [1000]int{0: 1, 999: 2}, [1000]int{500: 3})
	// in others
	testNext(t, complex(1, 2), 3, complex(0, 4))
	testNext(t, struct{ a, b int32 }{1, 2}, struct{ a, b int32 }{3, 4})
	testNext(t, [1]float32{1}, [1]float32{2})
	type manyWords struct{ a, b, c, d, e, f, g, h, i, j, k int }
	testNext(t, manyWords{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, manyWords{k: 1})
	type tooMany struct{ a, b manyWords }
	testNext(t, tooMany{a: manyWords{k: 1}, b: manyWords{a: 2, k: 3}}, tooMany{})
}

func TestNext_slices(t *testing.T) {
	f := newProducer(func(yield func([]int) bool) {
		for i := range 10 {
			yield(make([]int, i, 2*i))
		}
	})
	next := f.next()
	for i := range 10 {
		if v, ok := next(); len(v) != i || cap(v) != 2*i || !ok {
			t.Fatalf("slice %d has length %d and capacity %d, %v", i, len(v), cap(v), ok)
		}
	}
}

// TestNext_otherwiseResumed resumes a stack that waits in a fast next function in
// the ways that its producer's yield is not.
func TestNext_otherwiseResumed(t *testing.T) {
	boom := errors.New("boom")
	for name, act := range map[string]func(waiting *stackful.Stack){
		"Switch":           func(w *stackful.Stack) { w.Switch("a value of another type") },
		"Switch(nil)":      func(w *stackful.Stack) { w.Switch(nil) },
		"SwitchRun":        func(w *stackful.Stack) { w.SwitchRun(func() any { return true }) },
		"SwitchRun(panic)": func(w *stackful.Stack) { w.SwitchRun(func() any { panic(boom) }) },
	} {
		t.Run(name, func(t *testing.T) {
			root := stackful.Current()
			f := newProducer(func(yield func(int) bool) {
				for i := 1; yield(i); i++ {
					if i == 3 {
						root.Switch(nil) // leaves its consumer waiting
					}
				}
			})
			var got []string
			var recovered any
			consumer := stackful.New(func(any) (*stackful.Stack, any) {
				func() {
					defer func() { recovered = recover() }()
					next := f.next()
					for range 5 {
						v, ok := next()
						got = append(got, fmt.Sprint(v, ok))
					}
				}()
				return root, nil
			})
			consumer.Switch(nil) // until the fourth is asked for
			if len(got) != 3 {
				t.Fatalf("got %v before", got)
			}
			runtime.GC()
			act(consumer)
			if name == "SwitchRun(panic)" {
				if recovered != boom {
					t.Errorf("recovered %v, want %v", recovered, boom)
				}
				return
			}
			if len(got) < 4 || got[3] != "3 true" {
				t.Errorf("got %v, want what there is", got)
			}
		})
	}
}

// TestNext_whileMarking calls next and yields while the collector works, with values
// that nothing but registers refers to on their way.
func TestNext_whileMarking(t *testing.T) {
	besideGC(1<<30, func() {
		f := newProducer(func(yield func(*[4]int) bool) {
			for i := 0; yield(&[4]int{i, i + 1, i + 2, i + 3}); i++ {
			}
		})
		next := f.next()
		for i := range scale(300_000, 5_000) {
			if v, ok := next(); !ok || *v != [4]int{i, i + 1, i + 2, i + 3} {
				t.Fatalf("value %d is %v, %v", i, v, ok)
			}
		}
		f.s.Resume(false)
	})
}

// A stack that was not resumed by Resume cannot yield. It goes on.
func TestYielded_noResumer(t *testing.T) {
	everywhere(t, func(t *testing.T) {
		wantUsage(t, "Yielded", stackful.ErrNoResumer, func() { stackful.Current().Yielded() })
	})
	refused := 0
	f := newProducer(func(yield func(int) bool) {
		for i := range 3 {
			v := panicOf(func() { yield(i) })
			if err, ok := v.(error); ok && errors.Is(err, stackful.ErrNoResumer) {
				refused++
				continue
			}
			if v != nil {
				t.Errorf("yield panics with %v", v)
			}
		}
	})
	f.s.Switch(nil) // not Resume: each yield is refused
	if refused != 3 || !f.ended || f.panic != nil {
		t.Errorf("%d of 3 refused, ended: %v, panic %v", refused, f.ended, f.panic)
	}
}
