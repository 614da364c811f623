package poller

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
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
	at    *stackful.Stack // where to resume: stack, or one that the task has switched to itself
	hub   *hub
	task  *Task // nil while idle
	since int64 // the hub's time when it was parked
	w     waiter
	timer timer   // ends w's wait
	mail  mail    // brings w's wake-up from another goroutine
	next  *worker // in hub.idle

	isOnce bool   // the stack must end with the task
	labels labels // of the task while it is parked, see labels.go

	// Interruptions: what waits to be raised in the task.
	interrupted bool   // look closer
	killed      bool   // raise ErrKilled
	raised      int    // how often it was raised while the hub was dying
	scope       *scope // innermost WithTimeout
}

// maxIdle is how many workers without a task a hub keeps.
const maxIdle = 64

// start gives t, which has not run, a worker.
func (h *hub) start(t *Task) *worker {
	k := h.idle
	if k == nil {
		k = h.newWorker()
	} else {
		h.idle = k.next
		k.next = nil
		h.idles--
	}
	k.begin(t)
	return k
}

// workerBatch is how many workers are allocated at once. A new one is needed on the
// stack of a task that parks, which as a rule has no room for the allocator: so
// only one in so many stacks has to grow for it.
const workerBatch = 32

func (h *hub) newWorker() *worker {
	if len(h.workers) == 0 {
		h.workers = new([workerBatch]worker)[:]
	}
	k := &h.workers[0]
	h.workers = h.workers[1:]
	k.hub = h
	k.stack.Init(workerEntry)
	k.stack.SetData(k)
	k.w.worker = k
	k.w.node.w = &k.w
	k.timer.owner = k
	k.mail.worker = k
	return k
}

func (k *worker) begin(t *Task) {
	k.task, t.work = t, k
	k.at = &k.stack
	k.interrupted, k.killed, k.raised = false, false, 0
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
		if t == h.main {
			break
		}
		next := h.next()
		if next.work == nil {
			if !k.isOnce {
				k.begin(next)
				h.resumes(next)
				continue
			}
			h.start(next)
		}
		h.resumes(next)
		if k.isOnce || h.idles == maxIdle {
			return next.work.at, nil
		}
		h.idles++
		k.next, h.idle = h.idle, k
		next.work.at.Switch(nil)
	}
	h.resumes(&h.home)
	return h.home.work.at, nil
}

// CoroutineMade is called by package coro when code of the task has asked for the
// running coroutine: what stands for it must end with the task.
func (k *worker) CoroutineMade() { k.isOnce = true }

// SwitchDone is part of stackful.Policy.
func (k *worker) SwitchDone(*stackful.Stack, any, stackful.OnTop) any {
	usage("switch to the stack of a task that has ended")
	return nil
}

// GoexitTarget is part of stackful.Policy: Goexit goes on in the stack that
// called Run.
func (k *worker) GoexitTarget(*stackful.Stack) *stackful.Stack { return k.hub.home.work.at }

// dismissIdle ends the stacks of workers without a task. It is called at home.
func (h *hub) dismissIdle() {
	for k := h.idle; k != nil; k = h.idle {
		h.idle = k.next
		h.idles--
		k.stack.Switch(nil)
	}
	h.current = nil
}
