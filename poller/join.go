package poller

import (
	"sync"
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Join waits until t has ended, and returns t's error: nil if its function has
// returned, ErrKilled, a *PanicError, or ErrGoexit. It returns a *DeadlockError
// if t can never end because it waits, itself or through others, for the
// calling task.
//
// In a task, Join parks it; elsewhere it blocks the goroutine.
func (t *Task) Join() error {
	h := currentHub()
	h.checkDue()
	if t.ended.Load() {
		return t.error()
	}
	if h != t.hub || h.current == nil || h.current.work.interrupted {
		_, err := t.join(noInstant)
		return err
	}
	// What join does, with nothing in between that has to return after the switch.
	k := h.current.work
	k.w.begin(parkJoin)
	t.joiners.push(&k.w.node)
	h.tasks.joining++
	if to := h.depart(k); to != nil {
		to.Switch(nil)
		h.arrived(k)
	}
	h.tasks.joining--
	if k.w.err != nil {
		err := k.w.err
		k.w.node.leave(h, noLock{})
		raise(h, err)
		return err
	}
	return t.error()
}

// JoinTimeout is Join with a limit: it returns os.ErrDeadlineExceeded if t has
// not ended when d has passed. A d of zero or less only looks.
func (t *Task) JoinTimeout(d time.Duration) error {
	currentHub().checkDue()
	if t.ended.Load() {
		return t.error()
	}
	_, err := t.join(after(d))
	return err
}

// join reports whether t has ended.
func (t *Task) join(at int64) (bool, error) {
	if t.ended.Load() {
		return true, t.error()
	}
	h := currentHub()
	if h == t.hub && h.current != nil {
		h.tasks.joining++
		err := parkNoRaise(h, noLock{}, &t.joiners, parkJoin, at)
		h.tasks.joining--
		raise(h, err)
		return t.joined(err)
	}
	r := t.remoteJoin()
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return true, t.error()
	}
	return t.joined(park(h, (*syncLock)(&r.mu), &r.queue, parkJoin, at))
}

// joined is the result of join if that of its wait is err.
func (t *Task) joined(err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return true, t.error()
}

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

// JoinAny waits until one of the tasks has ended, and returns it: of several, the
// first in the order of the arguments. Its Err tells how it ended. Without tasks
// it returns nil at once. Like Join, it may be called from any goroutine.
func JoinAny(tasks ...*Task) *Task { return joinAny(tasks, noInstant) }

// JoinAnyTimeout is JoinAny with a limit. It returns nil if no task has ended when
// d has passed.
func JoinAnyTimeout(d time.Duration, tasks ...*Task) *Task { return joinAny(tasks, after(d)) }

func joinAny(tasks []*Task, at int64) *Task {
	if t := firstEnded(tasks); t != nil || len(tasks) == 0 {
		return t
	}
	h := currentHub()
	w := beginWait(h, parkJoinAny)
	nodes := make([]waitNode, len(tasks))
	isOver := false
	for i, t := range tasks {
		nodes[i].w = w
		if !t.enqueueJoin(h, &nodes[i]) { // it has ended meanwhile, on another goroutine
			isOver = w.claim(nil)
			break // who was faster resumes w
		}
	}
	var err error
	if !isOver {
		err = w.wait(h, at)
	}
	for i := range nodes {
		tasks[i].dequeueJoin(h, &nodes[i])
	}
	raise(h, err)
	return firstEnded(tasks)
}

func firstEnded(tasks []*Task) *Task {
	for _, t := range tasks {
		if t.ended.Load() {
			return t
		}
	}
	return nil
}

// enqueueJoin puts n into the queue of those who wait for t's end. It reports
// whether t has not ended.
func (t *Task) enqueueJoin(h *hub, n *waitNode) bool {
	if h == t.hub && h.current != nil {
		t.joiners.push(n)
		return true
	}
	r := t.remoteJoin()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.queue.push(n)
	}
	return !r.closed
}

// dequeueJoin takes n out of the queue again, if it is in one.
func (t *Task) dequeueJoin(h *hub, n *waitNode) {
	if h == t.hub && h.current != nil {
		n.leave(h, noLock{})
	} else if r := t.more().remote.Load(); r != nil {
		n.leave(h, (*syncLock)(&r.mu))
	}
}

// A remoteJoin is where those wait for a task who are not on its goroutine.
type remoteJoin struct {
	mu     sync.Mutex
	done   chan struct{}
	queue  waitQueue
	closed bool
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
	x := t.more()
	r := x.remote.Load()
	if r == nil {
		x.remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
		r = x.remote.Load()
		biased.FenceHeavy() // end sees r, or else we see that t has ended
	}
	if t.ended.Load() {
		r.close(currentHub())
	}
	return r
}
