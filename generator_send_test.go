package stackful_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
)

// A sender's stack gets an In for each Out, by SendEnds.
type sender[In, Out any] struct {
	s     stack
	ends  stackful.SendEnds[In, Out]
	in    In
	_     uintptr
	out   Out
	_     uintptr
	ended bool
	send  func(In) (Out, bool)
}

func newSender[In, Out any](run func(in In, give func(Out) In)) *sender[In, Out] {
	p := new(sender[In, Out])
	p.s.Init(func(s *stack, _ any) (*stack, any) {
		run(p.in, p.ends.Give(s, &p.out, &p.in, func(v Out) In {
			p.out = v
			s.Yielded()
			return p.in
		}))
		p.ended = true
		return s.Resumer(), nil
	})
	p.send = p.ends.Send(&p.s, &p.in, func() (Out, bool) {
		if !stackful.Arrived() {
			p.s.Resume(true)
		}
		return p.out, !p.ended
	})
	return p
}

// testSends sends values there and back, of which the stack returns each one that it was sent before.
func testSends[In, Out comparable](t *testing.T, ins []In, outs []Out) {
	t.Run(fmt.Sprintf("%T for %T", ins[0], outs[0]), func(t *testing.T) {
		var got []In
		p := newSender(func(in In, give func(Out) In) {
			for i := range 40 {
				got = append(got, in)
				in = give(outs[i%len(outs)])
			}
		})
		for i := range 40 {
			if v, ok := p.send(ins[i%len(ins)]); v != outs[i%len(outs)] || !ok {
				t.Fatalf("send %d returns %v, %v", i, v, ok)
			}
			if i%10 == 0 {
				runtime.GC()
			}
		}
		if _, ok := p.send(ins[0]); ok {
			t.Error("ok at the end")
		}
		for i, in := range got {
			if in != ins[i%len(ins)] {
				t.Errorf("value %d is %v", i, in)
			}
		}
	})
}

func TestSend_values(t *testing.T) {
	type w4 struct{ a, b, c, d int }
	type w5 struct {
		w4
		e *int
	}
	type w7 struct {
		w5
		s string
	}
	type w8 struct{ w, x w4 }
	fours := []w4{{1, 2, 3, 4}, {}, {5, 6, 7, 8}}
	fives := []w5{{fours[0], new(int)}, {fours[2], nil}}
	sevens := []w7{{fives[0], "a"}, {fives[1], "bc"}}
	eights := []w8{{fours[0], fours[2]}, {fours[2], fours[0]}}
	testSends(t, []int{1, 2, 3}, []string{"a", "", "b"})
	testSends(t, []string{"a", "", "b"}, []uint8{1, 255})
	testSends(t, []bool{true, false, false}, []any{1, "x", nil, new(int)})
	testSends(t, fours, fives)
	testSends(t, sevens, eights)
	testSends(t, eights, []*int{new(int), nil})
	testSends(t, []struct{ a, b, c int }{{1, 2, 3}, {4, 5, 6}}, []struct{ w4, v w4 }{{fours[0], fours[1]}})
	testSends(t, []struct {
		a string
		w w4
	}{{"a", fours[0]}, {"b", fours[2]}}, fours)
	testSends(t, []float64{1, 2}, []int{1, 2}) // not fast
	testSends(t, []int{1, 2}, [][2]int{{1, 2}, {3, 4}})
	testSends(t, []struct{}{{}}, []int{1, 2})
}

// Both ends are resumed by something else than the other end: they return what there is, or raise what was
// sent, and the next Send is a Send.
func TestSend_resumedByOthers(t *testing.T) {
	for name, resume := range map[string]func(s *stack) any{
		"Switch":      func(s *stack) any { return s.Switch("no int") },
		"Switch(nil)": func(s *stack) any { return s.Switch(nil) },
		"SwitchRun":   func(s *stack) any { return s.SwitchRun(func() any { return "no int" }) },
	} {
		t.Run(name, func(t *testing.T) {
			onGoroutine(func() {
				var got []int
				p := newSender(func(in int, give func(int) int) {
					for {
						got = append(got, in)
						if in = give(in * 10); in == 3 {
							up("while the consumer waits")
						}
						if len(got) == 8 {
							up(nil)
						}
					}
				})
				consumer := body(func(any) any {
					var outs []int
					for in := 1; in <= 4; in++ {
						out, _ := p.send(in)
						outs = append(outs, out)
					}
					return fmt.Sprint(outs)
				})
				want(t, "hop", consumer.Switch(nil), any("while the consumer waits"))
				want(t, "outs", resume(consumer), any("[10 20 20 30]"))
				want(t, "ins", fmt.Sprint(got), "[1 2 3]")
				want(t, "stays suspended", p.s.Done(), false)
			})
		})
	}
	t.Run("panic", func(t *testing.T) {
		onGoroutine(func() {
			p := newSender(func(in int, give func(int) int) {
				for range 3 {
					func() {
						defer func() { recover() }()
						for {
							in = give(in)
						}
					}()
				}
			})
			for i := range 6 {
				if v, ok := p.send(i); v != i || !ok {
					t.Errorf("send %d returns %v, %v", i, v, ok)
				}
				if i%3 == 2 {
					p.s.ResumePanic("out of give")
				}
			}
		})
	})
}

// A next function for the same stack does not take what the stack gives for a value of its own.
func TestSend_besideNext(t *testing.T) {
	p := newSender(func(in int, give func(string) int) {
		for {
			in = give(fmt.Sprint(in))
		}
	})
	for i := range 3 {
		p.send(i)
	}
	next := stackful.NewNext(&p.s, func() (int, bool) {
		if !stackful.Arrived() {
			p.s.Resume(true)
		}
		return -1, false
	})
	for i := range 3 {
		if v, ok := next(); v != -1 || ok {
			t.Errorf("next returns %d, %v", v, ok)
		}
		if v, ok := p.send(i); v != fmt.Sprint(i) || !ok {
			t.Errorf("send %d returns %q, %v", i, v, ok)
		}
	}
}

// A stack that waits in a next function of another one gets no value by a Send: it is not in its give.
func TestSend_whileAsking(t *testing.T) {
	inner := newProducer(func(yield func(*int) bool) {
		yield(new(int))
		up(nil) // while the sender's stack waits
		for yield(new(int)) {
		}
	})
	next := inner.next()
	var got []*int
	p := newSender(func(in int, give func(int) int) {
		next()
		for {
			inner.v = nil
			v, _ := next()
			got = append(got, v)
			runtime.GC()
			in = give(in)
		}
	})
	p.send(1) // comes back by up
	p.send(2)
	want(t, "asked", len(got), 1)
	if got[0] != nil {
		t.Errorf("next returned %p when something else resumed it", got[0])
	}
	if v, ok := p.send(3); v != 3 || !ok {
		t.Errorf("send returns %d, %v", v, ok)
	}
}

// A stack that has got a value by a Send is not in its give any more, when it asks another one itself.
func TestSend_thenAsks(t *testing.T) {
	p := newSender(func(in int, give func(int) int) {
		for {
			inner := newProducer(func(yield func(int) bool) { yield(in + 10) })
			v, _ := inner.next()()
			in = give(v)
			if stackful.Arrived() { // as a slow next function asks
				t.Error("a stack that runs waits in a next function")
			}
		}
	})
	for i := range 5 {
		if v, ok := p.send(i); v != i+10 || !ok {
			t.Errorf("send %d returns %d, %v", i, v, ok)
		}
	}
}
