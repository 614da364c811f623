package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
)

// A worker is a goroutine with its stacks. All of its fields are used on that
// goroutine only, by whichever stack runs.
type worker struct {
	config
	*counts
	stop     *atomic.Bool
	deadline time.Time
	rng      *rand.Rand
	root     *stackful.Stack
	alive    []*routine // suspended or fresh; the running one is not in it
	running  *routine   // nil on the root
	nextID   int
	draining bool
	tick     int
	failure  error
}

// A routine is one stack and what it knows of itself.
type routine struct {
	id    int
	stack *stackful.Stack
	depth int // of deferred hops while it is being killed
}

var errKilled = errors.New("killed")

// drive is the root's part: it keeps the set full and hops into it.
func (w *worker) drive() error {
	w.root = stackful.Current()
	for w.failure == nil && !w.over() {
		for len(w.alive) < w.stacks {
			w.create()
		}
		b := w.blob()
		w.hop(nil)
		w.verify(b, "the root's data")
	}
	// Drain: let every stack go to its end.
	w.draining = true
	for len(w.alive) > 0 && w.failure == nil {
		w.hop(nil)
	}
	return w.failure
}

func (w *worker) over() bool {
	if w.tick++; w.tick%64 == 0 && time.Now().After(w.deadline) {
		return true
	}
	return w.stop.Load() || w.config.switches > 0 && w.counts.switches.Load() >= w.config.switches
}

func (w *worker) create() {
	w.nextID++
	r := &routine{id: w.nextID}
	r.stack = stackful.New(func(v any) (*stackful.Stack, any) { return w.body(r, v) })
	w.alive = append(w.alive, r)
	w.created.Add(1)
}

// body is the entry of every stack.
func (w *worker) body(r *routine, v any) (*stackful.Stack, any) {
	w.enter(r, v)
	w.life(r)
	w.finished.Add(1)
	// Go to the root, or to any other stack, and take a value there.
	if len(w.alive) == 0 || w.rng.IntN(3) == 0 {
		w.running = nil
		return nil, w.message()
	}
	next := w.take()
	w.running = next
	return next.stack, w.message()
}

// life does random things until it is the time to end, or to be killed.
func (w *worker) life(r *routine) {
	defer func() {
		switch p := recover(); p {
		case nil, errKilled:
		default:
			w.fail("routine %d: unexpected panic: %v", r.id, p)
		}
	}()
	for i := w.rng.IntN(40); i >= 0 && !w.draining; i-- {
		b := w.blob()
		switch w.rng.IntN(13) {
		case 0:
			w.recursions.Add(1)
			w.recurse(r, 1+w.rng.IntN(30))
		case 1:
			if w.rng.IntN(20) == 0 {
				w.grown.Add(1)
				w.recurse(r, 3000)
			}
		case 2:
			w.panicAndRecover(r)
		case 3:
			w.hopInDefer(r)
		case 4:
			w.kill(r)
		case 5:
			w.channels(r)
		case 6:
			w.burst(r)
		case 7:
			w.hopInPanic(r)
		case 8:
			w.bigFrame(r)
		case 9:
			w.maps(r)
		case 10:
			w.pull(r)
		default:
			w.hop(r)
		}
		w.verify(b, "data held across a round")
	}
}

// hop leaves r for a random other stack, and checks what comes back.
func (w *worker) hop(r *routine) {
	if len(w.alive) == 0 {
		if r == nil {
			return
		}
		w.leave(r, w.root, nil)
		return
	}
	if r != nil && w.rng.IntN(8) == 0 {
		w.leave(r, w.root, nil)
		return
	}
	next := w.take()
	w.leave(r, next.stack, next)
}

// leave switches from r (nil: the root) to stack, which is next's.
func (w *worker) leave(r *routine, stack *stackful.Stack, next *routine) {
	keep := w.blob()
	if r != nil {
		w.alive = append(w.alive, r)
	}
	w.running = next
	v := stack.Switch(w.message())
	w.enter(r, v)
	w.verify(keep, "data held across a switch")
}

// enter is what a stack does first when it runs again: it must be the one that
// was meant, and the value must be whole.
func (w *worker) enter(r *routine, v any) {
	w.counts.switches.Add(1)
	if w.running != r {
		w.fail("resumed the wrong stack")
	}
	if r != nil && stackful.Current() != r.stack {
		w.fail("Current is not the stack that runs")
	}
	m, ok := v.(*blob)
	if !ok {
		w.fail("got %T in place of a message", v)
		return
	}
	w.verify(m, "a message")
}

func (w *worker) message() any { return w.blob() }

// take picks a suspended or fresh routine and takes it out of the set.
func (w *worker) take() *routine {
	i := w.rng.IntN(len(w.alive))
	r := w.alive[i]
	last := len(w.alive) - 1
	w.alive[i] = w.alive[last]
	w.alive[last] = nil
	w.alive = w.alive[:last]
	return r
}

// burst starts new stacks one after the other, more than the free carriers at
// hand, so that some start on carriers that were born a moment ago.
func (w *worker) burst(r *routine) {
	keep := w.blob()
	if w.rng.IntN(12) > 0 {
		w.create()
		return
	}
	for range 40 {
		if len(w.alive) > 4*w.stacks || w.draining {
			break
		}
		w.create()
		last := len(w.alive) - 1
		next := w.alive[last]
		w.alive = w.alive[:last]
		w.leave(r, next.stack, next)
	}
	w.verify(keep, "data held across a burst")
}

// kill raises a panic in another stack, whose deferred calls hop in turn.
func (w *worker) kill(r *routine) {
	if len(w.alive) < 2 {
		return
	}
	victim := w.take()
	keep := w.blob()
	w.alive = append(w.alive, r)
	w.running = victim
	fresh := !victim.stack.Started() // has no frame to recover in: its entry gets a value
	w.killed.Add(1)
	v := victim.stack.SwitchRun(func() any {
		w.verify(keep, "data of the killer")
		if fresh {
			return w.message()
		}
		panic(errKilled)
	})
	w.enter(r, v)
	w.verify(keep, "data held across a kill")
}

func (w *worker) fail(format string, args ...any) {
	if w.failure == nil {
		buf := make([]byte, 1<<14)
		w.failure = fmt.Errorf(format+"\n%s", append(args, buf[:runtime.Stack(buf, false)])...)
	}
	w.draining = true
}
