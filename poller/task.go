package poller

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackful-go/stackful"
)

// A Task is a function that runs on a stack of its own, in turn with the other
// tasks of its goroutine. It is gevent's Greenlet.
//
// All methods may be called from any goroutine, except Name and SetName, which
// are for the task's own goroutine.
type Task struct {
	stack stackful.Stack
	hub   *hub
	at    *stackful.Stack // where to resume: stack, or one that the task has switched to itself
	fn    func()

	w     waiter
	timer timer // ends w's wait
	mail  mail  // brings w's wake-up from another goroutine

	next, prev *Task // in hub.all
	joiners    waitQueue

	// Interruptions: what waits to be raised in the task.
	interrupted bool   // look closer
	killed      bool   // raise ErrKilled
	raised      int    // how often it was raised while the hub was dying
	scope       *scope // innermost WithTimeout

	started  bool
	returned bool
	ended    atomic.Bool
	err      error // valid once ended
	remote   atomic.Pointer[remoteJoin]

	id    uint64
	extra *taskExtra // nil for most tasks
}

// A taskExtra is what few tasks have.
type taskExtra struct {
	name    string
	locals  map[any]any // of Local
	ctx     context.Context
	cancel  context.CancelCauseFunc
	onEnd   func()
	watched bool // somebody will look at the task's error: do not report it
}

// more returns t's extra, making it if need be.
func (t *Task) more() *taskExtra {
	if t.extra == nil {
		t.extra = new(taskExtra)
	}
	return t.extra
}

// A remoteJoin is where those wait for a task who are not on its goroutine.
type remoteJoin struct {
	mu     sync.Mutex
	done   chan struct{}
	queue  waitQueue
	closed bool
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
		usage("Go outside of Run")
	}
	t := h.newTask(f)
	if h.dying {
		t.end(ErrKilled)
		return t
	}
	h.ready.push(t)
	return t
}

// GoAfter is Go for a task that starts when d has passed. Until then Kill
// makes it never start.
func GoAfter(d time.Duration, f func()) *Task {
	h := currentHub()
	if h == nil {
		usage("GoAfter outside of Run")
	}
	t := h.newTask(f)
	if h.dying {
		t.end(ErrKilled)
		return t
	}
	t.w.why = parkDelay
	t.w.state.Store(waiterWaiting)
	h.timers.arm(&t.timer, after(d))
	return t
}

func (h *hub) newTask(f func()) *Task {
	if f == nil {
		usage("nil function for a task")
	}
	t := &Task{hub: h, fn: f}
	t.stack.Init(taskEntry)
	t.stack.SetData(t)
	t.at = &t.stack
	t.w.task = t
	t.w.node.w = &t.w
	t.timer.owner = t
	t.mail.task = t
	h.lastID++
	t.id = h.lastID
	h.all.push(t)
	h.live++
	if c := h.current; c != nil && c.extra != nil && c.extra.locals != nil {
		t.more().locals = maps.Clone(c.extra.locals)
	}
	return t
}

// taskEntry is the body of every task's stack.
func taskEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	t := s.Data().(*Task)
	t.run()
	h := t.hub
	next := &h.home
	if t != h.main {
		next = h.next()
	}
	h.current = next
	h.spent = 0
	return next.at, nil
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
	switch {
	case t.returned:
		t.end(nil)
	default:
		if v := recover(); v != nil {
			t.end(t.failure(v))
		} else {
			h.current = nil
			t.end(ErrGoexit)
			return
		}
	}
	h.current = nil
}

