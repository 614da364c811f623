package main

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/stackful-go/stackful"
)

// A worker is a goroutine with its stacks. All of its fields are used on that
// goroutine only, by whichever stack runs.
type worker struct {
	*run
	deadline time.Time
	rng      *rand.Rand
	root     *routine
	alive    []*routine // suspended or fresh; the running one is not in it
	running  *routine
	nextID   int
	draining bool
	tick     int
	clock    clock
}

// A routine is one stack and what it knows of itself.
type routine struct {
	id     int
	w      *worker // changes when the routine moves to another goroutine
	stack  *stackful.Stack
	depth  int // of deferred hops while it is being killed
	pinned int // holds something of this goroutine's, so it must not move
}

var errKilled = errors.New("killed")

// drive is the root's part: it keeps the set full and hops into it.
func (w *worker) drive() {
	w.root = &routine{w: w, stack: stackful.Current()}
	w.running = w.root
	for !w.failed() && !w.over() {
		for len(w.alive) < w.stacks {
			w.create()
		}
		b := w.blob()
		w.root.hop()
		w.verify(b, "the root's data")
	}
	// Drain: let every stack go to its end, also those that nobody has taken.
	w.draining = true
	for !w.failed() {
		for w.adopt() {
		}
		if len(w.alive) == 0 {
			break
		}
		w.root.hop()
	}
}

func (w *worker) over() bool {
	if w.tick++; w.tick%64 == 0 && time.Now().After(w.deadline) {
		return true
	}
	return w.stop.Load() || w.run.config.switches > 0 && w.counts.switches.Load() >= w.run.config.switches
}

func (w *worker) create() {
	w.nextID++
	r := &routine{id: w.nextID, w: w}
	r.stack = stackful.New(func(v any) (*stackful.Stack, any) { return r.body(v) })
	w.alive = append(w.alive, r)
	w.created.Add(1)
}

// body is the entry of every stack.
func (r *routine) body(v any) (*stackful.Stack, any) {
	r.enter(v)
	r.life()
	w := r.w
	w.finished.Add(1)
	// Go to the root, or to any other stack, and take a value there.
	w.running = w.root
	if len(w.alive) > 0 && w.rng.IntN(3) > 0 {
		w.running = w.take()
	}
	w.clock.start()
	if w.running == w.root {
		return nil, w.message()
	}
	return w.running.stack, w.message()
}

// life does random things until it is the time to end, or to be killed.
func (r *routine) life() {
	defer func() {
		switch p := recover(); p {
		case nil, errKilled:
		default:
			r.w.fail("routine %d: unexpected panic: %v", r.id, p)
		}
	}()
	for i := r.w.rng.IntN(40); i >= 0 && !r.w.draining; i-- {
		b := r.w.blob()
		acts[r.w.rng.IntN(len(acts))](r)
		r.w.verify(b, "data held across a round")
	}
}

// hop leaves r for a random other stack, and checks what comes back.
func (r *routine) hop() {
	w := r.w
	w.trade()
	switch {
	case len(w.alive) == 0 && r == w.root:
	case len(w.alive) == 0, r != w.root && w.rng.IntN(8) == 0:
		r.leave(w.root)
	default:
		r.leave(w.take())
	}
}

// leave switches to next, which is in no set.
func (r *routine) leave(next *routine) {
	w := r.w
	keep := w.blob()
	if r != w.root {
		w.alive = append(w.alive, r)
	}
	w.running = next
	m := w.message()
	w.clock.start()
	r.enter(next.stack.Switch(m))
	r.w.verify(keep, "data held across a switch")
}

// enter is what a stack does first when it runs again: it must be the one that
// was meant, and the value must be whole.
func (r *routine) enter(v any) {
	w := r.w
	w.clock.stop()
	w.counts.switches.Add(1)
	if w.running != r {
		w.fail("resumed the wrong stack")
	}
	if stackful.Current() != r.stack {
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
func (w *worker) take() *routine { return w.takeAt(w.rng.IntN(len(w.alive))) }

func (w *worker) takeAt(i int) *routine {
	r := w.alive[i]
	last := len(w.alive) - 1
	w.alive[i] = w.alive[last]
	w.alive[last] = nil
	w.alive = w.alive[:last]
	return r
}

// burst starts new stacks one after the other, more than the free carriers at
// hand, so that some start on carriers that were born a moment ago.
func (r *routine) burst() {
	keep := r.w.blob()
	if r.w.rng.IntN(12) > 0 {
		r.w.create()
		return
	}
	for range 40 {
		w := r.w
		if len(w.alive) > 4*w.stacks || w.draining {
			break
		}
		w.create()
		r.leave(w.takeAt(len(w.alive) - 1))
	}
	r.w.verify(keep, "data held across a burst")
}

// kill raises a panic in another stack, whose deferred calls hop in turn.
func (r *routine) kill() {
	w := r.w
	if len(w.alive) < 2 {
		return
	}
	victim := w.take()
	keep := w.blob()
	w.alive = append(w.alive, r)
	w.running = victim
	fresh := !victim.stack.Started() // has no frame to recover in: its entry gets a value
	w.killed.Add(1)
	w.clock.start()
	v := victim.stack.SwitchRun(func() any {
		w.verify(keep, "data of the killer")
		if fresh {
			return w.message()
		}
		w.clock.stop()
		panic(errKilled)
	})
	r.enter(v)
	r.w.verify(keep, "data held across a kill")
}

// lockThread hops with the goroutine locked to its thread.
func (r *routine) lockThread() {
	if !stackful.Backend().Native {
		return // it refuses
	}
	r.pinned++
	defer func() { r.pinned-- }()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b := r.w.blob()
	r.hop()
	r.w.verify(b, "data of a locked thread")
}
