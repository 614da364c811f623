package conformance

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stackful-go/stackful/coro"
)

var errRuntime = errors.New("runtime error")

// catcher recovers what is thrown at its first switch and switches again.
func catcher(any) any {
	err := func() (v any) {
		defer func() { v = recover() }()
		up("ok")
		return nil
	}()
	if err == any(errRuntime) {
		up("ok")
		return nil
	}
	return up("fail")
}

func TestG073_class(t *testing.T) {
	c := coro.New(catcher)
	equal(t, c.Switch(nil), "ok")
	equal(t, c.Throw(errRuntime), "ok")
	c.Kill()
}

func TestG074_val(t *testing.T) {
	c := coro.New(func(any) any {
		defer func() { up(recover().(error).Error()) }()
		return up("ok")
	})
	equal(t, c.Switch(nil), "ok")
	equal(t, c.Throw(errors.New("ciao")), "ciao")
	c.Kill()
}

func TestG075_kill(t *testing.T) {
	c := coro.New(func(any) any { up("ok"); return up("fail") })
	equal(t, c.Switch(nil), "ok")
	equal(t, c.Throw(coro.ErrExit), any(coro.ErrExit))
	equal(t, c.Dead(), true)
	equal(t, c.Throw(coro.ErrExit), any(coro.ErrExit))
}

func TestG076_throw_goes_to_original_parent(t *testing.T) {
	root := coro.Current()
	f1 := func(any) (out any) {
		defer func() {
			if v := recover(); v != nil {
				if err, ok := v.(error); !ok || !errors.Is(err, errSome) {
					panic(v)
				}
				out = "caught"
			}
		}()
		root.Switch("f1 ready to catch")
		return "normal exit"
	}
	f2 := func(any) any { return root.Switch("from f2") }

	t.Run("both unstarted", func(t *testing.T) {
		root = coro.Current()
		g1 := coro.New(f1)
		g2 := child(t, g1, f2)
		wantPanic(t, errSome, func() { g2.Throw(errSome) })
		equal(t, g2.Dead() && g1.Dead(), true)
	})
	t.Run("child unstarted", func(t *testing.T) {
		root = coro.Current()
		g1 := coro.New(f1)
		g2 := child(t, g1, f2)
		equal(t, g1.Switch(nil), "f1 ready to catch")
		equal(t, g2.Throw(errSome), "caught")
		equal(t, g2.Dead() && g1.Dead(), true)
	})
	t.Run("both suspended", func(t *testing.T) {
		root = coro.Current()
		g1 := coro.New(f1)
		g2 := child(t, g1, f2)
		equal(t, g1.Switch(nil), "f1 ready to catch")
		equal(t, g2.Switch(nil), "from f2")
		equal(t, g2.Throw(errSome), "caught")
		equal(t, g2.Dead() && g1.Dead(), true)
	})
}

func TestG079_not_throwable(t *testing.T) {
	c := coro.New(nothing)
	wantPanic(t, coro.ErrNilThrow, func() { c.Throw(nil) })
	equal(t, c.Started(), false)
}

func TestG141_throw(t *testing.T) {
	c := coro.New(func(any) any {
		defer func() { up(recover()) }()
		return up(nil)
	})
	c.Switch(nil)
	equal(t, c.Throw(errSome), any(errSome))
	c.Kill()
}

// A coroutine of an ended goroutine is as foreign as one of a living one.
func TestG027_throw_to_dead_thread_doesnt_crash(t *testing.T) {
	var c *coro.Coroutine
	onGoroutine(func() {
		c = coro.New(func(any) any { return up(nil) })
		c.Switch(nil)
	})
	wantPanic(t, coro.ErrWrongGoroutine, func() { c.Throw(errSome) })
	wantPanic(t, coro.ErrWrongGoroutine, func() { c.Kill() })
}

// It is ended in the meantime, by a goroutine that is no less foreign.
func TestG028_throw_to_dead_thread_doesnt_crash_wait(t *testing.T) {
	var c *coro.Coroutine
	var exits atomic.Int64
	onGoroutine(func() {
		c = coro.New(func(any) any { defer exits.Add(1); return up(nil) })
		c.Switch(nil)
	})
	collected(t, "what its goroutine left", c.Dead)
	equal(t, exits.Load(), int64(1))
	wantPanic(t, coro.ErrWrongGoroutine, func() { c.Throw(errSome) })
	wantPanic(t, coro.ErrWrongGoroutine, func() { c.Switch(nil) })
	equal(t, len(c.String()) > 0, true)
}
