package sched

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/coro"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// close wakes all waiters, once. It is called at the end of the task, or by a goroutine that
// finds the task ended.
func (r *remoteJoin) close(here *Hub) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Closed {
		r.Closed = true
		close(r.done)
		r.queue.WakeAll(here, nil)
	}
}

// run is the task, on its fiber's stack. It returns however the task has ended, unless by
// Goexit, which goes on in the root stack (Fiber.GoexitTarget). It is a frame of its own, by which
// stackOfTask tells whose stack a goroutine's is.
//
//go:noinline
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
	} else if t.diesOfPanic() {
		runtimepatch.Runtime.Die()
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
	h.rt.NoPark++ // from here on there is no task to be parked
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
	h.rt.NoPark--
}

// ended releases the Extra of t at its end: the start timer, the context, and the links,
// which it calls.
func (x *Extra) ended(t *Task) {
	if x.delay != nil {
		t.Hub.Timers.Disarm(&x.delay.timer)
		x.delay = nil
	}
	x.Locals = nil
	if cancel := x.cancel; cancel != nil {
		x.cancel = nil
		if h := t.Hub; h.Virtual != nil && h.patched && !h.Ending.Dying {
			h.MakeReady(h.NewTask(func() { cancel(t.Error()) })) // a go statement in it is to start a task
		} else {
			cancel(t.Error())
		}
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

// fail ends t, which has panicked with v: killed if v is ErrKilled, else failed.
func (t *Task) fail(v any) {
	if err := t.failure(v); err != ErrKilled {
		t.More().err = err
		t.End(failed)
	} else {
		t.End(WasKilled)
	}
}

// failure turns the panic value that has ended t into its error. It must be
// called while the panicking frames are still on the stack, which it records.
func (t *Task) failure(v any) error {
	if isKill(v) {
		return ErrKilled
	}
	if p, ok := v.(*coro.PanicError); ok {
		if p.In == "" {
			p.In = "a coroutine of " + t.text()
		}
		return p
	}
	return &coro.PanicError{Value: v, Stack: debug.Stack(), In: t.text()}
}

// diesOfPanic reports whether the panic that ends t, if it is one, must end the program. It must be
// called in the deferred call that the panic makes.
func (t *Task) diesOfPanic() bool {
	if !t.isGo() {
		return false
	}
	v, ok := runtimepatch.Runtime.Panicking()
	return ok && !isKill(v)
}

// isKill reports whether v is the panic value of a task that is killed, which may have come up through a
// coroutine of the task.
func isKill(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, ErrKilled)
}

// text returns the name of t for a message.
func (t *Task) text() string {
	name := t.Name()
	if strings.HasPrefix(name, "task-") {
		return name
	}
	return "task " + name
}

// errorHandler is the handler of the process, nil for the default.
var errorHandler atomic.Pointer[func(t *Task, err *coro.PanicError)]

// SetErrorHandler is poller.SetErrorHandler.
func SetErrorHandler(f func(t *Task, err *coro.PanicError)) (old func(t *Task, err *coro.PanicError)) {
	p := &f
	if f == nil {
		p = nil
	}
	if p := errorHandler.Swap(p); p != nil {
		return *p
	}
	return nil
}

// report passes t's panic to the error handler unless the error has another reader: a
// joiner, a Group, or Run for the main task.
func (t *Task) report() {
	x := t.Extra.Load()
	if p, ok := x.err.(*coro.PanicError); ok && t != t.Hub.Ending.main && t.Joiners.Head == nil && !x.Watched && x.Remote.Load() == nil {
		handleError(t, p)
	}
}

// handleError calls the error handler, outside of any task, or prints the panic.
func handleError(t *Task, p *coro.PanicError) {
	if f := errorHandler.Load(); f != nil {
		t.Hub.callOut(func() { (*f)(t, p) })
		return
	}
	fmt.Fprintf(os.Stderr, "%+v\n", p)
}