// SwitchDone is part of stackful.Policy.
func (t *Task) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	usage("switch to the stack of a task that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy: Goexit goes on in the stack that
// called Run.
func (t *Task) GoexitTarget(*stackful.Stack) *stackful.Stack { return t.hub.home.at }

// end records that t has ended, and wakes all who wait for that.
func (t *Task) end(err error) {
	h := t.hub
	t.err = err
	t.fn = nil
	h.timers.disarm(&t.timer)
	h.all.remove(t)
	h.live--
	if err != nil {
		t.report()
	}
	t.ended.Store(true)
	if t.extra != nil {
		t.extra.ended(err)
	}
	if t.joiners.head != nil {
		t.joiners.wakeAll(h, nil)
	}
	if r := t.remote.Load(); r != nil {
		r.close(h)
	}
}

// ended does what else was asked for at the end of the task.
func (x *taskExtra) ended(err error) {
	if x.cancel != nil {
		x.cancel(err)
	}
	if f := x.onEnd; f != nil {
		x.onEnd = nil
		f()
	}
}

func (r *remoteJoin) close(here *hub) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.closed = true
		close(r.done)
		r.queue.wakeAll(here, nil)
	}
}

// remoteJoin returns t's meeting point for other goroutines.
func (t *Task) remoteJoin() *remoteJoin {
	r := t.remote.Load()
	for r == nil {
		t.remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
		r = t.remote.Load()
	}
	if t.ended.Load() {
		r.close(currentHub())
	}
	return r
}

// Join waits until t has ended, and returns t's error: nil if its function has
// returned, ErrKilled, a *PanicError, or ErrGoexit. It returns a *DeadlockError
// if t can never end because it waits, itself or through others, for the
// calling task.
//
// In a task, Join parks it; elsewhere it blocks the goroutine.
func (t *Task) Join() error {
	_, err := t.join(noInstant)
	return err
}

// JoinTimeout is Join with a limit: it returns os.ErrDeadlineExceeded if t has
// not ended when d has passed. A d of zero or less only looks.
func (t *Task) JoinTimeout(d time.Duration) error {
	if t.ended.Load() {
		return t.err
	}
	_, err := t.join(after(d))
	return err
}

// join reports whether t has ended.
func (t *Task) join(at int64) (bool, error) {
	if t.ended.Load() {
		return true, t.err
	}
	h := currentHub()
	if h == t.hub && h.current != nil {
		w := beginWait(h, parkJoin)
		t.joiners.push(&w.node)
		h.joining++
		err := w.wait(h, at)
		h.joining--
		return t.joined(h, w, &t.joiners, err)
	}
	r := t.remoteJoin()
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return true, t.err
	}
	w := beginWait(h, parkJoin)
	r.queue.push(&w.node)
	r.mu.Unlock()
	err := w.wait(h, at)
	if err != nil {
		r.mu.Lock()
		r.queue.remove(&w.node)
		r.mu.Unlock()
	}
	return t.joined(h, w, &r.queue, err)
}

func (t *Task) joined(h *hub, w *waiter, q *waitQueue, err error) (bool, error) {
	if err == nil {
		w.end()
		return true, t.err
	}
	q.remove(&w.node)
	w.end()
	if err == errInterrupted {
		h.current.raise()
	}
	return false, err
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
	return t.err
}

// Name returns the task's name: what SetName has set, or else "task-" and a
// number that no other task of its Run has.
func (t *Task) Name() string {
	if t.extra == nil || t.extra.name == "" {
		return "task-" + strconv.FormatUint(t.id, 10)
	}
	return t.extra.name
}

// SetName gives t a name, for Dump and reports. It returns t.
func (t *Task) SetName(name string) *Task {
	t.more().name = name
	return t
}

// Current returns the running task, nil outside of any.
func Current() *Task { return currentTask() }

// JoinAll waits until all tasks have ended, and returns the error of the first
// of them, in the order of the arguments, that has one.
func JoinAll(tasks ...*Task) error {
	var first error
	for _, t := range tasks {
		if err := t.Join(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// A taskList is all tasks of a hub.
type taskList struct{ head, tail *Task }

func (l *taskList) push(t *Task) {
	t.prev = l.tail
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

func (l *taskList) remove(t *Task) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.next, t.prev = nil, nil
}
