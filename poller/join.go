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
