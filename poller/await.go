package poller

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/stackful-go/stackful/asm"
)

// helpers runs the calls of Await: on goroutines that end when there is nothing
// to do, at most limit of them at a time.
var helpers = struct {
	mu      sync.Mutex
	running int
	limit   int
	waiting []*helperCall
}{limit: 256}

// A helperCall is a call of Await that a helper is to make.
type helperCall struct{ run func() }

// SetAwaitLimit sets how many calls of Await run at the same time in the process,
// 256 at first, and returns the old limit. More calls than that wait for their
// turn: at most one for each task, since a task waits for its call, and one that is
// interrupted takes back a call that has not begun. It may be called from any
// goroutine.
func SetAwaitLimit(n int) (old int) {
	if n < 1 {
		usage("SetAwaitLimit below 1")
	}
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	old, helpers.limit = helpers.limit, n
	for helpers.running < n && len(helpers.waiting) > 0 {
		startHelper()
	}
	return old
}

func (c *helperCall) start(run func()) {
	c.run = run
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	helpers.waiting = append(helpers.waiting, c)
	if helpers.running < helpers.limit {
		startHelper()
	}
}

// withdraw takes c out of the queue. It reports whether c was still in it.
func (c *helperCall) withdraw() bool {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	i := slices.Index(helpers.waiting, c)
	if i >= 0 {
		helpers.waiting = slices.Delete(helpers.waiting, i, i+1)
	}
	return i >= 0
}

// startHelper starts a goroutine for the first call that waits. The lock is held.
func startHelper() {
	helpers.running++
	go func() {
		ended := false
		defer func() {
			if !ended { // Goexit in f
				helpers.mu.Lock()
				defer helpers.mu.Unlock()
				helpers.running--
				if len(helpers.waiting) > 0 {
					startHelper()
				}
			}
		}()
		for f := nextHelp(); f != nil; f = nextHelp() {
			f()
		}
		ended = true
	}()
}

// nextHelp returns nil, and counts the helper as ended, if there is nothing to do.
func nextHelp() func() {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	if len(helpers.waiting) == 0 || helpers.running > helpers.limit {
		helpers.running--
		return nil
	}
	f := helpers.waiting[0].run
	helpers.waiting[0] = nil
	helpers.waiting = helpers.waiting[1:]
	return f
}

// errAwaitGoexit is what Await returns if f has called runtime.Goexit.
var errAwaitGoexit = errors.New("poller: the awaited function called runtime.Goexit")

// A promise is the meeting point of an Await and its helper.
type promise[T any] struct {
	mu    sync.Mutex
	queue waitQueue
	done  bool
	value T
	err   error
	panic *PanicError
}

func (p *promise[T]) run(f func() (T, error)) {
	p.err = errAwaitGoexit
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned && !asm.Goexiting() {
			p.panic = &PanicError{Value: v, Stack: debug.Stack()}
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
// AwaitContext for an f that can be told to end.
//
// f must not use what belongs to the task's goroutine, such as its tasks. Calls
// that are waiting for their turn, see SetAwaitLimit, have not begun; so an f must
// not wait for another call of Await. In a goroutine without a hub, Await is f(). In a
// simulation the task calls f itself, see Simulate.
func Await[T any](f func() (T, error)) (T, error) {
	var c helperCall
	return awaitAs(c.start, func() { c.withdraw() }, f)
}

// AwaitContext is Await for an f that takes a context: it is done when ctx is, and
// also when the task is interrupted, so that f can end early. If ctx is done before
// f has begun, f is not called, and the error is context.Cause(ctx).
func AwaitContext[T any](ctx context.Context, f func(ctx context.Context) (T, error)) (T, error) {
	var c helperCall
	stop := func() bool { return false }
	finished := false
	defer func() {
		stop()
		if !finished {
			c.withdraw()
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
		w := beginWait(h, parkAwait)
		p.queue.push(&w.node)
		p.mu.Unlock()
		err := w.wait(h, noInstant)
		p.mu.Lock()
		p.queue.remove(&w.node)
		if err == errInterrupted {
			p.mu.Unlock()
			abandon()
			raiseInterruption(h)
		}
	}
	p.mu.Unlock()
	if p.panic != nil {
		panic(p.panic)
	}
	return p.value, p.err
}
