package stackful_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/stackful-go/stackful"
)

func TestSwitch_passesValuesBothWays(t *testing.T) {
	root := stackful.Current()
	var log []any
	s := stackful.New(func(v any) (*stack, any) {
		log = append(log, v)
		log = append(log, root.Switch("b"))
		log = append(log, root.Switch("d"))
		return root, "f"
	})
	log = append(log, s.Switch("a"))
	log = append(log, s.Switch("c"))
	log = append(log, s.Switch("e"))
	want(t, "values passed", fmt.Sprint(log), "[a b c d e f]")
	want(t, "done", s.Done(), true)
}

type named struct{ name string }

func (n *named) String() string { return n.name }

type big struct {
	words [40]uint64
	p     *int
	s     []string
}

// kinds are values of every way that an interface holds one.
func kinds() []any {
	n := 7
	words := big{p: &n, s: []string{"a", "b"}}
	for i := range words.words {
		words.words[i] = uint64(i) * 0x9e3779b97f4a7c15
	}
	c := make(chan int, 1)
	return []any{
		nil, 0, 255, 256, -1, "", "text", 3.5, true, complex(1, 2), [0]int{}, struct{}{}, [2]*int{&n, nil},
		&n, (*int)(nil), &words, words, c, []byte("bytes"), map[string]int{"one": 1},
		fmt.Stringer(&named{"pointer receiver"}), error(nil), fmt.Errorf("an error"),
	}
}

func TestSwitch_kindsOfValues(t *testing.T) {
	echo := body(func(v any) any {
		for v != "end" {
			v = up(v)
		}
		return v
	})
	for _, v := range kinds() {
		if got := echo.Switch(v); !reflect.DeepEqual(got, v) {
			t.Errorf("passed %T %v, got %T %v", v, v, got, got)
		}
	}
	if v := echo.Switch(&named{"n"}); v.(fmt.Stringer).String() != "n" {
		t.Errorf("an interface with a pointer receiver became %v", v)
	}
	p := new(big)
	want(t, "a pointer", echo.Switch(p), any(p))
	f := func() int { return 42 }
	want(t, "a func", echo.Switch(f).(func() int)(), 42)
	top := stackful.OnTop(func() any { return "called" })
	if got, ok := echo.Switch(top).(stackful.OnTop); !ok || got() != "called" {
		t.Error("an OnTop passed to Switch is a value like any other")
	}
	echo.Switch("end")
}

func TestSwitch_kindsOfFirstAndLastValues(t *testing.T) {
	for _, v := range kinds() {
		var got any
		s := body(func(v any) any { got = v; return v })
		out := s.Switch(v)
		if !reflect.DeepEqual(got, v) || !reflect.DeepEqual(out, v) {
			t.Errorf("passed %v, entry got %v, its result arrived as %v", v, got, out)
		}
	}
}

func TestSwitch_self(t *testing.T) {
	root := stackful.Current()
	want(t, "on the root", root.Switch("v"), "v")
	s := new(stack)
	s.Init(func(self *stack, v any) (*stack, any) {
		want(t, "on a stack", self.Switch("w"), "w")
		want(t, "running afterwards", stackful.Current(), s)
		return nil, "end"
	})
	want(t, "result", s.Switch(nil), "end")
}

func TestSwitch_fresh(t *testing.T) {
	var s stack
	s.Init(func(self *stack, v any) (*stack, any) {
		want(t, "argument", v, "v")
		want(t, "entry's stack", self, &s)
		want(t, "Current", stackful.Current(), &s)
		want(t, "Started", s.Started(), true)
		want(t, "Done", s.Done(), false)
		return nil, nil
	})
	want(t, "Started before", s.Started(), false)
	want(t, "Done before", s.Done(), false)
	want(t, "result", s.Switch("v"), nil)
	want(t, "Done after", s.Done(), true)
	want(t, "Started after", s.Started(), true)
}

func TestSwitch_neverStarted(t *testing.T) {
	s := body(func(any) any { t.Error("it ran"); return nil })
	want(t, "Started", s.Started(), false)
	want(t, "Done", s.Done(), false)
}

// Any stack may switch to any other: there is no tree.
func TestSwitch_ring(t *testing.T) {
	const n = 100
	root := stackful.Current()
	var ring []*stack
	visits := 0
	for i := range n {
		ring = append(ring, stackful.New(func(v any) (*stack, any) {
			for {
				want(t, "hop", v, visits)
				visits++
				if visits > 10*n {
					return root, visits
				}
				v = ring[(i+1)%n].Switch(visits)
			}
		}))
	}
	want(t, "last value", ring[0].Switch(0), 10*n+1)
	want(t, "the stack that ended", ring[0].Done(), true)
	want(t, "its neighbour", ring[1].Done(), false)
}

// A stack that starts another one is suspended in that Switch like in any.
func TestSwitch_nestedStarts(t *testing.T) {
	const depth = 200
	var dive func(n int) any
	dive = func(n int) any {
		if n == 0 {
			return up("from the depth")
		}
		self := stackful.Current()
		s := stackful.New(func(v any) (*stack, any) { return self, dive(n - 1) })
		return s.Switch(nil)
	}
	s := body(func(any) any { return dive(depth) })
	want(t, "first result", s.Switch(nil), "from the depth")
	// The innermost waits; s waits for it, so s gets the value meant for the others.
	want(t, "result through s", s.Switch("shortcut"), "shortcut")
	want(t, "s done", s.Done(), true)
}

// A switch back comes to the frame that switched, not to the entry.
func TestSwitch_fromDeepFrames(t *testing.T) {
	var deep func(n int) int
	deep = func(n int) int {
		if n == 0 {
			return up(0).(int)
		}
		local := [4]int{n, n * n, -n, 1}
		sum := deep(n - 1)
		for _, v := range local {
			sum += v
		}
		return sum
	}
	s := body(func(any) any { return deep(1000) })
	s.Switch(nil)
	sum := 5
	for n := 1; n <= 1000; n++ {
		sum += n*n + 1
	}
	want(t, "sum", s.Switch(5), sum)
}

func TestSwitch_asFuncValueMethodValueAndExpression(t *testing.T) {
	echo := body(func(v any) any {
		for v != "end" {
			v = up(v)
		}
		return "ended"
	})
	type switcher interface{ Switch(v any) any }
	value, expression, face := echo.Switch, (*stack).Switch, switcher(echo)
	want(t, "method value", value(1), 1)
	want(t, "method expression", expression(echo, 2), 2)
	want(t, "interface method", face.Switch(3), 3)
	got := reflect.ValueOf(echo).MethodByName("Switch").Call([]reflect.Value{reflect.ValueOf(4)})
	want(t, "reflect", got[0].Interface(), 4)
	func() { defer echo.Switch(5) }()
	want(t, "deferred", echo.Switch("end"), "ended")
}
