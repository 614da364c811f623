package coro_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/coro"
)

// What may go wrong where a sequence and its consumer are goroutines that the runtime exchanges, as it
// does in iter.Pull: it ends the process if one of them is locked to its thread, and it takes
// the one that waits for the one to resume.

// sum pulls count(n).
func sum(n int) (total int) {
	next, stop := coro.Pull(count(n))
	defer stop()
	for v, ok := next(); ok; v, ok = next() {
		total += v
	}
	return total
}

// While packages are initialized the main goroutine is locked.
var pulledInInit = [...]int{sum(4), coro.New(func(any) any { return sum(5) }).Switch(nil).(int)}

func TestPull_inInit(t *testing.T) {
	if pulledInInit != [...]int{6, 10} {
		t.Errorf("got %v", pulledInInit)
	}
}

func TestPull_lockedThread(t *testing.T) {
	elsewhere(func() {
		next, stop := coro.Pull(func(yield func(int) bool) {
			yield(1)
			runtime.LockOSThread() // and it ends so
		})
		defer stop()
		wantNext(t, next, 1, true)
		wantNext(t, next, 0, false)
		wantNext(t, next, 0, false)
	})
	elsewhere(func() {
		next, stop := coro.Pull(count(3))
		wantNext(t, next, 0, true)
		runtime.LockOSThread()
		if !stackful.Backend().Native {
			if err, _ := panicOf(func() { next() }).(error); !errors.Is(err, stackful.ErrThreadLocked) {
				t.Errorf("on a locked goroutine: %v", err)
			}
			runtime.UnlockOSThread()
		}
		wantNext(t, next, 1, true)
		stop()
	})
}

// Another goroutine that calls yield is refused while the sequence runs, too.
func TestPull_yieldElsewhere(t *testing.T) {
	elsewhere(func() {
		next, stop := coro.Pull(func(yield func(int) bool) {
			yield(1)
			refused := make(chan any)
			go func() { refused <- panicOf(func() { yield(2) }) }()
			if err, _ := (<-refused).(error); !errors.Is(err, coro.ErrMisplacedYield) {
				t.Errorf("yield on another goroutine: %v", err)
			}
			yield(3)
		})
		defer stop()
		wantNext(t, next, 1, true)
		wantNext(t, next, 3, true)
		wantNext(t, next, 0, false)
	})
}

// A generator leaves a goroutine that is locked, and goes on with another one.
func TestGenerator_leavesLockedThread(t *testing.T) {
	g := make(chan *coro.Generator[int, int], 1)
	elsewhere(func() {
		doubled := coro.NewGenerator(func(in int, yield func(int) int) {
			for in != 0 {
				in = yield(2 * in)
			}
		})
		doubled.Send(1)
		doubled.Send(2)
		runtime.LockOSThread()
		doubled.Coroutine().Detach()
		g <- doubled
	})
	elsewhere(func() {
		doubled := <-g
		doubled.Coroutine().Attach()
		for _, c := range []struct {
			in, out int
			more    bool
		}{{3, 6, true}, {4, 8, true}, {0, 0, false}} {
			if out, more := doubled.Send(c.in); out != c.out || more != c.more {
				t.Errorf("Send(%d) = %d, %v", c.in, out, more)
			}
		}
	})
}

// A hook sees all switches; what has yielded while there was one is resumed when there is none, and
// the other way round.
func TestPull_hookComesAndGoes(t *testing.T) {
	elsewhere(func() {
		next, stop := coro.Pull(count(7))
		defer stop()
		seen := 0
		for i := range 7 {
			if i%3 == 1 {
				stackful.SetSwitchHook(func(from, to *stackful.Stack, top bool) {
					if seen++; from == nil || from == to {
						t.Errorf("a switch from %p to %p", from, to)
					}
				})
			}
			wantNext(t, next, i, true)
			stackful.SetSwitchHook(nil)
		}
		wantNext(t, next, 0, false)
		if seen != 4 {
			t.Errorf("the hook was called %d times for 4 switches", seen)
		}
	})
}
