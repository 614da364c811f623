package coro_test

import (
	"errors"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// A coroutine that waits for a generator and is switched to by another does not take that
// for an answer: least of all the value before, with ok = true.
func TestAnswered(t *testing.T) {
	type source struct {
		op   string
		ask  func() (int, bool)
		seq  func() *coro.Coroutine // the producer's own
		kind string
	}
	sources := func() []source {
		var all []source
		var here1, here2 *coro.Coroutine
		next, _ := coro.Pull(func(yield func(int) bool) {
			here1 = coro.Current()
			yield(1)
			here1.Parent().Switch("away")
			yield(2)
		})
		all = append(all, source{"next", next, func() *coro.Coroutine { return here1 }, "Pull"})
		type wide struct{ v [20]int } // does not travel in registers
		nextWide, _ := coro.Pull(func(yield func(wide) bool) {
			here2 = coro.Current()
			yield(wide{[20]int{1}})
			here2.Parent().Switch("away")
			yield(wide{[20]int{2}})
		})
		all = append(all, source{"next", func() (int, bool) { w, ok := nextWide(); return w.v[0], ok },
			func() *coro.Coroutine { return here2 }, "Pull of a wide value"})
		var here3 *coro.Coroutine
		next2, _ := coro.Pull2(func(yield func(int, int) bool) {
			here3 = coro.Current()
			yield(1, 1)
			here3.Parent().Switch("away")
			yield(2, 2)
		})
		all = append(all, source{"next", func() (int, bool) { k, _, ok := next2(); return k, ok },
			func() *coro.Coroutine { return here3 }, "Pull2"})
		g := coro.NewGenerator(func(_ int, yield func(int) int) {
			yield(1)
			coro.Current().Parent().Switch("away")
			yield(2)
		})
		all = append(all, source{"Send", func() (int, bool) { return g.Send(0) }, g.Coroutine, "Generator"})
		h := coro.NewGenerator(func(_ int, yield func(int) int) {
			yield(1)
			func() {
				defer func() { recover() }()
				yield(0)
			}()
			coro.Current().Parent().Switch("away")
			yield(2)
		})
		asked := 0
		all = append(all, source{"Throw", func() (int, bool) {
			if asked++; asked == 1 {
				return h.Send(0)
			}
			if asked == 2 {
				h.Send(0)
				return h.Throw(errors.New("x"))
			}
			return h.Send(0)
		}, h.Coroutine, "Throw"})
		return all
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		for _, s := range sources() {
			if v, ok := s.ask(); v != 1 || !ok { // by the root, which is the sequence's parent
				t.Errorf("%s: first: %d, %v", s.kind, v, ok)
			}
			c := coro.New(func(any) any {
				defer func() {
					err, _ := recover().(error)
					var u *stackful.UsageError
					if !errors.Is(err, coro.ErrNotYielded) || !errors.As(err, &u) || u.Op != s.op {
						t.Errorf("%s: panics with %v", s.kind, err)
					}
				}()
				v, ok := s.ask()
				t.Errorf("%s: got %d, %v from somebody who is not the sequence", s.kind, v, ok)
				return nil
			})
			if v := c.Switch(nil); v != "away" {
				t.Errorf("%s: %v", s.kind, v)
			}
			c.Switch(nil) // it waits in next
			if !c.Dead() {
				t.Errorf("%s: it still waits", s.kind)
			}
			// The sequence is where it was, and can go on, to be asked again.
			if s.seq().Dead() {
				t.Errorf("%s: the sequence has ended", s.kind)
			}
			if v, ok := s.ask(); v != 2 || !ok {
				t.Errorf("%s: asked again: %d, %v", s.kind, v, ok)
			}
		}
	}()
	<-done
}

// The same for stop.
func TestAnswered_stop(t *testing.T) {
	done := make(chan bool)
	go func() {
		defer close(done)
		next, stop := coro.Pull(func(yield func(int) bool) {
			yield(1)
			coro.Current().Parent().Switch("away")
		})
		next()
		var err error
		c := coro.New(func(any) any {
			defer func() { err, _ = recover().(error) }()
			stop()
			return nil
		})
		if v := c.Switch(nil); v != "away" {
			t.Error(v)
		}
		if c.Switch(nil); !errors.Is(err, coro.ErrNotYielded) {
			t.Error(err)
		}
	}()
	<-done
}
