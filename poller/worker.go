package poller

import (
	"os"

	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
	"github.com/stackful-go/stackful/poller/internal/biased"
	"github.com/stackful-go/stackful/poller/internal/fault"
)

// A worker is a stack on which tasks run, one after the other, and what the task
// that runs on it needs in order to park. A task gets a worker when it starts and
// gives it back when it ends. So a Task, which users may hold for as long as they
// like, is small, and starting one means to switch to a stack that is there.
//
// Nothing outside the package refers to a worker, and no reference to its waiter
// outlives a wait, so that the next task finds it unused.
type worker struct {
	stack stackful.Stack
	away  bool            // the task is parked not on stack but
	at    *stackful.Stack // there, since it has switched to it itself
	hub   *hub
	task  *Task // nil while idle
	since int64 // the hub's time when it was parked
	w     waiter
	timer timer   // ends w's wait
	mail  mail    // brings w's wake-up from another goroutine
	next  *worker // in hub.fibers.idle, while there

	older, newer *worker // in hub.fibers.all

	labels labels             // of the task while it is parked, see labels.go
	marked *[]*stackful.Stack // what package coro was told of, see parkAway; nil until needed

	isOnce bool // the stack must end with the task

	// Interruptions: what waits to be raised in the task.
	interrupted bool  // look closer
	killed      bool  // raise ErrKilled
	misused     bool  // raise that something else than the hub has resumed the task
	shielded    int32 // raise nothing while it is not 0
	raised      int32 // how often ErrKilled was raised
}

// maxIdle is how many workers without a task a hub keeps.
const maxIdle = 64

// start gives t, which has not run, a worker. If there is no idle one, that is best left
// to home, since the stack of a task that parks has to grow for the allocator: only
// passOver does it there.
func (h *hub) start(t *Task) *worker {
	k := h.fibers.idle
	if k == nil {
		k = h.newWorker()
	} else {
		h.fibers.idle = k.next
		h.fibers.n--
	}
	k.begin(t)
	return k
}

// workerBatch is how many workers are allocated at once, which costs less than
// allocating each: with the allocator's header, they fill one of its size classes.
const workerBatch = 31

func (h *hub) newWorker() *worker {
	if len(h.fibers.slab) == 0 {
		h.fibers.slab = new([workerBatch]worker)[:]
	}
	k := &h.fibers.slab[0]
	h.fibers.slab = h.fibers.slab[1:]
	k.hub = h
	k.stack.Init(workerEntry)
	k.stack.SetData(k)
	k.w.worker = k
	k.w.node.w = &k.w
	k.timer.owner = k
	k.mail.worker = k
	if k.older = h.fibers.all; k.older != nil {
		k.older.newer = k
	}
	h.fibers.all = k
	return k
}

// leave takes k, whose stack is about to end, off the hub's list.
func (k *worker) leave() {
	if k.newer == nil {
		k.hub.fibers.all = k.older
	} else {
		k.newer.older = k.older
	}
	if k.older != nil {
		k.older.newer = k.newer
	}
}

// begin gives k to t. It is where everything is reset that a task leaves in k and the
// next one reads: what is not here is the same for all tasks of k, or is reset by
// waiter.begin, or is nothing between waits (the timer, the mail, and k's place in a
// queue). TestWorker_poisoned holds that true.
func (k *worker) begin(t *Task) {
	k.task, t.work = t, k
	if k.away {
		k.away, k.at = false, nil
		k.unmark()
	}
	k.interrupted, k.killed, k.raised, k.shielded, k.misused = false, false, 0, 0, false
	biased.StoreRelease(&k.w.state, waiterIdle)
	if k.labels != nil {
		k.labels = nil
	}
}

// expire ends the wait that the task is parked in.
func (k *worker) expire(int64) {
	if k.w.why == parkSleep {
		// It is in no queue, so only this goroutine can end the wait.
		if k.w.state.Load() != waiterWaiting {
			return
		}
		biased.StoreRelease(&k.w.state, waiterClaimed)
		k.w.err = os.ErrDeadlineExceeded
		k.hub.makeReady(k.task)
	} else if k.w.claim(os.ErrDeadlineExceeded) {
		k.hub.makeReady(k.task)
	}
}

// place is where the task is to be resumed, or started.
func (k *worker) place() *stackful.Stack {
	if k.away {
		return k.at
	}
	return &k.stack
}

// workerEntry is the body of every worker's stack.
func workerEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	k := s.Data().(*worker)
	h := k.hub
	for k.task != nil {
		t := k.task
		if h.isPortable {
			t.more().goid.Store(asm.Goid())
			if h.labelled {
				t.putOnLabels()
			}
		}
		t.run()
		k.task = nil
		if t == h.ending.main {
			break
		}
		var to *stackful.Stack
		switch next := h.readyNow(); {
		case next == nil:
			to = h.leaveToHome(nil)
		case next.work != nil:
			h.resumes(next)
			to = next.work.place()
		case k.isOnce:
			to = h.leaveToHome(next)
		default:
			k.begin(next)
			h.resumes(next)
			continue
		}
		if k.isOnce || h.fibers.n == maxIdle {
			k.leave()
			return to, nil
		}
		h.fibers.n++
		k.next, h.fibers.idle = h.fibers.idle, k
		to.Switch(nil)
	}
	k.leave()
	h.resumes(&h.root.task)
	return h.root.stack, nil
}

// CoroutineMade is called by package coro when code of the task has asked for the
// running coroutine: what stands for it must end with the task.
func (k *worker) CoroutineMade() { k.isOnce = true }

// SwitchDone is part of stackful.Policy.
func (k *worker) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	fault.Usage("switch to the stack of a task that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy: Goexit goes on in the stack that
// called Run.
func (k *worker) GoexitTarget(*stackful.Stack) *stackful.Stack { return k.hub.root.stack }

// GoexitEnd is for a Goexit in which a deferred call has panicked: the task has ended by
// that panic, like any other, and nothing is left of the Goexit, which would end the goroutine.
func (k *worker) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	h, t := k.hub, k.task
	if t == nil || t.how != failed {
		return nil, nil, false
	}
	k.task = nil
	k.leave()
	if t == h.ending.main {
		h.resumes(&h.root.task)
		return h.root.stack, nil, true
	}
	return h.leaveToHome(nil), nil, true
}

// dismissIdle ends the stacks of workers without a task. It is called at home.
func (h *hub) dismissIdle() {
	for k := h.fibers.idle; k != nil; k = h.fibers.idle {
		h.fibers.idle = k.next
		h.fibers.n--
		k.stack.Switch(nil)
	}
	h.current = nil
}
