package sched

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
	queue Queue
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
				c.run() // which does not call f any more
			}
		})
	}, f)
	finished = true
	return v, err
}

// AwaitContextOn is AwaitContext with the choice of who runs the call.
func AwaitContextOn[T any](ctx context.Context, start func(run func()), f func(ctx context.Context) (T, error)) (T, error) {
	if h := Here(); h == nil || h.Current == nil {
		MayBlock(h)
		return f(ctx)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	return AwaitAs(start, cancel, func() (T, error) {
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

// AwaitOn is Await with the choice of who runs the call.
func AwaitOn[T any](start func(func()), f func() (T, error)) (T, error) {
	return AwaitAs(start, func() {}, f)
}

// AwaitAs is AwaitOn that calls abandon when the task is interrupted.
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
		run() // a helper's answer would come at a time that the seed does not determine
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

// StartGoroutine runs f on a goroutine of its own. Those of Await are limited in
// number, and could all be waiting for what nobody is left to do.
func StartGoroutine(f func()) { go f() }
