package stackful_test

import (
	"errors"
	"testing"

	"github.com/stackful-go/stackful"
)

// Resume and a fast next function are refused on another goroutine, wherever the
// stack that yields was suspended, and the sequence goes on where it was.
func TestYield_wrongGoroutine(t *testing.T) {
	f := newProducer(func(yield func(int) bool) {
		for i := 0; yield(i); i++ {
		}
	})
	next := f.next()
	refused := func() {
		onGoroutine(func() {
			wantUsage(t, "Resume", stackful.ErrWrongGoroutine, func() { f.s.Resume(true) })
			wantUsage(t, "Resume", stackful.ErrWrongGoroutine, func() { next() })
		})
	}
	for i := range 5 {
		refused() // not started, then suspended in yield
		if v, ok := next(); v != i || !ok {
			t.Fatalf("next: %d, %v, want %d", v, ok, i)
		}
	}
	f.s.Resume(false)
	want(t, "ended", f.ended, true)
}

// The resumer of a stack does not move with it: on the new goroutine it
// ends like one without a resumer.
func TestMove_resumerStaysBehind(t *testing.T) {
	f := newProducer(func(func(int) bool) { up(nil) }) // leaves in the middle, not by yield
	f.s.Resume(true)
	want(t, "who waits", f.s.Resumer(), stackful.Current())
	f.s.Detach()
	onGoroutine(func() {
		f.s.Attach()
		want(t, "who waits after the move", f.s.Resumer(), (*stack)(nil))
		f.s.Switch(nil)
		want(t, "done", f.s.Done(), true)
	})
}

// A stack that waits for a value, and has gone to another goroutine since, is not resumed
// by the one that yields the value: neither from Resume nor from next, however wide it is.
func TestYield_resumerMoved(t *testing.T) {
	testWaiterMoved(t, 1)
	testWaiterMoved(t, "two words")
	testWaiterMoved(t, struct{ a, b, c, d, e int }{1, 2, 3, 4, 5})
	testWaiterMoved(t, 1.5)
}

func testWaiterMoved[V comparable](t *testing.T, v V) {
	t.Helper()
	for _, fast := range []bool{false, true} {
		f := newProducer(func(yield func(V) bool) {
			yield(v)
			up(nil)
			yield(v)
		})
		next := f.next()
		ask := func() {
			if fast {
				next()
			} else {
				f.s.Resume(true)
			}
		}
		waiter := stackful.New(func(any) (*stack, any) {
			ask()
			ask() // the body leaves in the middle
			return nil, nil
		})
		waiter.Switch(nil)
		waiter.Detach()
		attached, over, ended := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer close(ended)
			waiter.Attach()
			close(attached)
			<-over
			waiter.Switch(nil)
		}()
		<-attached
		f.s.Switch(nil)
		err, _ := f.panic.(error)
		want(t, "refused", errors.Is(err, stackful.ErrWrongGoroutine), true)
		want(t, "the waiter has ended", waiter.Done(), false)
		close(over)
		<-ended
		want(t, "the waiter has ended on its goroutine", waiter.Done(), true)
	}
}

// A stack that is used again knows nothing of a stack that waited for it in an earlier life.
func TestInit_forgetsResumer(t *testing.T) {
	s := new(stack)
	body := func(s *stack, _ any) (*stack, any) { return s.Root(), nil }
	s.Init(body)
	s.Resume(true)
	want(t, "ended", s.Done(), true)
	s.Init(body)
	want(t, "waiter", s.Resumer(), (*stack)(nil))
	wantUsage(t, "Yielded", stackful.ErrNoResumer, func() { s.Yielded() })
}
