package poller

import (
	"cmp"
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A Task is a function that runs on a stack of its own, in turn with the other
// tasks of its goroutine. It is gevent's Greenlet.
//
// All methods may be called from any goroutine, except those that say otherwise.
type Task struct {
	hub  *hub
	work *worker // nil before the start and after the end
	fn   func()

	joiners waitQueue // of tasks of hub

	ended    atomic.Bool
	how      ending // valid once ended
	priority Priority
	started  bool
	returned bool // its function has

	id    uint64
	extra atomic.Pointer[taskExtra] // nil for most tasks
}

// An ending is how a task has ended.
type ending uint8

const (
	returned ending = iota
	wasKilled
	calledGoexit
	failed // extra has the error
)

// A taskExtra is what few tasks have. Where nothing else is said, only the task's
// goroutine uses it.
type taskExtra struct {
	remote  atomic.Pointer[remoteJoin] // set on any goroutine
	name    atomic.Pointer[string]
	err     error       // why it failed
	locals  map[any]any // of Local
	ctx     context.Context
	cancel  context.CancelCauseFunc
	links   []func(*Task)
	delay   *delay        // of GoAfter, until the task becomes ready
	watched bool          // somebody will look at the task's error: do not report it
	goid    atomic.Uint64 // in the portable backend: of the goroutine that the task runs on

	// If the hub is labelled:
	labels     labels // with which the task starts
	nameLabels labels // which its name makes
}

// more returns t's extra, making it if need be.
func (t *Task) more() *taskExtra {
	x := t.extra.Load()
	if x == nil {
		t.extra.CompareAndSwap(nil, new(taskExtra))
		x = t.extra.Load()
	}
	return x
}

// taskBatch is how many tasks are allocated at once, which costs a third of
// allocating each. So a Task that somebody holds on to keeps the others of its
// batch: 64 bytes for each, since what an ended task referred to is let go
// of, except for its error and its name.
const taskBatch = 15 // with the allocator's header, this fills one of its size classes

func (h *hub) allocate() *Task {
	if len(h.tasks.slab) == 0 {
		h.tasks.slab = new([taskBatch]Task)[:]
	}
	t := &h.tasks.slab[0]
	h.tasks.slab = h.tasks.slab[1:]
	return t
}

// Go makes f a task of the calling goroutine's hub, which runs when the others
// have had their turn: tasks start in the order of their Go calls. Go does not
// switch.
//
// A panic in f that f does not recover ends the task, not the process: it becomes
// the PanicError that Join returns, and is reported by the error handler (see
// SetErrorHandler) if no one is waiting for the task at that moment. A
// runtime.Goexit in f ends the goroutine, as it would without tasks: the other
// tasks are killed, and Run's caller exits.
//
// It panics outside of Run, since there would be nobody to run f.
func Go(f func()) *Task {
	h := currentHub()
	if h == nil {
		fault.Usage("Go outside of Run")
	}
	t := h.newTask(f)
	if h.ending.dying {
		t.end(wasKilled)
		return t
	}
	h.makeReady(t)
	return t
}

// GoAfter is Go for a task that starts when d has passed. Until then Kill
// makes it never start.
func GoAfter(d time.Duration, f func()) *Task {
	h := currentHub()
	if h == nil {
		fault.Usage("GoAfter outside of Run")
	}
	t := h.newTask(f)
	if h.ending.dying {
		t.end(wasKilled)
		return t
	}
	x := t.more()
	x.delay = &delay{task: t}
	x.delay.timer.owner = x.delay
	h.timers.arm(&x.delay.timer, after(d))
	return t
}

// goFrom makes f a task of h, from whatever goroutine. It reports false if h has ended; if h
// ends before f has started, f never does.
func (h *hub) goFrom(f func()) bool {
	if currentHub() == h {
		if !h.ending.dying {
			h.makeReady(h.newTask(f))
		}
		return true
	}
	l := goroutineLabels()
	return h.postCall(func(h *hub) {
		if h.ending.dying {
			return
		}
		t := h.newTask(f)
		if h.labelled {
			t.setLabels(l)
		}
		h.makeReady(t)
	})
}

// A delay starts a task of GoAfter.
type delay struct {
	task  *Task
	timer timer
}

func (d *delay) expire(int64) {
	t := d.task
	t.more().delay = nil
	t.hub.makeReady(t)
}

func (h *hub) newTask(f func()) *Task {
	if f == nil {
		fault.Usage("nil function for a task")
	}
	t := h.allocate()
	t.hub, t.fn = h, f
	h.tasks.lastID++
	t.id = h.tasks.lastID
	h.tasks.live++
	if c := h.current; c != nil {
		if x := c.extra.Load(); x != nil && x.locals != nil {
			t.more().locals = maps.Clone(x.locals)
		}
	}
	if h.labelled {
		t.inheritLabels()
	}
	return t
}

func (t *Task) run() {
	t.started = true
	defer t.finish()
	f := t.fn
	t.fn = nil
	f()
	t.returned = true
}

// finish ends t, whose function has returned, panicked, or called Goexit; it is
// a deferred call.
func (t *Task) finish() {
	h := t.hub
	if t.returned {
		t.end(returned)
	} else if v := recover(); v != nil || !asm.Goexiting() { // panic(nil), with GODEBUG=panicnil=1
		t.fail(v)
	} else {
		t.end(calledGoexit)
	}
	h.current = nil
}

// end records that t has ended, and wakes all who wait for that.
func (t *Task) end(how ending) {
	h := t.hub
	t.how = how
	t.work = nil
	h.tasks.live--
	if how != returned {
		t.fn = nil // it may not have started
		if how == failed {
			t.report()
		}
	}
	biased.StoreLight(&t.ended)
	if x := t.extra.Load(); x != nil {
		x.ended(t)
	}
	if n := t.joiners.head; n != nil {
		if n.next == nil && n.claimHome() {
			t.joiners.pop()
			h.makeReady(n.w.worker.task)
		} else {
			t.joiners.wakeAll(h, nil)
		}
	}
	if x := t.extra.Load(); x != nil {
		if r := x.remote.Load(); r != nil {
			r.close(h)
		}
	}
}

// ended does what else was asked for at the end of the task.
func (x *taskExtra) ended(t *Task) {
	if x.delay != nil {
		t.hub.timers.disarm(&x.delay.timer)
		x.delay = nil
	}
	x.locals = nil
	if x.cancel != nil {
		x.cancel(t.error())
		x.cancel = nil
	}
	links := x.links
	x.links = nil
	for _, f := range links {
		t.callback(f)
	}
}

// callback calls f, outside of any task. What it panics with goes the way of a
// panic in t that nobody waits for.
func (t *Task) callback(f func(*Task)) {
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned && !asm.Goexiting() {
			handleError(t, &coro.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	t.hub.callOut(func() { f(t) })
	returned = true
}

// Link has f called when t has ended, or at once if it has: in the order of the
// Link calls, before those who wait for t go on. It is greenlet.link of gevent.
//
// f is called on the goroutine of t's hub, outside of any task, with t, and must
// not wait: a call of this package that would, panics with a text that names it. A panic in f is reported by the error
// handler, see SetErrorHandler. Link must be called on the same goroutine, and
// panics elsewhere.
func (t *Task) Link(f func(t *Task)) {
	if currentHub() != t.hub {
		fault.Usage("Link on another goroutine than the task's")
	}
	if t.ended.Load() {
		t.callback(f)
		return
	}
	x := t.more()
	x.links = append(x.links, f)
}

// error returns why t, which has ended, did.
func (t *Task) error() error {
	switch t.how {
	case wasKilled:
		return ErrKilled
	case calledGoexit:
		return ErrGoexit
	case failed:
		return t.extra.Load().err
	}
	return nil
}

// Done returns a channel that is closed when t has ended. It is for goroutines
// without tasks, and for select; a task would block its whole goroutine by
// receiving from it.
func (t *Task) Done() <-chan struct{} { return t.remoteJoin().done }

// Ended reports whether t has ended.
func (t *Task) Ended() bool { return t.ended.Load() }

// Err returns nil while t has not ended, and then what Join returns.
func (t *Task) Err() error {
	if !t.ended.Load() {
		return nil
	}
	return t.error()
}

// Name returns the task's name: what SetName has set, or else "task-" and a
// number that no other task of its Run has.
func (t *Task) Name() string {
	if x := t.extra.Load(); x != nil {
		if name := x.name.Load(); name != nil {
			return *name
		}
	}
	return "task-" + strconv.FormatUint(t.id, 10)
}

// SetName gives t a name, for Dump and reports. It returns t. It must be called on
// the goroutine of t's hub.
func (t *Task) SetName(name string) *Task {
	t.more().name.Store(&name)
	if t.hub.labelled {
		t.labelName(name)
	}
	return t
}

// Current returns the running task, nil outside of any.
func Current() *Task { return currentTask() }

// allTasks returns all tasks of the hub that have not ended, in the order in which they
// were made. There is no list of them, which each would have to be put into: a task
// that has started is on a worker, and one that has not is ready or waits for its time.
func (h *hub) allTasks() []*Task {
	var all []*Task
	for k := h.fibers.all; k != nil; k = k.older {
		if t := k.task; t != nil && t.work != nil {
			all = append(all, t)
		}
	}
	for _, r := range [...]interface{ each(func(*Task)) }{&h.ready, &h.held.tasks} {
		r.each(func(t *Task) {
			if t != nil && !t.started && !t.ended.Load() {
				all = append(all, t)
			}
		})
	}
	for i := range h.timers.heap {
		if d, ok := h.timers.heap[i].t.owner.(*delay); ok {
			all = append(all, d.task)
		}
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Compare(a.id, b.id) })
	return all
}
