package sched

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/internal/runtimepatch"
	"github.com/stackful-go/stackful/poller/internal/timers"
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
	Remote    atomic.Pointer[remoteJoin] // waiters on other goroutines; made on any goroutine
	name      atomic.Pointer[string]
	err       error                   // of a task that failed
	Locals    map[any]any             // of Local; a new task gets a copy of its maker's
	ctx       context.Context         // of Task.Context; nil until it is asked for
	cancel    context.CancelCauseFunc // of ctx
	Links     []func(*Task)           // called at the end, in order
	delay     *delay                  // of GoAfter, until the task becomes ready
	Watched   bool                    // the error has a reader, such as a Group: do not report it
	createdBy uintptr                 // return address in the go statement that has started it, see adopt.go; else 0
	goid      atomic.Uint64           // in the portable backend: of the goroutine that the task runs on

	// If the hub is labelled:
	labels     asm.Labels // with which the task starts
	nameLabels asm.Labels // which its name makes
}

// A remoteJoin is the source for waiters on other goroutines than the task's. It is made at
// the first use, since few tasks have such waiters.
type remoteJoin struct {
	mu     runtimepatch.Mutex // guards queue and Closed
	done   chan struct{}      // of Task.Done; closed at the end
	queue  Queue
	Closed bool // the task has ended
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

// A delay is the timer that starts a task of GoAfter.
type delay struct {
	task  *Task
	timer timers.Timer
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

// isGo reports whether t ends as a goroutine does.
func (t *Task) isGo() bool {
	x := t.Extra.Load()
	return x != nil && x.createdBy != 0
}

// byProgram is Extra.createdBy of the main task of a program.
const byProgram = 1

// creation says where t was started, as dumps of goroutines do; "" if by no go statement.
func (t *Task) creation() string {
	x := t.Extra.Load()
	if x == nil || x.createdBy <= byProgram {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{x.createdBy}).Next()
	return fmt.Sprintf(", created by %s at %s:%d", f.Function, f.File, f.Line)
}
