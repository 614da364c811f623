package sched

import (
	"time"

	"github.com/stackful-go/stackful/poller/internal/biased"
)

// Join is Task.Join of package poller.
func (t *Task) Join() error {
	h := Here()
	h.CheckPreempt()
	if t.HasEnded.Load() {
		return t.Error()
	}
	if h != t.Hub || h.Current == nil || h.Current.Fiber.Interrupted {
		_, err := t.JoinUntil(Never)
		return err
	}
	// JoinUntil, written out for the common case: see park.go.
	k := h.Current.Fiber
	k.W.Begin(parkJoin)
	t.Joiners.Push(&k.W.Node)
	h.Tasks.Joining++ // see deadlocked
	if to := h.SwitchOut(k); to != nil {
		to.Switch(nil)
		h.SwitchedIn(k)
	}
	h.Tasks.Joining--
	if k.W.Err != nil {
		err := k.W.Err
		k.W.Node.Leave(h, NoLock{})
		Raise(h, err)
		return err
	}
	return t.Error()
}

// JoinTimeout is Task.JoinTimeout of package poller.
func (t *Task) JoinTimeout(d time.Duration) error {
	Here().CheckPreempt()
	if t.HasEnded.Load() {
		return t.Error()
	}
	_, err := t.JoinUntil(After(d))
	return err
}

// JoinUntil waits until t has ended, or until the instant at, and reports whether t has
// ended. The error is t's, or that of the wait.
func (t *Task) JoinUntil(at int64) (bool, error) {
	if t.HasEnded.Load() {
		return true, t.Error()
	}
	h := Here()
	if h == t.Hub && h.Current != nil {
		h.Tasks.Joining++
		err := ParkNoRaise(h, NoLock{}, &t.Joiners, parkJoin, at)
		h.Tasks.Joining--
		Raise(h, err)
		return t.joined(err)
	}
	r := t.RemoteJoin()
	r.mu.Lock()
	if r.Closed {
		r.mu.Unlock()
		return true, t.Error()
	}
	return t.joined(Park(h, (*Mutex)(&r.mu), &r.queue, parkJoin, at))
}

// joined returns the results of JoinUntil after a wait with the result err.
func (t *Task) joined(err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return true, t.Error()
}

// EnqueueJoin puts n into the queue of waiters for t's end, for JoinAny. It reports false if
// t has ended; then n is in no queue. h is the calling goroutine's hub.
func (t *Task) EnqueueJoin(h *Hub, n *Node) bool {
	if h == t.Hub && h.Current != nil {
		t.Joiners.Push(n)
		return true
	}
	r := t.RemoteJoin()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Closed {
		r.queue.Push(n)
	}
	return !r.Closed
}

// DequeueJoin takes n out of the queue again, if it is still in it.
func (t *Task) DequeueJoin(h *Hub, n *Node) {
	if h == t.Hub && h.Current != nil {
		n.Leave(h, NoLock{})
	} else if r := t.More().Remote.Load(); r != nil {
		n.Leave(h, (*Mutex)(&r.mu))
	}
}

// RemoteJoin returns t's source for waiters on other goroutines, and makes it if need be. If
// t has ended, it is closed. It may be called on any goroutine.
func (t *Task) RemoteJoin() *remoteJoin {
	x := t.More()
	r := x.Remote.Load()
	if r == nil {
		x.Remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
		r = x.Remote.Load()
		biased.FenceHeavy() // Task.End sees r, or else HasEnded is seen below
	}
	if t.HasEnded.Load() {
		r.close(Here())
	}
	return r
}

// Done is Task.Done of package poller.
func (t *Task) Done() <-chan struct{} { return t.RemoteJoin().done }
