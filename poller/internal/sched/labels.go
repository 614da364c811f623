package sched

import (
	"context"
	"runtime/pprof"
	"unsafe"

	"github.com/stackful-go/stackful/asm"
)

// Profiler labels belong to a goroutine, so by default all tasks of a hub share them. With
// Options.Labels each task has its own: the root loop saves the labels of a task that parks
// and sets those of the next one, and so does passLabels where tasks that wait in a patched runtime
// hand over. Between two tasks the goroutine has the labels with which Run was called.
//
// In the portable backend each stack has a goroutine of its own, and so labels. There a task
// only sets its labels when it starts.

// useLabels makes h label its tasks. It must be called before there are any.
func (h *Hub) useLabels() {
	h.Labelled = true
	h.labels = asm.GoroutineLabels()
	h.Ready.noDirect = true // so that the root loop finds each next task, and a switch costs no more without labels
}

// takeOffLabels saves the labels of the running task, if it has not ended, and sets the
// hub's. It is called on the way to the root stack.
func (h *Hub) takeOffLabels() {
	if h.IsPortable {
		return
	}
	if t := h.Current; t != nil && t.Fiber != nil {
		t.Fiber.labels = t.Fiber.ownLabels(asm.GoroutineLabels())
	}
	asm.SetGoroutineLabels(h.labels)
}

// ownLabels returns l, the goroutine's labels while the task on k runs, if the task has them from the
// user, nil if from its name.
func (k *Fiber) ownLabels(l asm.Labels) asm.Labels {
	if l == k.nameLabels {
		return nil
	}
	return l
}

// takeLabels returns the labels with which the task on k goes on: those that it had when it parked,
// or with which it starts, or those of its name.
func (k *Fiber) takeLabels() asm.Labels {
	l := k.labels
	if l == nil {
		return k.nameLabels
	}
	k.labels = nil
	return l
}

// putOnLabels sets the labels of the task on k. It is called on the root stack before the task runs; in the
// portable backend on the new stack, when it starts.
func (k *Fiber) putOnLabels() { asm.SetGoroutineLabels(k.takeLabels()) }

// passLabels is takeOffLabels for the task on k, which the runtime has parked, and putOnLabels for the one
// on next, which runs in its place; the two may be the same. It is called on g0, where the labels of the
// calling goroutine are not those of the hub's.
func (h *Hub) passLabels(k, next *Fiber) {
	k.labels = k.ownLabels(asm.Labels(*h.rt.Labels))
	*h.rt.Labels = unsafe.Pointer(next.takeLabels())
}

// inheritLabels gives t, which is new, the labels of the running task, or of the hub if none
// runs.
func (t *Task) inheritLabels() {
	h := t.Hub
	if h.Current != nil && h.Current.Fiber != nil {
		t.setLabels(h.Current.Fiber.ownLabels(asm.GoroutineLabels()))
	} else {
		t.setLabels(h.labels)
	}
}

// setLabels makes l the labels with which t, which is new, starts.
func (t *Task) setLabels(l asm.Labels) {
	if l != nil {
		t.More().labels = l
	} else if x := t.Extra.Load(); x != nil {
		x.labels = nil
	}
}

// labelName makes the labels of t's new name. Package runtime/pprof can only make labels by
// setting them, so the goroutine's are restored afterwards, unless t runs under its name's.
func (t *Task) labelName(name string) {
	h, x := t.Hub, t.More()
	was := asm.GoroutineLabels()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("task", name)))
	made := asm.GoroutineLabels()
	if t != h.Current || was != nil && was != x.nameLabels {
		asm.SetGoroutineLabels(was)
	}
	x.nameLabels = made
	if t.Fiber != nil {
		t.Fiber.nameLabels = made
	}
}

// underLabels returns f for another goroutine, under the labels of the calling one.
func underLabels(f func()) func() {
	l := asm.GoroutineLabels()
	return func() {
		defer asm.SetGoroutineLabels(asm.GoroutineLabels())
		asm.SetGoroutineLabels(l)
		f()
	}
}

// SetName is Task.SetName of package poller.
func (t *Task) SetName(name string) *Task {
	t.More().name.Store(&name)
	if t.Hub.Labelled {
		t.labelName(name)
	}
	return t
}
