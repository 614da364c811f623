package poller

import (
	"errors"
	"runtime/debug"
	"sync"
)

// helpers runs the calls of Await: on goroutines that end when there is nothing
// to do, at most limit of them at a time.
var helpers = struct {
	mu      sync.Mutex
	running int
	limit   int
	waiting []func()
}{limit: 256}

// SetAwaitLimit sets how many calls of Await run at the same time in the process,
// 256 at first, and returns the old limit. More calls than that wait for their
// turn. It may be called from any goroutine.
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

func offload(f func()) {
	helpers.mu.Lock()
	defer helpers.mu.Unlock()
	helpers.waiting = append(helpers.waiting, f)
	if helpers.running < helpers.limit {
		startHelper()
	}
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
	f := helpers.waiting[0]
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
	defer func() {
		if v := recover(); v != nil {
			p.panic = &PanicError{Value: v, Stack: debug.Stack()}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.done = true
		p.queue.wakeAll(nil, nil)
	}()
	p.value, p.err = f()
}

// Await runs f on another goroutine and waits for its result: the task parks,
// and the other tasks go on. It is for calls that would block the goroutine, and
// is what gevent's threadpool is for. A panic in f is raised here, as a
// *PanicError.
//
// If the task is interrupted, by Kill or WithTimeout, it does not wait any
// longer; f runs to its end, and its result is dropped.
//
// f must not use what belongs to the task's goroutine, such as its tasks. Calls
// that are waiting for their turn, see SetAwaitLimit, have not begun; so an f must
// not wait for another call of Await. In a goroutine without a hub, Await is f().
func Await[T any](f func() (T, error)) (T, error) { return awaitOn(offload, f) }

// awaitOn is Await with the choice of who runs the call.
func awaitOn[T any](start func(func()), f func() (T, error)) (T, error) {
	h := currentHub()
	if h == nil || h.current == nil {
		return f()
	}
	p := new(promise[T])
	start(func() { p.run(f) })
	p.mu.Lock()
	if !p.done {
		w := beginWait(h, parkAwait)
		p.queue.push(&w.node)
		p.mu.Unlock()
		err := w.wait(h, noInstant)
		p.mu.Lock()
		p.queue.remove(&w.node)
		w.end()
		if err == errInterrupted {
			p.mu.Unlock()
			raiseInterruption(h)
		}
	}
	p.mu.Unlock()
	if p.panic != nil {
		panic(p.panic)
	}
	return p.value, p.err
}
