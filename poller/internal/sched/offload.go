package sched

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/runtimepatch"
)

// errAwaitGoexit is the error of Await if f has called runtime.Goexit.
var errAwaitGoexit = errors.New("poller: the awaited function called runtime.Goexit")

// A promise is the result of a call on a helper, and the source that its task waits for.
type promise[T any] struct {
	mu    runtimepatch.Mutex // guards queue and done; done publishes the other fields
	queue Queue              // of the one task
	done  bool
	value T
	err   error
	panic *coro.PanicError
}

// run calls f on a helper, and fulfils p however f ends.
func (p *promise[T]) run(f func() (T, error)) {
	p.err = errAwaitGoexit
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned && !asm.Goexiting() {
			p.panic = &coro.PanicError{Value: v, Stack: debug.Stack(), In: "a function of Await"}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.done = true
		p.queue.WakeAll(nil, nil)
	}()
	p.value, p.err = f()
	returned = true
}

// Await is poller.Await.
func Await[T any](f func() (T, error)) (T, error) {
	if err := RefuseHelp(); err != nil {
		var none T
		return none, err
	}
	var c HelperCall
	return AwaitAs(c.Start, func() { c.GiveUp() }, f)
}

// AwaitContext is poller.AwaitContext.
func AwaitContext[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	if err := RefuseHelp(); err != nil {
		var none T
		return none, err
	}
	var c HelperCall
	stop := func() bool { return false }
	finished := false
	defer func() {
		stop()
		if !finished {
			c.GiveUp()
		}
	}()
	v, err := AwaitContextOn(ctx, func(run func()) {
		c.Start(run)
		stop = context.AfterFunc(ctx, func() {
			if c.withdraw() {
				c.run() // returns the context's error in place of calling f
			}
		})
	}, f)
	finished = true
	return v, err
}

// AwaitContextOn is AwaitContext with start in place of the helpers: start must have run
// called on another goroutine, or call it itself.
func AwaitContextOn[T any](ctx context.Context, start func(run func()), f func(ctx context.Context) (T, error)) (T, error) {
	if h := Here(); h == nil || h.Current == nil {
		MayBlock(h)
		return f(ctx)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	return AwaitAs(start, cancel, func() (T, error) {
		// The end of ctx cancels inner and withdraws the call, in any order: test both.
		for _, done := range []context.Context{ctx, inner} {
			if done.Err() != nil {
				var none T
				return none, context.Cause(done)
			}
		}
		return f(inner)
	})
}

// AwaitOn is Await with start in place of the helpers.
func AwaitOn[T any](start func(func()), f func() (T, error)) (T, error) {
	return AwaitAs(start, func() {}, f)
}

// AwaitAs is AwaitOn that calls abandon if the task is interrupted, before that is raised. f
// goes on then, and its result is dropped. Outside of a task it is f().
func AwaitAs[T any](start func(func()), abandon func(), f func() (T, error)) (T, error) {
	h := Here()
	if h == nil || h.Current == nil {
		MayBlock(h)
		return f()
	}
	p := new(promise[T])
	run := func() { p.run(f) }
	if h.Labelled {
		run = underLabels(run)
	}
	if h.Virtual != nil {
		run() // a helper would return at a time that the seed does not determine
	} else {
		start(run)
	}
	p.mu.Lock()
	if !p.done {
		if err := ParkNoRaise(h, (*Mutex)(&p.mu), &p.queue, ParkAwait, Never); err != nil {
			abandon()
			Raise(h, err)
		}
	} else {
		p.mu.Unlock()
	}
	if p.panic != nil {
		panic(p.panic)
	}
	return p.value, p.err
}

// StartGoroutine runs f on a goroutine of its own. The helpers of Await are limited in
// number: calls that wait for each other could occupy all of them and deadlock.
func StartGoroutine(f func()) { runtimepatch.Go(f) }
