package sched

import (
	"github.com/stackful-go/stackful"
	"github.com/stackful-go/stackful/asm"
)

// start gives t, which has not run, a fiber. Without an idle one it allocates, for which
// the stack of a parking task would have to grow: so SwitchOut leaves that to the root
// stack.
func (h *Hub) start(t *Task) *Fiber {
	k := h.Fibers.Idle
	if k == nil {
		k = h.newFiber()
	} else {
		h.Fibers.Idle = k.next
		h.Fibers.N--
	}
	k.begin(t)
	return k
}

// fiberBatch is how many fibers are allocated at once, which costs less than
// allocating each: with the allocator's header, they fill one of its size classes.
const fiberBatch = 31

// newFiber makes a fiber without a task. Its stack gets memory when it is switched to first.
func (h *Hub) newFiber() *Fiber {
	if len(h.Fibers.slab) == 0 {
		h.Fibers.slab = new([fiberBatch]Fiber)[:]
	}
	k := &h.Fibers.slab[0]
	h.Fibers.slab = h.Fibers.slab[1:]
	k.hub = h
	k.stack.Init(fiberEntry)
	k.stack.SetData(k)
	k.W.Fiber = k
	k.W.Node.W = &k.W
	k.Timer.Owner = k
	k.mail.Owner = k
	if k.Older = h.Fibers.All; k.Older != nil {
		k.Older.newer = k
	}
	h.Fibers.All = k
	return k
}

// fiberEntry is the body of every fiber's stack: it runs tasks until the fiber is ended. A
// task's successor that is new is started here, without a switch; a successor with a fiber
// is switched to. It returns the stack to go to when this one ends.
func fiberEntry(s *stackful.Stack, _ any) (*stackful.Stack, any) {
	k := s.Data().(*Fiber)
	h := k.hub
	for k.Task != nil {
		t := k.Task
		if h.IsPortable {
			t.More().goid.Store(asm.Goid())
			if h.Labelled {
				k.putOnLabels()
			}
		}
		t.run()
		k.Task = nil // from here on no task runs: the fiber acts for the hub
		if t == h.Ending.main {
			break
		}
		var to *stackful.Stack
		switch next := h.readyNow(); {
		case next == nil:
			to = h.scheduleOnRoot(nil)
		case next.Fiber != nil:
			h.noteRunning(next)
			to = next.Fiber.resumeStack()
		case k.isOnce:
			to = h.scheduleOnRoot(next)
		default:
			k.begin(next)
			h.noteRunning(next)
			continue
		}
		if k.isOnce || h.Fibers.N == MaxIdle {
			k.unlink()
			return to, nil
		}
		h.Fibers.N++
		k.next, h.Fibers.Idle = h.Fibers.Idle, k
		to.Switch(nil) // returns when begin has given k a task, or to end an idle fiber, without one
	}
	k.unlink()
	h.noteRunning(&h.root.task)
	return h.root.stack, nil
}

// GoexitEnd is part of stackful.Policy, for a Goexit that must not go on, as it would end the
// goroutine with all its tasks: one in which a deferred call has panicked, by which the task has
// failed, and one of a task that ends as a goroutine does.
func (k *Fiber) GoexitEnd(*stackful.Stack) (next *stackful.Stack, out any, ok bool) {
	h, t := k.hub, k.Task
	if t == nil || t.how != failed && !t.isGo() {
		return nil, nil, false
	}
	k.Task = nil
	k.unlink()
	if t == h.Ending.main && !t.isGo() {
		h.noteRunning(&h.root.task)
		return h.root.stack, nil, true
	}
	return h.scheduleOnRoot(nil), nil, true
}

// dismissIdle ends the stacks of fibers without a task. It is called on the root stack, to
// which each of them switches back.
func (h *Hub) dismissIdle() {
	for k := h.Fibers.Idle; k != nil; k = h.Fibers.Idle {
		h.Fibers.Idle = k.next
		h.Fibers.N--
		k.stack.Switch(nil)
	}
	h.Current = nil
}
