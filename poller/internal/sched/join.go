package sched

import (
	"sync"
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
	// What join does, with nothing in between that has to return after the switch.
	k := h.Current.Fiber
	k.W.Begin(parkJoin)
	t.Joiners.Push(&k.W.Node)
	h.Tasks.Joining++
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

// JoinUntil reports whether t has ended.
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

// joined is the result of join if that of its wait is err.
func (t *Task) joined(err error) (bool, error) {
	if err != nil {
		return false, err
	}
	return true, t.Error()
}

// EnqueueJoin puts n into the queue of those who wait for t's end. It reports
// whether t has not ended.
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

// DequeueJoin takes n out of the queue again, if it is in one.
func (t *Task) DequeueJoin(h *Hub, n *Node) {
	if h == t.Hub && h.Current != nil {
		n.Leave(h, NoLock{})
	} else if r := t.More().Remote.Load(); r != nil {
		n.Leave(h, (*Mutex)(&r.mu))
	}
}

// A RemoteJoin is where those wait for a task who are not on its goroutine.
type remoteJoin struct {
	mu     sync.Mutex
	done   chan struct{}
	queue  Queue
	Closed bool
}

func (r *remoteJoin) close(here *Hub) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.Closed {
		r.Closed = true
		close(r.done)
		r.queue.WakeAll(here, nil)
	}
}

// RemoteJoin returns t's meeting point for other goroutines.
func (t *Task) RemoteJoin() *remoteJoin {
	x := t.More()
	r := x.Remote.Load()
	if r == nil {
		x.Remote.CompareAndSwap(nil, &remoteJoin{done: make(chan struct{})})
		r = x.Remote.Load()
		biased.FenceHeavy() // end sees r, or else we see that t has ended
	}
	if t.HasEnded.Load() {
		r.close(Here())
	}
	return r
}
