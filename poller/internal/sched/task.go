package sched

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

// A Task is poller.Task: a function, and its result once it has ended. Its hub's goroutine
// alone uses it, except for the atomic fields, and how and Extra.err after HasEnded. It is
// 64 bytes, since users may keep as many as they like.
type Task struct {
	Hub   *Hub
	Fiber *Fiber // nil before the start and after the end
	fn    func() // nil once it has started

	Joiners Queue // tasks of Hub in Join; others are in Extra.Remote

	HasEnded atomic.Bool // set by End: publishes how and the error
	how      ending      // valid once HasEnded
	prio     Priority
	started  bool
	returned bool // fn has returned, rather than panicked or called Goexit

	ID    uint64
	Extra atomic.Pointer[Extra] // nil for most tasks
}

// An ending is how a task has ended.
type ending uint8

// The endings: Returned and WasKilled are for Task.End.
const (
	Returned ending = iota
	WasKilled
	calledGoexit
	failed // Extra.err is the error
)

// An Extra is the state that few tasks need, allocated at the first use. Only the hub's
// goroutine uses it, except for the atomic fields; err may be read once the task has ended.
type Extra struct {
	Remote  atomic.Pointer[remoteJoin] // waiters on other goroutines; made on any goroutine
	name    atomic.Pointer[string]
	err     error                   // of a task that failed
	Locals  map[any]any             // of Local; a new task gets a copy of its maker's
	ctx     context.Context         // of Task.Context; nil until it is asked for
	cancel  context.CancelCauseFunc // of ctx
	Links   []func(*Task)           // called at the end, in order
	delay   *delay                  // of GoAfter, until the task becomes ready
	Watched bool                    // the error has a reader, such as a Group: do not report it
	goid    atomic.Uint64           // in the portable backend: of the goroutine that the task runs on

	// If the hub is labelled:
	labels     asm.Labels // with which the task starts
	nameLabels asm.Labels // which its name makes
}

// More returns t's Extra, and makes it if need be. It may be called on any goroutine.
func (t *Task) More() *Extra {
	x := t.Extra.Load()
	if x == nil {
		t.Extra.CompareAndSwap(nil, new(Extra))
		x = t.Extra.Load()
	}
	return x
}

// TaskBatch is how many tasks are allocated at once, which costs a third of
// allocating each. The price: a Task that a user keeps keeps the others of its batch, 64
// bytes for each; an ended task refers to nothing but its error and its name.
const TaskBatch = 15 // with the allocator's header, this fills one of its size classes

// allocate returns a zero Task.
func (h *Hub) allocate() *Task {
	if len(h.Tasks.slab) == 0 {
		h.Tasks.slab = new([TaskBatch]Task)[:]
	}
	t := &h.Tasks.slab[0]
	h.Tasks.slab = h.Tasks.slab[1:]
	return t
}

// Go is poller.Go.
func Go(f func()) *Task {
	h := NeedHub("call it in a task, or use Hub.Go, which starts a task from any goroutine")
	t := h.NewTask(f)
	if h.Ending.Dying {
		t.End(WasKilled)
		return t
	}
	h.MakeReady(t)
	return t
}

// GoAfter is poller.GoAfter.
func GoAfter(d time.Duration, f func()) *Task {
	h := NeedHub("call it in a task, or use Hub.Go, which starts a task from any goroutine")
	t := h.NewTask(f)
	if h.Ending.Dying {
		t.End(WasKilled)
		return t
	}
	x := t.More()
	x.delay = &delay{task: t}
	x.delay.timer.Owner = x.delay
	h.Timers.Arm(&x.delay.timer, After(d))
	return t
}

// GoFrom makes f a task of h, on any goroutine. It reports false if h has ended; if h
// ends before f has started, f never does.
func (h *Hub) GoFrom(f func()) bool {
	if Here() == h {
		if !h.Ending.Dying {
			h.MakeReady(h.NewTask(f))
		}
		return true
	}
	l := asm.GoroutineLabels()
	return h.Post(func(h *Hub) {
		if h.Ending.Dying {
			return
		}
		t := h.NewTask(f)
		if h.Labelled {
			t.setLabels(l)
		}
		h.MakeReady(t)
	})
}

// A delay is the timer that starts a task of GoAfter.
type delay struct {
	task  *Task
	timer Timer
}

// Expire makes the task ready, at its start time.
func (d *delay) Expire(int64) {
	t := d.task
	t.More().delay = nil
	t.Hub.MakeReady(t)
}

// NewTask makes f a task of h, which is the calling goroutine's hub. The task inherits the
// locals and labels of the running task. The caller must make it ready, or end it.
func (h *Hub) NewTask(f func()) *Task {
	if f == nil {
		fault.Usage(plainCaller() + " of a nil function")
	}
	t := h.allocate()
	t.Hub, t.fn = h, f
	h.Tasks.lastID++
	t.ID = h.Tasks.lastID
	h.Tasks.Live++
	if c := h.Current; c != nil {
		if x := c.Extra.Load(); x != nil && x.Locals != nil {
			t.More().Locals = maps.Clone(x.Locals)
		}
	}
	if h.Labelled {
		t.inheritLabels()
	}
	return t
}

