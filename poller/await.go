package poller

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
)

// errAwaitGoexit is what Await returns if f has called runtime.Goexit.
var errAwaitGoexit = errors.New("poller: the awaited function called runtime.Goexit")

// A promise is the meeting point of an Await and its helper.
type promise[T any] struct {
	mu    sync.Mutex
	queue waitQueue
	done  bool
	value T
	err   error
	panic *coro.PanicError
}

func (p *promise[T]) run(f func() (T, error)) {
	p.err = errAwaitGoexit
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned && !asm.Goexiting() {
			p.panic = &coro.PanicError{Value: v, Stack: debug.Stack()}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.done = true
		p.queue.wakeAll(nil, nil)
	}()
	p.value, p.err = f()
	returned = true
}

// Await runs f on another goroutine and waits for its result: the task parks,
// and the other tasks go on. It is for calls that would block the goroutine, and
// is what gevent's threadpool is for. A panic in f is raised here, as a
// *PanicError.
//
// If the task is interrupted, by Kill or WithTimeout, it does not wait any
// longer; f runs to its end, unless it has not begun, and its result is dropped. See
// AwaitContext for an f that can be told to end. Where 4,096 calls that were given up are
// still running, Await returns an error and does not call f.
//
// f must not use what belongs to the task's goroutine, such as its tasks. Calls
// that are waiting for their turn, see SetAwaitLimit, have not begun; so an f must
// not wait for another call of Await. In a goroutine without a hub, Await is f(). In a
// simulation the task calls f itself, see Simulate.
func Await[T any](f func() (T, error)) (T, error) {
	if err := refuseHelp(); err != nil {
		var none T
		return none, err
	}
	var c helperCall
	return awaitAs(c.start, func() { c.giveUp() }, f)
}

// AwaitContext is Await for an f that takes a context: it is done when ctx is, and
// also when the task is interrupted, so that f can end early. If ctx is done before
// f has begun, f is not called, and the error is context.Cause(ctx).
func AwaitContext[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	if err := refuseHelp(); err != nil {
		var none T
		return none, err
	}
	var c helperCall
	stop := func() bool { return false }
	finished := false
	defer func() {
		stop()
		if !finished {
			c.giveUp()
		}
	}()
	v, err := awaitContextOn(ctx, func(run func()) {
		c.start(run)
		stop = context.AfterFunc(ctx, func() {
			if c.withdraw() {
				c.run() // which does not call f any more
			}
		})
	}, f)
	finished = true
	return v, err
}

// awaitContextOn is AwaitContext with the choice of who runs the call.
func awaitContextOn[T any](ctx context.Context, start func(run func()), f func(ctx context.Context) (T, error)) (T, error) {
	if h := currentHub(); h == nil || h.current == nil {
		mayBlock(h)
		return f(ctx)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	return awaitAs(start, cancel, func() (T, error) {
		// ctx tells inner, and who takes the call back and makes it here, in any order.
		for _, done := range []context.Context{ctx, inner} {
			if done.Err() != nil {
				var none T
				return none, context.Cause(done)
			}
		}
		return f(inner)
	})
}

// awaitOn is Await with the choice of who runs the call.
func awaitOn[T any](start func(func()), f func() (T, error)) (T, error) {
	return awaitAs(start, func() {}, f)
}

// awaitAs is awaitOn that calls abandon when the task is interrupted.
func awaitAs[T any](start func(func()), abandon func(), f func() (T, error)) (T, error) {
	h := currentHub()
	if h == nil || h.current == nil {
		mayBlock(h)
		return f()
	}
	p := new(promise[T])
	run := func() { p.run(f) }
	if h.labelled {
		run = underLabels(run)
	}
	if h.sim != nil {
		run() // a helper's answer would come at a time that the seed does not determine
	} else {
		start(run)
	}
	p.mu.Lock()
	if !p.done {
		if err := parkNoRaise(h, (*syncLock)(&p.mu), &p.queue, parkAwait, noInstant); err != nil {
			abandon()
			raise(h, err)
		}
	} else {
		p.mu.Unlock()
	}
	if p.panic != nil {
		panic(p.panic)
	}
	return p.value, p.err
}

// startGoroutine runs f on a goroutine of its own. Those of Await are limited in
// number, and could all be waiting for what nobody is left to do.
func startGoroutine(f func()) { go f() }