// run is the task, on its fiber's stack. It returns however the task has ended, unless by
// Goexit, which goes on in the root stack (Fiber.GoexitTarget).
func (t *Task) run() {
	t.started = true
	defer t.finish()
	f := t.fn
	t.fn = nil
	f()
	t.returned = true
}

// finish ends t, whose function has returned, panicked, or called Goexit. It is a deferred
// call, so that it can recover the panic while its frames are still there to be recorded.
func (t *Task) finish() {
	h := t.Hub
	if t.returned {
		t.End(t.how) // Returned, or failed: see GoErr
	} else if v := recover(); v != nil || !asm.Goexiting() { // panic(nil), with GODEBUG=panicnil=1
		t.fail(v)
	} else {
		t.End(calledGoexit)
	}
	h.Current = nil
}

// End records that t has ended, and wakes its joiners. The order matters: the result first,
// then HasEnded, which publishes it to other goroutines, and then the joiners.
func (t *Task) End(how ending) {
	h := t.Hub
	t.how = how
	t.Fiber = nil
	h.Tasks.Live--
	if how != Returned {
		t.fn = nil // it may not have started
		if how == failed {
			t.report()
		}
	}
	// A joiner on another goroutine sets Extra.Remote and then loads HasEnded; here HasEnded
	// is stored before Remote is loaded. One of the two sees the other (Task.RemoteJoin).
	biased.StoreLight(&t.HasEnded)
	if x := t.Extra.Load(); x != nil {
		x.ended(t)
	}
	if n := t.Joiners.Head; n != nil {
		if n.Next == nil && n.ClaimLocal() { // one joiner, the common case, without a compare-and-swap
			t.Joiners.Pop()
			h.MakeReady(n.W.Fiber.Task)
		} else {
			t.Joiners.WakeAll(h, nil)
		}
	}
	if x := t.Extra.Load(); x != nil {
		if r := x.Remote.Load(); r != nil {
			r.close(h)
		}
	}
}

// ended releases the Extra of t at its end: the start timer, the context, and the links,
// which it calls.
func (x *Extra) ended(t *Task) {
	if x.delay != nil {
		t.Hub.Timers.Disarm(&x.delay.timer)
		x.delay = nil
	}
	x.Locals = nil
	if x.cancel != nil {
		x.cancel(t.Error())
		x.cancel = nil
	}
	links := x.Links
	x.Links = nil
	for _, f := range links {
		t.callback(f)
	}
}

// callback calls f, outside of any task. A panic in f is reported by the error handler, as
// one in a task without a joiner is.
func (t *Task) callback(f func(*Task)) {
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned && !asm.Goexiting() {
			handleError(t, &coro.PanicError{Value: v, Stack: debug.Stack(), In: "a function of Task.Link, of " + t.text()})
		}
	}()
	t.Hub.callOut(func() { f(t) })
	returned = true
}

// Link is Task.Link of package poller.
func (t *Task) Link(f func(t *Task)) {
	if Here() != t.Hub {
		fault.Usage("Task.Link on another goroutine than the task's: call it there by Hub.Go")
	}
	if t.HasEnded.Load() {
		t.callback(f)
		return
	}
	x := t.More()
	x.Links = append(x.Links, f)
}

// Error returns the error of t, which has ended: nil if its function has returned.
func (t *Task) Error() error {
	switch t.how {
	case WasKilled:
		return ErrKilled
	case calledGoexit:
		return ErrGoexit
	case failed:
		return t.Extra.Load().err
	}
	return nil
}

// Done is Task.Done of package poller.
func (t *Task) Done() <-chan struct{} { return t.RemoteJoin().done }

// Ended is Task.Ended of package poller.
func (t *Task) Ended() bool { return t.HasEnded.Load() }

// Err is Task.Err of package poller.
func (t *Task) Err() error {
	if !t.HasEnded.Load() {
		return nil
	}
	return t.Error()
}

// Name is Task.Name of package poller.
func (t *Task) Name() string {
	if x := t.Extra.Load(); x != nil {
		if name := x.name.Load(); name != nil {
			return *name
		}
	}
	return "task-" + strconv.FormatUint(t.ID, 10)
}

// SetName is Task.SetName of package poller.
func (t *Task) SetName(name string) *Task {
	t.More().name.Store(&name)
	if t.Hub.Labelled {
		t.labelName(name)
	}
	return t
}

// AllTasks returns all tasks of the hub that have not ended, in the order in which they
// were made. There is no list of them, whose upkeep each task would pay for: a task
// that has started is on a fiber, and one that has not is ready, deferred or delayed.
func (h *Hub) AllTasks() []*Task {
	var all []*Task
	for k := h.Fibers.All; k != nil; k = k.Older {
		if t := k.Task; t != nil && t.Fiber != nil {
			all = append(all, t)
		}
	}
	for _, r := range [...]interface{ each(func(*Task)) }{&h.Ready, &h.Deferred.Tasks} {
		r.each(func(t *Task) {
			if t != nil && !t.started && !t.HasEnded.Load() {
				all = append(all, t)
			}
		})
	}
	for i := range h.Timers.Heap {
		if d, ok := h.Timers.Heap[i].T.Owner.(*delay); ok {
			all = append(all, d.task)
		}
	}
	slices.SortFunc(all, func(a, b *Task) int { return cmp.Compare(a.ID, b.ID) })
	return all
}
